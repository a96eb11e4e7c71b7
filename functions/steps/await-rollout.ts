import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { count } from "../runtime/metrics.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { tellWhenLate } from "./late.ts";
import { showProgress } from "./live-message.ts";
import { nextQuestionId } from "./question-number.ts";
import { repairsDone } from "./repair-rounds.ts";
import { wantedDigests, watchRollout } from "./rollout-watch.ts";
import { assertNotStopped, minutesAfter, now } from "./run-context.ts";

/**
 * Watches production's pods until each runs the image that its stream holds, is ready, and none of the old ones is
 * left. One invocation watches for `limits.rolloutWatchMinutes`.
 *
 * @returns `found`: `done`; `watching`, to be entered again; `stuck` when a pod does not come right by itself; `late`
 *   after `limits.rolloutMinutes`.
 */
export const handler = step("await-rollout", runInput, async ({ run }) => {
  await assertNotStopped(run);
  await showProgress(run, "AwaitRollout");
  await tellWhenLate(run, "the rollout");
  const { limits } = config();
  const { value: deadline } = await runs().remember(
    run,
    `deadline/AwaitRollout/${await round(run)}`,
    minutesAfter(now(), limits.rolloutMinutes),
  );
  const { left, stuck } = await watchRollout(await wantedDigests(run), {
    seconds: limits.rolloutWatchMinutes * 60,
    untilStuck: true,
  });
  if (left.length === 0) {
    await markDeployed(run);
    return { found: "done" };
  }
  const late = now() > deadline;
  if (!stuck && !late) return { found: "watching" };
  if (late) count("DeadlinesPassed");
  log("await-rollout.not-over", { left, stuck, late }, "warn");
  await runs().record(run, {
    code: "await-rollout.not-over",
    text: `${late ? `after ${durationOf(limits.rolloutMinutes)} not every pod runs its new image` : "the rollout is stuck"}: ${left.join("; ")}`,
    state: "AwaitRollout",
  });
  return { found: stuck ? "stuck" : "late" };
});

/** What happened since the last look gives it a new deadline: a repair, or a person's answer. */
async function round(run: string): Promise<string> {
  const asked = [
    await nextQuestionId(run, "AwaitRollout", null),
    await nextQuestionId(run, "AskRollback", null),
  ];
  return [...asked, await repairsDone(run)].join("/");
}

async function markDeployed(run: string): Promise<void> {
  for (const repository of await runs().repositories(run)) {
    if (["imported", "pushed", "moved"].includes(repository.stage)) {
      await runs().saveRepository(run, repository.repository, { stage: "deployed", note: null });
    }
  }
}
