import { repositoryInput, resumedWith, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { thenShow } from "./live-message.ts";
import { pushEvidence } from "./push-evidence.ts";
import { assertNotStopped } from "./run-context.ts";

const input = repositoryInput.extend({ resumed: resumedWith });

/**
 * Confirms with Quay what the webhook claimed, for every image of the repository, and keeps the digests: they are what
 * the rollout must end at. `confirmed: false` means: wait on.
 */
const work = step("confirm-push", input, async ({ run, repository, resumed }) => {
  await waits().acknowledge(`${run}/AwaitPush/${repository}`, resumed);
  await assertNotStopped(run);
  const { digests, missing } = await pushEvidence(run, repository);
  await runs().saveRepository(run, repository, {
    images: Object.fromEntries(Object.entries(digests).map(([image, digest]) => [image, { digest }])),
    ...(missing.length === 0 ? { stage: "pushed", note: null } : { note: missing.join("; ") }),
  });
  return { confirmed: missing.length === 0 };
});

export const handler = thenShow(work);
