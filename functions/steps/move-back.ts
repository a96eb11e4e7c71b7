import { config } from "../runtime/config.ts";
import { StableMoved } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { branchesToReturn } from "./branches-to-return.ts";
import { rollbackInput } from "./open-rollback.ts";
import { pinMonorepo } from "./pin-monorepo.ts";
import { assertMayChange } from "./run-context.ts";

/** The fact that says to which commit a stable branch was moved back. */
export const movedBackKey = (number: number, repository: string) =>
  `rollback/${number}/moved-back/${repository}`;

/**
 * Moves the stable branches back to where they were before the run, each only if it still stands where the run put it:
 * a branch that somebody moved meanwhile stays. The commits that leave it are kept under `refs/stablehand/<run>/`. Then
 * the monorepo's submodules follow.
 * @throws PermissionDenied where a rule refuses a forced move.
 */
export const handler = step("move-back", rollbackInput, async ({ run, of, number }) => {
  await assertMayChange(run);
  const { stableBranch: branch } = config().github;
  const hub = await github();
  for (const { repository, before, now, mayReturn } of await branchesToReturn(of)) {
    if (!mayReturn) continue;
    try {
      await hub.keepRef(repository, `refs/stablehand/${of}/rolled-back`, now);
      await hub.moveBranch(repository, { branch, from: now, to: before, force: true });
      await runs().remember(run, movedBackKey(number, repository), before);
      const note = `${branch} is back at ${before.slice(0, 7)}`;
      await runs().saveRepository(of, repository, { stage: "rolledBack", note });
      log("move-back.moved", { repository, from: now, to: before });
    } catch (thrown) {
      if (!(thrown instanceof StableMoved)) throw thrown;
      log("move-back.moved-by-others", { repository }, "warn");
    }
  }
  await pinMonorepo();
  return {};
});
