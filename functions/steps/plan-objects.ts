import { planObjects, stateOfObjects } from "../domain/objects-plan.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { ledger } from "../store/ledger.ts";
import { objects } from "../store/objects.ts";
import { runs } from "../store/runs.ts";
import { lastBuild, startBuild } from "./build-job.ts";
import { compareObjects } from "./objects-compare.ts";
import { assertNotStopped } from "./run-context.ts";

/**
 * Plans what `make deploy` would bring: compares the deployment repository with what was last applied, and starts the
 * job that reads the vault's changelog. A hotfix is about images, so it plans none.
 *
 * @returns `changed`: for certain, not where nothing is known; `vault`: the job is under way.
 * @throws NotFound for a repository without the branch.
 */
export const handler = step("plan-objects", runInput, async ({ run }) => {
  const settings = config().objects;
  await assertNotStopped(run);
  // A plan of an earlier round must not pass for one of this round, should this one be skipped.
  await objects().savePlan(run, null);
  const record = await runs().get(run);
  if (!settings || record?.kind === "hotfix") return { changed: false, vault: false };

  const [applied, pinned] = await Promise.all([ledger().appliedObjects(), ledger().pins()]);
  const hub = await github();
  const { repository, branch, paths, vault } = settings;
  const commit = await hub.branchHead(repository, branch);
  if (!commit) throw new NotFound(`${repository} has no branch ${branch}: objects.branch names it.`);
  if (vault) await readVault(run, vault.note, applied?.vault ?? null);
  const plan = planObjects({
    repository,
    branch,
    commit,
    applied: applied && { commit: applied.commit, at: applied.at, run: applied.run },
    paths,
    comparison: applied && (await compareObjects(hub, settings, { from: applied.commit, to: commit })),
    readsVault: vault !== null,
    pinned: pinned.map(({ stream }) => stream),
  });
  await objects().savePlan(run, plan);
  log("plan-objects.planned", { commit, files: plan.files.length, commits: plan.commits.length });
  return { changed: stateOfObjects(plan) === "changed", vault: vault !== null };
});

async function readVault(
  run: string,
  note: string,
  known: { digest: string; lines: number } | null,
): Promise<void> {
  const number = ((await lastBuild(run, "read-vault"))?.number ?? 0) + 1;
  await startBuild(run, "read-vault", {
    number,
    variables: {
      NOTE: note,
      KNOWN_DIGEST: known?.digest ?? "",
      KNOWN_LINES: known ? String(known.lines) : "",
    },
  });
}
