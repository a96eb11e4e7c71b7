import { config } from "../runtime/config.ts";
import { StableMoved } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { repositoryInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { noteFirstMove, recallBefore, rememberBefore } from "./before-move.ts";
import { thenShow } from "./live-message.ts";
import { approvedRepository, assertMayChange } from "./run-context.ts";

/**
 * Moves the stable branch from the approved place to the approved commit (checklist: "Move content from main branches
 * to the stable branches"). The old place stays reachable under `refs/stablehand/<run>/stable`.
 *
 * Running twice: once the branch is where this run moved it, there is nothing left to do.
 * @throws StableMoved, NotFastForward, PermissionDenied, RunSuperseded
 */
const work = step("move-stable", repositoryInput, async ({ run, repository }) => {
  await assertMayChange(run);
  const { from, to, force } = await approvedRepository(run, repository);
  const { stableBranch: branch } = config().github;
  const hub = await github();

  const head = await hub.branchHead(repository, branch);
  const movedBefore = head === to && (await recallBefore(run, repository)) !== null;
  if (!movedBefore) {
    if (head !== from) {
      throw new StableMoved(
        `${repository}: ${branch} is at ${head ?? "nothing"}, not at the approved ${from}: somebody moved it. Plan again.`,
      );
    }
    await rememberBefore(run, repository);
    await noteFirstMove(run);
    await hub.keepRef(repository, `refs/stablehand/${run}/${branch}`, from);
    await hub.moveBranch(repository, { branch, from, to, force });
    log("move-stable.moved", { from, to, force });
  }
  await runs().saveRepository(run, repository, { stage: "moved", note: null });
  return { from, to };
});

export const handler = thenShow(work, "Promote");
