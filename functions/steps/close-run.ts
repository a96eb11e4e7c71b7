import { z } from "zod";
import type { RunEnd } from "../domain/run-messages.ts";
import { runInput, step } from "../runtime/step.ts";
import { type RepositoryProgress, runs } from "../store/runs.ts";
import { readCause } from "./cause.ts";
import { closeRun } from "./closing.ts";

const input = runInput.extend({
  status: z.enum(["finished", "skipped", "rejected", "expired", "aborted", "rolledBack", "failed"]),
  /** Name of the error; empty without one. */
  error: z.string(),
  reason: z.string(),
});

/** Closes the run at the end of every path; see closing.ts. */
export const handler = step("close-run", input, async ({ run, status, reason }) => {
  const failed = (await runs().repositories(run)).filter((each) => each.stage === "failed");
  const words = readCause(reason);
  const ended = await closeRun(run, { status, reason: withFailures(words, status, failed) });
  return { status: ended.status };
});

/** A run that went on without a repository has finished, and says without which. */
function withFailures(reason: string, status: RunEnd, failed: readonly RepositoryProgress[]): string {
  if (failed.length === 0) return reason;
  if (status === "finished") return `${reason}, without ${failed.map((each) => each.repository).join(", ")}`;
  if (status !== "failed") return reason;
  return [reason, ...failed.map((each) => each.note ?? each.repository)].join(": ");
}
