import { z } from "zod";
import type { RunEnd } from "../domain/run-messages.ts";
import { runInput, step } from "../runtime/step.ts";
import { type RepositoryProgress, runs } from "../store/runs.ts";
import { readCause } from "./cause.ts";
import { noteClosed } from "./closed.ts";
import { closeRun } from "./closing.ts";

const input = runInput.extend({
  status: z.enum(["finished", "skipped", "rejected", "expired", "aborted", "rolledBack", "failed"]),
  /** Name of the error; empty without one. */
  error: z.string(),
  reason: z.string(),
});

/** Closes the run at the end of every path; see closing.ts. */
export const handler = step("close-run", input, async ({ run, status, reason }) => {
  const progress = await runs().repositories(run);
  const failed = progress.filter((each) => each.stage === "failed");
  const words = withFailures(readCause(reason), status, failed);
  const ended = await closeRun(run, {
    status,
    reason: status === "finished" ? withNotBuilt(words, progress) : words,
  });
  await noteClosed(run);
  return { status: ended.status };
});

/** What moved, and is in no image since people went on without those. */
function withNotBuilt(reason: string, progress: readonly RepositoryProgress[]): string {
  const left = progress.flatMap(({ repository, stage, notBuilt }) =>
    notBuilt && stage !== "failed" ? [`${repository} knowingly not built: ${notBuilt}`] : [],
  );
  return [reason, ...left].join("; ");
}

/** A run that went on without a repository has finished, and says without which. */
function withFailures(reason: string, status: RunEnd, failed: readonly RepositoryProgress[]): string {
  if (failed.length === 0) return reason;
  if (status === "finished") return `${reason}, without ${failed.map((each) => each.repository).join(", ")}`;
  if (status !== "failed") return reason;
  return [reason, ...failed.map((each) => each.note ?? each.repository)].join(": ");
}
