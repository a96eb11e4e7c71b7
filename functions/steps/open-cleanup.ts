import { z } from "zod";
import { whoIsOnDuty } from "../domain/duty.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { runs } from "../store/runs.ts";
import { cleanupConfig, imagesToClean } from "./cleanup-context.ts";
import { minutesAfter, now } from "./run-context.ts";

const input = runInput.extend({
  scheduledFor: z.iso.datetime(),
  /** ARN of the execution. */
  execution: z.string().min(1),
});

/** So many runs back another cleanup that still asks is looked for. */
const lookedAt = 30;

/**
 * Opens a cleanup: its record, who is on duty, and the images that it looks at. It needs no lock, since what it deletes
 * is neither in use nor the way back of any run. Beside a cleanup that is under way it is skipped, since nobody should be
 * asked twice.
 */
export const handler = step("open-cleanup", input, async ({ run: id, scheduledFor, execution }) => {
  const { answerHours } = cleanupConfig();
  const openedAt = now();
  await runs().open({
    id,
    kind: "cleanup",
    purpose: "",
    only: [],
    supersedes: null,
    execution,
    scheduledFor,
    openedAt,
    endedAt: null,
    status: "running",
    reason: null,
    duty: null,
    decision: null,
    approvedAt: null,
    planVersion: null,
    expectedEnd: null,
    windowEnd: minutesAfter(openedAt, answerHours * 60),
  });
  const other = await otherCleanup(id);
  if (other) {
    log("open-cleanup.skipped", { other });
    return { status: "skipped", reason: `${other} is still under way`, images: [] };
  }
  const { duty: role, people } = config();
  const issue = await (await github()).newestIssue(role);
  const duty = whoIsOnDuty({ assignees: issue?.assignees ?? null, people, backup: role.backup });
  await runs().update(id, { duty });
  return { status: "open", reason: "", images: imagesToClean() };
});

async function otherCleanup(id: string): Promise<string | null> {
  for (const run of await runs().list(lookedAt)) {
    if (run.kind !== "cleanup" || run.id === id || run.status !== "running") continue;
    if ((await stepFunctions().executionStatus(run.execution)) === "RUNNING") return run.id;
  }
  return null;
}
