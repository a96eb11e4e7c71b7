import { decisionKey, stopKey } from "./domain/keys.ts";
import type { RunControl, StepDecision } from "./domain/question.ts";
import { log } from "./runtime/logger.ts";
import { questions } from "./store/questions.ts";
import { runs } from "./store/runs.ts";
import { waits } from "./waits.ts";

/** What people do to a run under way, from Slack, a page, or the terminal: stored first, then told to the run. */

/** Stores an answer to a question about a step, and then resumes the run. The first answer stands. */
export async function answerStep(
  run: string,
  decision: StepDecision,
): Promise<{ won: boolean; decision: StepDecision }> {
  const result = await questions().answer(run, decision);
  const { question, answer, by, via } = result.decision;
  log("question.answered", { run, question, answer, by, won: result.won });
  await waits().signal({
    key: decisionKey(run, question),
    id: "decision",
    origin: via === "run" || via === "deadline" ? "recheck" : "signal",
    body: { answer, by },
  });
  await runs().record(run, {
    code: `question.${answer}`,
    text: `${question}: ${by} answered “${answer}” (${via})`,
    who: by,
    key: `answer#${question}`,
  });
  return result;
}

/** From now on the run stops before its next change and asks whether to go on. */
export async function pauseRun(run: string, by: string): Promise<void> {
  await questions().pause(run, by);
  await runs().record(run, { code: "control.pause", text: `${by} paused the run`, who: by });
}

/** Takes a pause back, and lets the run go on where it already waits because of it. */
export async function resumeRun(run: string, by: string, via: "page" | "slack" | "terminal"): Promise<void> {
  await questions().resume(run);
  await runs().record(run, { code: "control.resume", text: `${by} resumed the run`, who: by });
  const at = new Date().toISOString();
  for (const question of await questions().all(run)) {
    if (question.kind !== "paused" || (await questions().answerTo(run, question.id))) continue;
    await answerStep(run, { question: question.id, answer: "retry", by, at, via, comment: null });
  }
}

/** Ends the run before its next change. What waits is woken up. @returns the stop that stands. */
export async function stopRun(
  run: string,
  stop: NonNullable<RunControl["stop"]>,
): Promise<NonNullable<RunControl["stop"]>> {
  const stands = await questions().stop(run, stop);
  await runs().record(run, {
    code: `control.${stands.why}`,
    text: `${stands.by} ended the run${stands.comment ? `: ${stands.comment}` : ""}`,
    who: stands.by,
    key: "stop",
  });
  await waits().signal({ key: stopKey(run), id: "stop", origin: "signal", body: { by: stands.by } });
  return stands;
}

/** Whether a branch has moved or a build was started: from then on a veto comes too late, and stopping is for approvers. */
export async function hasMoved(run: string): Promise<boolean> {
  return (await runs().recall(run, firstMove)) !== null;
}

/** The fact that a step writes before the first move; afterwards it looks whether somebody stopped the run. */
export const firstMove = "first-move";
