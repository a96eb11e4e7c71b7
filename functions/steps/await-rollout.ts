import { stillOld } from "../domain/rollout.ts";
import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { DeadlinePassed } from "../runtime/errors.ts";
import { runInput, step } from "../runtime/step.ts";
import { openshift } from "../services/openshift.ts";
import { runs } from "../store/runs.ts";
import { tellWhenLate } from "./late.ts";
import { showProgress } from "./live-message.ts";
import { nextQuestionId } from "./question-number.ts";
import { assertNotStopped, minutesAfter, now } from "./run-context.ts";

/**
 * Watches production's pods until each runs the image that its stream holds, is ready, and none of the old ones is
 * left. One invocation watches for `limits.rolloutWatchMinutes`; `done: false` means: enter the state again.
 * @throws DeadlinePassed after `limits.rolloutMinutes`, naming the pods that are not there yet.
 */
export const handler = step("await-rollout", runInput, async ({ run }) => {
  await assertNotStopped(run);
  await showProgress(run, "AwaitRollout");
  await tellWhenLate(run, "the rollout");
  const { limits, clusters } = config();
  // A person's retry gets a new deadline: it comes after another question.
  const { value: deadline } = await runs().remember(
    run,
    `deadline/${await nextQuestionId(run, "AwaitRollout", null)}`,
    minutesAfter(now(), limits.rolloutMinutes),
  );
  const cluster = await openshift("production");
  const wanted = await wantedDigests();
  let left: string[] = [];
  const ended = await cluster.watchPods({ timeoutSeconds: limits.rolloutWatchMinutes * 60 }, (pods) => {
    left = stillOld(pods, wanted);
    return left.length === 0;
  });
  if (ended === "stopped") {
    await markDeployed(run);
    return { done: true };
  }
  if (now() > deadline) {
    throw new DeadlinePassed(
      `${clusters.production.namespace}: after ${durationOf(limits.rolloutMinutes)} not every pod runs its new image: ` +
        `${left.join("; ")}.`,
    );
  }
  return { done: false };
});

/** Image → digest that its stream in production holds. */
async function wantedDigests(): Promise<Record<string, string>> {
  const { tag } = config().clusters.production;
  const streams = await (await openshift("production")).streams();
  const wanted: Record<string, string> = {};
  for (const { build } of config().repositories) {
    for (const image of build?.images ?? []) {
      const stream = streams.find((each) => each.name === image.stream);
      const digest = stream?.tags.find((each) => each.tag === tag)?.digest;
      if (digest) wanted[image.name] = digest;
    }
  }
  return wanted;
}

async function markDeployed(run: string): Promise<void> {
  for (const repository of await runs().repositories(run)) {
    if (["imported", "pushed", "moved"].includes(repository.stage)) {
      await runs().saveRepository(run, repository.repository, { stage: "deployed", note: null });
    }
  }
}
