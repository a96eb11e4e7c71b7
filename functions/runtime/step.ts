import { z } from "zod";
import { BadInput, isRetryable, messageOf, PermissionDenied } from "./errors.ts";
import { forgetPromisedValues } from "./lazy.ts";
import { log, withLogKeys } from "./logger.ts";
import { count } from "./metrics.ts";
import { traced } from "./traces.ts";

/** Every Task state of a run hands these to its step. */
export const runInput = z.object({ run: z.string().min(1) });
/** A Task state that waits hands over its token too. */
export const waitingInput = runInput.extend({ taskToken: z.string().min(1) });
/** A Task state of a Map over repositories. */
export const repositoryInput = runInput.extend({ repository: z.string().min(1) });
export const waitingRepositoryInput = repositoryInput.extend({ taskToken: z.string().min(1) });

/** What a waiting state ended by: its output when it was resumed by a signal. */
export const resumedWith = z.object({ key: z.string(), id: z.string() });

export type StepHandler<R> = (event: unknown) => Promise<R>;

/**
 * Makes the Lambda handler of a step: checks the input, puts run and state on every log line, and lets errors through,
 * since in a state machine returning means "go on".
 *
 * @param code the log code, which is also the file's name: `move-stable`.
 */
export function step<S extends z.ZodType, R>(
  code: string,
  schema: S,
  work: (input: z.output<S>) => Promise<R>,
): StepHandler<R> {
  return async (event) => {
    const parsed = schema.safeParse(event);
    if (!parsed.success) {
      throw new BadInput(`${code} got an input of another shape: ${z.prettifyError(parsed.error)}`);
    }
    const input = parsed.data;
    const keys = named(input);
    return await withLogKeys({ step: code, ...keys }, async () => {
      log(`${code}.started`);
      try {
        const result = await traced(code, keys, async () => await work(input));
        log(`${code}.ended`);
        count("StepsEnded");
        return result;
      } catch (thrown) {
        const name = thrown instanceof Error ? thrown.name : typeof thrown;
        log(`${code}.failed`, { error: name, reason: messageOf(thrown) }, "error");
        count(isRetryable(thrown) ? "StepsFailedForNow" : "StepsFailedForGood");
        if (name === "DeadlinePassed") count("DeadlinesPassed");
        // Somebody renews the secret or grants the right, and tries again, maybe in this very container: what was read
        // there (secrets, clients with their tokens) is read anew then.
        if (thrown instanceof PermissionDenied) forgetPromisedValues();
        throw thrown;
      }
    });
  };
}

function named(input: unknown): Record<string, string> {
  const { run, repository } = input as { run?: string; repository?: string };
  return { ...(run ? { run } : {}), ...(repository ? { repository } : {}) };
}
