import { z } from "zod";
import { stepInWords } from "../domain/step-words.ts";
import { BadInput } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { newsStore } from "../store/news.ts";
import { readCause } from "./cause.ts";
import { newsOf } from "./news-context.ts";
import { tellNewsProblem } from "./news-end.ts";
import { minutesAfter, now } from "./run-context.ts";

const failure = z.object({ Error: z.string(), Cause: z.string() });
/** The state that failed, with its error. */
const input = runInput.extend({ gate: z.record(z.string(), z.unknown()) });

/** As the state that waits after this one says. */
const pauseMinutes = 60;

/**
 * A step of the news failed for good: the channel is told once, and the state machine tries the step again every hour,
 * since what is in its way (a right, a conflict, a site that does not build) is mended by people, outside. After the
 * deadline it is given up; then the next post tells what this one would have told.
 *
 * @returns `goTo`: `retry` with the state's name, or `giveUp`.
 */
export const handler = step("tell-problem", input, async ({ run, gate }) => {
  const news = await newsOf(run);
  const failed = failedStep(gate);
  const words = stepInWords(failed.step);
  const over = now() > news.deadline;
  log("tell-problem.failed", { failedStep: failed.step, error: failed.error, givenUp: over }, "error");
  const note = `${words}: ${failed.reason}`;
  await newsStore().update(run, over ? { status: "failed", note } : { note });
  const againAt = over ? null : minutesAfter(now(), pauseMinutes);
  const step = words.charAt(0).toUpperCase() + words.slice(1);
  await tellNewsProblem(run, { step, error: failed.error, reason: failed.reason, againAt });
  return { goTo: over ? "giveUp" : `retry ${failed.step}` };
});

function failedStep(gate: Record<string, unknown>): { step: string; error: string; reason: string } {
  for (const [step, value] of Object.entries(gate)) {
    const parsed = failure.safeParse(value);
    if (parsed.success) return { step, error: parsed.data.Error, reason: readCause(parsed.data.Cause) };
  }
  throw new BadInput("The state machine asks what to do, but no step has failed.");
}
