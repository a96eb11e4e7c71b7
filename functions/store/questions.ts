import type { RunControl, StepDecision, StepQuestion } from "../domain/question.ts";
import { lazy } from "../runtime/lazy.ts";
import { expiry, type Key, patch, readAllBodies, readBody, readFlat, write, writeFirst } from "./items.ts";
import { type Store, store } from "./table.ts";

/** Questions about steps, their answers, and what people ask of a run under way. All may be called again. */
export interface Questions {
  /** What is saved first stands: asked again after a timeout, it is the same question. */
  ask(run: string, question: StepQuestion): Promise<{ first: boolean; question: StepQuestion }>;
  question(run: string, id: string): Promise<StepQuestion | null>;
  all(run: string): Promise<StepQuestion[]>;
  /** The first answer stands. @returns `won`: it is this one; and the one that stands. */
  answer(run: string, decision: StepDecision): Promise<{ won: boolean; decision: StepDecision }>;
  answerTo(run: string, question: string): Promise<StepDecision | null>;
  control(run: string): Promise<RunControl>;
  pause(run: string, by: string): Promise<void>;
  /** Takes a pause back; nothing happens without one. */
  resume(run: string): Promise<void>;
  /** The first stop stands. @returns that one. */
  stop(run: string, stop: NonNullable<RunControl["stop"]>): Promise<NonNullable<RunControl["stop"]>>;
}

const partition = (run: string) => `run#${run}`;
const questionKey = (run: string, id: string): Key => ({ pk: partition(run), sk: `question#${id}` });
const answerKey = (run: string, id: string): Key => ({ pk: partition(run), sk: `answer#${id}` });
const pauseKey = (run: string): Key => ({ pk: partition(run), sk: "pause" });
const stopKey = (run: string): Key => ({ pk: partition(run), sk: "stop" });

export function createQuestions(table: Store, now: () => Date = () => new Date()): Questions {
  const expiresAt = () => expiry("run", now());
  const first = async <T>(key: Key, body: T) => {
    const { first: won, item } = await writeFirst(table, key, { body, expiresAt: expiresAt() });
    return { won, body: item.body as T };
  };
  return {
    async ask(run, question) {
      const { won, body } = await first(questionKey(run, question.id), question);
      return { first: won, question: body };
    },
    question: async (run, id) => await readBody<StepQuestion>(table, questionKey(run, id)),
    all: async (run) => await readAllBodies<StepQuestion>(table, partition(run), questionKey(run, "").sk),
    async answer(run, decision) {
      const { won, body } = await first(answerKey(run, decision.question), decision);
      return { won, decision: body };
    },
    answerTo: async (run, question) => await readBody<StepDecision>(table, answerKey(run, question)),
    async control(run) {
      const [pause, stop] = await Promise.all([
        readFlat<{ by?: string; at?: string }>(table, pauseKey(run)),
        readBody<RunControl["stop"]>(table, stopKey(run)),
      ]);
      return { pause: pause?.by && pause.at ? { by: pause.by, at: pause.at } : null, stop };
    },
    async pause(run, by) {
      await patch(table, pauseKey(run), { by, at: now().toISOString(), expiresAt: expiresAt() });
    },
    async resume(run) {
      await write(table, pauseKey(run), { expiresAt: expiresAt() });
    },
    stop: async (run, stop) => (await first(stopKey(run), stop)).body,
  };
}

export const questions = lazy((): Questions => createQuestions(store()));
