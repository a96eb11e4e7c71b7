import { podsInTheWay } from "../domain/rollback.ts";
import { config } from "../runtime/config.ts";
import { DeadlinePassed } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step } from "../runtime/step.ts";
import { openshift, type Pod } from "../services/openshift.ts";
import { runs } from "../store/runs.ts";
import { rollbackInput } from "./open-rollback.ts";
import { nextQuestionId } from "./question-number.ts";
import { wantedDigests, watchRollout } from "./rollout-watch.ts";
import { assertMayChange, minutesAfter, now } from "./run-context.ts";

/** An invocation looks so often for pods that stand in the way. */
const looks = 4;

/**
 * Waits until every pod runs the image that its stream holds again. A broken pod of an OrderedReady StatefulSet does not
 * leave by itself, so after a while it is deleted, gracefully, the highest ordinal first.
 *
 * @returns `found`: `done`, or `watching`, to be entered again.
 * @throws DeadlinePassed after `limits.rolloutMinutes`, naming what is not there yet.
 */
export const handler = step("await-return", rollbackInput, async ({ run, of, number }) => {
  await assertMayChange(run);
  const { limits, clusters } = config();
  const { value: deadline } = await runs().remember(
    run,
    `deadline/AwaitReturn/${number}/${await nextQuestionId(run, "AwaitReturn", null)}`,
    minutesAfter(now(), limits.rolloutMinutes),
  );
  let left: string[] = [];
  for (let look = 0; look < looks; look++) {
    const seen = await watchRollout(await wantedDigests(of), {
      seconds: (limits.rolloutWatchMinutes * 60) / looks,
      untilStuck: false,
    });
    left = seen.left;
    if (left.length === 0) return { found: "done" };
    await clearTheWay(run, seen.pods);
  }
  if (now() <= deadline) return { found: "watching" };
  throw new DeadlinePassed(
    `${clusters.production.namespace}: ${limits.rolloutMinutes} minutes after the return to the earlier images ` +
      `${left.join("; ")}.`,
  );
});

async function clearTheWay(run: string, pods: Pod[]): Promise<void> {
  const cluster = await openshift("production");
  for (const pod of podsInTheWay(pods, await cluster.workloads())) {
    await cluster.deletePod(pod, false);
    log("await-return.deleted", { pod: pod.name });
    const text = `deleted ${pod.name}: it is broken, and its StatefulSet would wait for it for ever`;
    await runs().record(run, { code: "rollback.pod-deleted", text, key: `rollback/pod/${pod.uid}` });
  }
}
