import { config } from "../runtime/config.ts";
import { messageOf, NotFastForward } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { showProgress } from "./live-message.ts";
import { tellRole } from "./role-issue.ts";
import { assertMayChange } from "./run-context.ts";

/**
 * One commit in the monorepo that points each submodule at its repository's stable commit. A submodule belongs to the
 * repository that its path ends with. Nothing to do, no commit: so running twice makes one commit.
 * @throws PermissionDenied, RunSuperseded; NotFastForward while others push to the branch again and again
 */
export const handler = step("pin-monorepo", runInput, async ({ run }) => {
  await tellRole(run);
  if (!config().github.monorepo) return { pinned: 0 };
  await assertMayChange(run);
  await showProgress(run, "PinMonorepo");
  return { pinned: await pinMonorepo() };
});

/** So often at most is the branch read anew when somebody else pushes to it at the same moment. */
const mostAttempts = 3;

/** @returns how many submodules were pointed at another commit. */
export async function pinMonorepo(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pinOnce();
    } catch (thrown) {
      if (!(thrown instanceof NotFastForward) || attempt === mostAttempts) throw thrown;
      log("pin-monorepo.again", { reason: messageOf(thrown) }, "warn");
    }
  }
}

async function pinOnce(): Promise<number> {
  const { monorepo, stableBranch } = config().github;
  if (!monorepo) return 0;
  const hub = await github();
  const { commit, tree, modules } = await hub.submodules(monorepo.name, monorepo.branch);
  const moved = new Set(
    config()
      .repositories.filter((each) => each.moved)
      .map((each) => each.name),
  );
  const changed: { path: string; sha: string }[] = [];
  for (const { path, sha } of modules) {
    const repository = path.split("/").at(-1) ?? path;
    if (!moved.has(repository)) continue;
    const stable = await hub.branchHead(repository, stableBranch);
    if (stable && stable !== sha) changed.push({ path, sha: stable });
  }
  if (changed.length > 0) {
    await hub.commitSubmodules(monorepo.name, monorepo.branch, {
      parent: commit,
      baseTree: tree,
      modules: changed,
      message: monorepo.message,
    });
  }
  log("pin-monorepo.pinned", { changed: changed.map((each) => each.path) });
  return changed.length;
}
