import { z } from "zod";
import { runInput, step } from "../runtime/step.ts";
import { readCause } from "./cause.ts";
import { closeCleanup } from "./cleanup-closing.ts";
import { noteClosed } from "./closed.ts";

const input = runInput.extend({
  status: z.enum(["finished", "skipped", "rejected", "expired", "aborted", "failed"]),
  reason: z.string(),
});

/** Closes the cleanup at the end of every path; see cleanup-closing.ts. */
export const handler = step("close-cleanup", input, async ({ run, status, reason }) => {
  const ended = await closeCleanup(run, { status, reason: readCause(reason) });
  await noteClosed(run);
  return { status: ended.status };
});
