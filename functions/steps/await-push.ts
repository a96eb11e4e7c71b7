import { quayPushKey, stopKey } from "../domain/keys.ts";
import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { DeadlinePassed } from "../runtime/errors.ts";
import { step, waitingRepositoryInput } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { recallBefore } from "./before-move.ts";
import { thenShow } from "./live-message.ts";
import { pushEvidence } from "./push-evidence.ts";
import { assertNotStopped, buildConfig, minutesAfter, now } from "./run-context.ts";

/**
 * Waits until Quay tells of a push of any image of the repository since the move. ConfirmPush then asks Quay about all
 * of them and comes back here while one is missing.
 * @throws DeadlinePassed after `limits.pushMinutes`.
 */
const work = step("await-push", waitingRepositoryInput, async ({ run, repository, taskToken }) => {
  await assertNotStopped(run);
  const { quay, clusters, limits } = config();
  const keys = buildConfig(repository).images.map((image) =>
    quayPushKey({ namespace: quay.namespace, image: image.name, tag: clusters.production.tag }),
  );
  const before = await recallBefore(run, repository);
  const waitId = `${run}/AwaitPush/${repository}`;
  const wait = await waits().register({
    id: waitId,
    run,
    keys: [...keys, stopKey(run)],
    after: { since: before?.at ?? now() },
    token: taskToken,
    deadline: minutesAfter(now(), limits.pushMinutes),
  });
  if (wait.status === "resumed") return {};

  const evidence = await pushEvidence(run, repository);
  const [key] = keys;
  if (evidence.missing.length === 0 && key) {
    await waits().signal({ key, id: `recheck/${now()}`, origin: "recheck", body: {} });
    return {};
  }
  if (wait.deadline && now() > wait.deadline) {
    await waits().giveUp(waitId, taskToken);
    throw new DeadlinePassed(
      `${repository}: the build succeeded, but after ${durationOf(limits.pushMinutes)} ${evidence.missing.join("; ")}.`,
    );
  }
  await runs().saveRepository(run, repository, { note: evidence.missing.join("; ") });
  return {};
});

export const handler = thenShow(work);
