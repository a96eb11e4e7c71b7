import { config } from "../runtime/config.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { awaitBuild } from "./build-job.ts";
import { assertNotStopped } from "./run-context.ts";

/**
 * Waits until the job that reads the vault's changelog has ended.
 * @throws DeadlinePassed after `limits.vaultMinutes`.
 */
export const handler = step("await-vault", waitingInput, async ({ run, taskToken }) => {
  await assertNotStopped(run);
  await awaitBuild({
    run,
    state: "AwaitVault",
    project: "read-vault",
    minutes: config().limits.vaultMinutes,
    token: taskToken,
    what: "The vault's changelog",
  });
  return {};
});
