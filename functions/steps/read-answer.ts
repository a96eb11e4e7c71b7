import { z } from "zod";
import { answerStep } from "../control.ts";
import { questionOfKey } from "../domain/keys.ts";
import type { StepDecision, StepQuestion } from "../domain/question.ts";
import { messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { count } from "../runtime/metrics.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { thenShow } from "./live-message.ts";
import { markRead, newestQuestion } from "./question-number.ts";
import { showStepAnswer } from "./question-slack.ts";
import { now, stopWords } from "./run-context.ts";

const input = runInput.extend({
  repository: z.string().min(1).optional(),
  asked: resumedWith,
  gate: z.record(z.string(), z.unknown()),
});

/**
 * Serves the states that read an answer. What the question was resumed with only tells which question it is; the answer
 * comes from the store. A failed build that was resumed by a later attempt is confirmed anew, whatever became of it.
 *
 * @returns `goTo`: the answer and the step that it is about, such as `retry MoveStable`; `confirm …` after a later
 *   attempt; or `abort`.
 */
const work = step("read-answer", input, async ({ run, repository = null, asked, gate }) => {
  const question = await askedQuestion(run, repository, asked.key, gate);
  const decision = (await questions().answerTo(run, question.id)) ?? (await withoutAnswer(run, question));
  await markRead(run, question.id);
  if (repository && decision.answer !== "retry") await settle(run, repository, question, decision);
  try {
    await showStepAnswer(run, question, decision);
  } catch (thrown) {
    log("read-answer.not-shown", { question: question.id, reason: messageOf(thrown) }, "warn");
  }
  const later = questionOfKey(asked.key) === null && decision.answer === "retry";
  const goTo =
    decision.answer === "abort" ? "abort" : `${later ? "confirm" : decision.answer} ${question.step}`;
  if (goTo.startsWith("retry ")) count("StepsRetried");
  log("read-answer.read", { question: question.id, goTo, by: decision.by });
  return { goTo };
});

export const handler = thenShow(work);

async function askedQuestion(
  run: string,
  repository: string | null,
  key: string,
  gate: Record<string, unknown>,
): Promise<StepQuestion> {
  const named = questionOfKey(key);
  const failed = Object.entries(gate).find(([, value]) => typeof value === "object")?.[0];
  const question = named
    ? await questions().question(run, named)
    : failed
      ? await newestQuestion(run, failed, repository)
      : null;
  if (!question) throw new NotFound(`${run}: the question behind ${key} is not in the store.`);
  return question;
}

/** Resumed by a stop, or by a later attempt of a build. */
async function withoutAnswer(run: string, question: StepQuestion): Promise<StepDecision> {
  const { stop } = await questions().control(run);
  const decision = stop
    ? { answer: "abort" as const, by: stop.by, comment: stopWords(stop) }
    : { answer: "retry" as const, by: "stablehand", comment: "a later attempt ended" };
  return (await answerStep(run, { ...decision, question: question.id, at: now(), via: "run" })).decision;
}

/** What a skipped or aborted repository is from now on. */
async function settle(
  run: string,
  repository: string,
  question: StepQuestion,
  { answer, by }: StepDecision,
): Promise<void> {
  const moved = (await runs().repository(run, repository))?.stage;
  const early = ["AwaitDependencies", "MoveStable", "RebuildImages"].includes(question.step);
  if (answer === "skip" && early && moved !== "moved") {
    await runs().saveRepository(run, repository, {
      stage: "leftOut",
      note: `left out by ${by}: ${question.reason}`,
    });
    return;
  }
  await runs().saveRepository(run, repository, { stage: "failed", note: question.reason });
}
