import { answerStep, hasMoved, pauseRun, resumeRun, stopRun } from "./control.ts";
import type { ControlAction, Refused } from "./domain/control-messages.ts";
import type { StepAnswer, StepDecision, StepQuestion } from "./domain/question.ts";
import type { Person } from "./runtime/config.ts";
import { count } from "./runtime/metrics.ts";
import { questions } from "./store/questions.ts";
import { type Run, runs } from "./store/runs.ts";

/**
 * What people ask of a run under way, wherever they do so: who may, whether it still counts, and then the deed. All of
 * it may be asked again, which makes good for a time when it was stored and the run could not be told.
 */

/** Where a person acts. */
export type Place = "page" | "slack" | "terminal";

export type StepStanding =
  | { is: "open"; run: Run; question: StepQuestion }
  | { is: "answered"; run: Run; question: StepQuestion; decision: StepDecision }
  /** `over`: the run ended or was stopped, or the question's time is up. */
  | { is: "unknown" | "over" };

/** How it stands with a question about a step. An answer is told even when the run has ended since. */
export async function stepStanding(id: string, question: string): Promise<StepStanding> {
  const [run, asked, decision, control] = await Promise.all([
    runs().get(id),
    questions().question(id, question),
    questions().answerTo(id, question),
    questions().control(id),
  ]);
  if (!run || !asked) return { is: "unknown" };
  if (decision) return { is: "answered", run, question: asked, decision };
  // Of what comes after the run, its own end is no reason not to answer.
  const ended = asked.kind !== "toots" && (run.status !== "running" || control.stop);
  const over = ended || Date.parse(asked.expiresAt) <= Date.now();
  return over ? { is: "over" } : { is: "open", run, question: asked };
}

export interface GivenAnswer {
  answer: StepAnswer;
  /** GitHub login of an approver. */
  by: string;
  via: Place;
  comment: string | null;
}

/**
 * Answers an open question. Where a pause brought it up, resuming takes the pause back first, since the step would find
 * it again, and then answers every other question that the pause brought up.
 *
 * @param given.answer is among those offered.
 * @returns the decision that stands, and whether it is this one.
 */
export async function answerQuestion(
  run: string,
  question: StepQuestion,
  { answer, by, via, comment }: GivenAnswer,
): Promise<{ won: boolean; decision: StepDecision }> {
  const resumes = question.kind === "paused" && answer === "retry";
  if (resumes) await questions().resume(run);
  const at = new Date().toISOString();
  const result = await answerStep(run, { question: question.id, answer, by, at, via, comment });
  if (result.won) count("Decisions");
  if (resumes && result.won) await resumeRun(run, by, via);
  return result;
}

/** Tells the run again what was answered. */
export async function tellAgain(run: string, decision: StepDecision): Promise<void> {
  await answerStep(run, decision);
}

export interface ControlRequest {
  run: string;
  action: ControlAction;
  /** Null: nobody of the team. */
  person: Person | null;
  via: Place;
  comment: string | null;
}

export type ControlOutcome =
  | {
      done: true;
      run: Run;
      by: Person;
      /** ISO 8601. */
      at: string;
      /** A branch had moved, or was about to. */
      moved: boolean;
    }
  | { done: false; why: Refused["why"]; by: string | null; at: string | null };

/**
 * Pauses, resumes, stops or vetoes a run. Approvers may do all of it; anyone of the team may veto, until the first move.
 * A veto that meets the first move still stops the run, and `moved` tells so.
 */
export async function controlRun(request: ControlRequest): Promise<ControlOutcome> {
  const { run: id, action, person } = request;
  if (!person) return refused(action === "veto" ? "notInTeam" : "notApprover");
  if (action !== "veto" && !person.approver) return refused("notApprover");
  const [run, control] = await Promise.all([runs().get(id), questions().control(id)]);
  if (!run) return refused("unknown");
  if (run.status !== "running") return refused("over");
  const { stop, pause } = control;
  if (stop) {
    await stopRun(id, stop);
    return refused("alreadyStopped", stop);
  }
  switch (action) {
    case "pause":
      if (pause) return refused("alreadyPaused", pause);
      await pauseRun(id, person.github);
      return await done(run, person);
    case "resume":
      if (!pause && !(await waitsToResume(id))) return refused("notPaused");
      await resumeRun(id, person.github, request.via);
      return await done(run, person);
    case "veto":
      if (await hasMoved(id)) return refused("tooLate");
      return await end(run, person, { why: "veto", comment: request.comment });
    case "stop":
      return await end(run, person, { why: "stop", comment: request.comment });
  }
}

async function end(
  run: Run,
  person: Person,
  reason: { why: "stop" | "veto"; comment: string | null },
): Promise<ControlOutcome> {
  const mine = { by: person.github, at: new Date().toISOString(), ...reason };
  const stands = await stopRun(run.id, mine);
  const first = stands.by === mine.by && stands.at === mine.at;
  return first ? await done(run, person, mine.at) : refused("alreadyStopped", stands);
}

/** Looks at the moves last: what moved meanwhile is told. */
async function done(run: Run, by: Person, at = new Date().toISOString()): Promise<ControlOutcome> {
  return { done: true, run, by, at, moved: await hasMoved(run.id) };
}

/** The pause was taken back, and the run was not told: the process died between. */
async function waitsToResume(run: string): Promise<boolean> {
  const paused = (await questions().all(run)).filter((each) => each.kind === "paused");
  const answers = await Promise.all(paused.map((each) => questions().answerTo(run, each.id)));
  return answers.some((each) => each === null);
}

function refused(why: Refused["why"], first?: { by: string; at: string }): ControlOutcome {
  return { done: false, why, by: first?.by ?? null, at: first?.at ?? null };
}
