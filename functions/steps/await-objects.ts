import { config } from "../runtime/config.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { awaitBuild } from "./build-job.ts";
import { tellWhenLate } from "./late.ts";
import { showProgress } from "./live-message.ts";
import { assertNotStopped } from "./run-context.ts";

/**
 * Waits until the job that runs `make deploy` has ended.
 * @throws DeadlinePassed after `limits.objectsMinutes`.
 */
export const handler = step("await-objects", waitingInput, async ({ run, taskToken }) => {
  await assertNotStopped(run);
  await showProgress(run, "AwaitObjects");
  await awaitBuild({
    run,
    state: "AwaitObjects",
    project: "apply-objects",
    minutes: config().limits.objectsMinutes,
    token: taskToken,
    what: "make deploy",
  });
  await tellWhenLate(run, "make deploy");
  return {};
});
