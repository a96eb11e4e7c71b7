import { z } from "zod";
import { codeBuildKey } from "./domain/keys.ts";
import { BadInput } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { waits } from "./waits.ts";

/** EventBridge's "CodeBuild Build State Change". */
const event = z.object({
  /** Unique per event; EventBridge may deliver one twice. */
  id: z.string().min(1),
  detail: z.object({
    /** ARN of the build: `arn:aws:codebuild:REGION:ACCOUNT:build/PROJECT:UUID`. */
    "build-id": z.string().regex(/:build\/[^/]+:[^/]+$/),
    "build-status": z.enum(["IN_PROGRESS", "SUCCEEDED", "FAILED", "STOPPED", "FAULT", "TIMED_OUT"]),
  }),
});

/**
 * Turns the end of a CodeBuild build into a signal for the step that waits for it. A build that only began or goes on
 * is no end. What the event claims is confirmed by whoever is resumed.
 */
export async function handler(input: unknown): Promise<{ resumed: string[] }> {
  const parsed = event.safeParse(input);
  if (!parsed.success) throw new BadInput(`signal-build: ${z.prettifyError(parsed.error)}`);
  const { "build-id": arn, "build-status": status } = parsed.data.detail;
  if (status === "IN_PROGRESS") return { resumed: [] };
  const build = arn.slice(arn.indexOf(":build/") + ":build/".length);
  const { resumed } = await waits().signal({
    key: codeBuildKey(build),
    id: `${build}/${status}`,
    origin: "signal",
    body: { status },
  });
  log("signal-build.ended", { build, status, resumed });
  return { resumed };
}
