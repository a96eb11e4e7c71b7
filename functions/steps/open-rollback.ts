import { z } from "zod";
import { rollbackStartedMessage } from "../domain/rollback-messages.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { slack } from "../services/slack.ts";
import { type Run, runs } from "../store/runs.ts";
import { lockedReason } from "./open-run.ts";
import { planKey, planOfRollback } from "./rollback-plan.ts";
import { assertMayChange, minutesAfter, now } from "./run-context.ts";

/** Every step of a rollback gets the run that owns the lock, the run that is taken back, and which try it is. */
export const rollbackInput = runInput.extend({ of: z.string().min(1), number: z.int().positive() });

const input = rollbackInput.extend({
  scope: z.enum(["all", "workers"]),
  by: z.string().min(1),
  reason: z.string(),
  /** ARN of the execution. */
  execution: z.string().min(1),
});

/**
 * Opens a rollback: one that a person started is a run of its own and takes the lock, one of a run is under that run's.
 * Writes down what goes back where before anything does, and says so in Slack.
 *
 * @returns `status`: `open`; or `skipped` where another run is under way, or there is nothing to take back.
 */
export const handler = step("open-rollback", input, async (request) => {
  const { run: id, of, number, scope, by, reason } = request;
  const byHand = id !== of;
  if (byHand) {
    const run = await open(request);
    const locked = await lockedReason(run, request.execution);
    if (locked) return { status: "skipped", reason: locked };
  }
  await assertMayChange(id);
  const { value: plan } = await runs().remember(id, planKey(number), await planOfRollback(of, scope));
  const nothing = plan.streams.length + plan.tags.length === 0;
  if (byHand && nothing) {
    return { status: "skipped", reason: `production holds the images from before ${of} already` };
  }
  await runs().record(id, {
    code: "rollback.opened",
    text: `rolls production back to the images from before ${of}: ${[...plan.streams.map((each) => each.stream), ...plan.tags.map((each) => each.image)].join(", ")}`,
    who: by,
    key: `rollback/${number}/opened`,
  });
  await tell(
    id,
    number,
    rollbackStartedMessage({
      ...runFacts(id),
      of,
      plan,
      by: by === "stablehand" ? null : personOf(by),
      reason,
    }),
  );
  return { status: "open", reason: "" };
});

async function open({ run: id, of, by, reason, execution }: z.output<typeof input>): Promise<Run> {
  const openedAt = now();
  return await runs().open({
    id,
    kind: "rollback",
    purpose: `${personOf(by).name} takes ${of} back${reason ? `: ${reason}` : ""}`,
    only: [],
    supersedes: null,
    execution,
    scheduledFor: openedAt,
    openedAt,
    endedAt: null,
    status: "running",
    reason: null,
    duty: null,
    decision: null,
    approvedAt: null,
    planVersion: null,
    expectedEnd: null,
    windowEnd: minutesAfter(openedAt, config().schedule.windowMinutes),
  });
}

/** Production is brought back whether Slack hears of it or not. */
async function tell(run: string, number: number, message: ReturnType<typeof rollbackStartedMessage>) {
  try {
    const { channel } = config().slack;
    await (await slack()).postOnce({ channel, key: `${run}/rollback-${number}/started`, ...message });
  } catch (thrown) {
    log("open-rollback.not-told", { reason: messageOf(thrown) }, "warn");
  }
}
