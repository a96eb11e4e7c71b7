import { z } from "zod";
import { runInput, step } from "../runtime/step.ts";
import { readCause } from "./cause.ts";
import { noteClosed } from "./closed.ts";
import { closeFirewall } from "./firewall-closing.ts";

const input = runInput.extend({
  status: z.enum(["finished", "expired", "aborted", "failed"]),
  reason: z.string(),
});

/** Closes the request at the end of every path; see firewall-closing.ts. */
export const handler = step("close-firewall", input, async ({ run, status, reason }) => {
  const ended = await closeFirewall(run, { status, reason: readCause(reason) });
  await noteClosed(run);
  return { status: ended.status };
});
