import { containedInMain, patchId } from "../domain/patch.ts";
import {
  type BranchComparison,
  type PlannedRepository,
  planPromotion,
  type RepositoryState,
} from "../domain/promotion-plan.ts";
import { titleOf } from "../domain/pull-requests.ts";
import { config, type RepositoryConfig } from "../runtime/config.ts";
import { BadConfiguration } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { type Comparison, type GitCommit, type GitHub, github } from "../services/github.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { showProgress } from "./live-message.ts";
import { assertNotStopped, now } from "./run-context.ts";

/**
 * Plans what the run does, from what GitHub and the ledger say now. Each call makes a new version with a question of
 * its own, so that an answer to an older plan decides nothing.
 *
 * @returns `work`: how many repositories could be moved or rebuilt, diverged ones included since a person may force them.
 * @throws BadConfiguration for a repository without one of its branches.
 */
export const handler = step("plan-promotion", runInput, async ({ run }) => {
  await showProgress(run, "InspectAndPlan");
  const { repositories, github: settings, limits } = config();
  await assertNotStopped(run);
  const record = await runs().get(run);
  const version = (record?.planVersion ?? 0) + 1;
  const hub = await github();
  const states = await Promise.all(repositories.map((each) => stateOf(hub, each)));
  const result = planPromotion({
    version,
    createdAt: now(),
    branches: { main: settings.mainBranch, stable: settings.stableBranch },
    only: record?.only ?? [],
    repositories: states,
    durations: await ledger().durations(),
    expectedMinutes: limits.expectedMinutes,
  });
  if (!result.ok) {
    throw new BadConfiguration(`The promotion cannot be planned:\n  ${result.problems.join("\n  ")}`);
  }
  const pins = await ledger().pins();
  const plan = pins.length > 0 ? { ...result.plan, pins } : result.plan;
  await runs().savePlan(run, plan);
  await runs().update(run, { planVersion: version });
  const idle = (each: PlannedRepository) =>
    each.action === "none" ||
    (plan.only.length > 0 && !plan.only.includes(each.name) && each.action === "leftOut");
  const work = plan.repositories.filter((each) => !idle(each)).length;
  log("plan-promotion.planned", { version, digest: plan.digest, waves: plan.waves, work });
  return { version, question: `approval-${version}`, work };
});

async function stateOf(hub: GitHub, repository: RepositoryConfig): Promise<RepositoryState> {
  const { mainBranch, stableBranch } = config().github;
  const { name, moved, waitsFor, build, migrations } = repository;
  const state = {
    name,
    moved,
    waitsFor,
    build,
    migrations,
    comparison: null,
    lastBuilt: null,
    newestBuild: null,
  };
  if (!moved) return { ...state, stable: null, main: null };

  const [main, stable, lastBuilt] = await Promise.all([
    hub.branchHead(name, mainBranch),
    hub.branchHead(name, stableBranch),
    build ? ledger().built(name) : null,
  ]);
  const comparison =
    main && stable && main !== stable ? await compareBranches(hub, name, stable, main) : null;
  const newestBuild =
    stable && lastBuilt && lastBuilt.commit !== stable ? await buildOf(hub, repository, stable) : null;
  return { ...state, main, stable, comparison, lastBuilt, newestBuild };
}

/** Where the images may be older than the branch: what its push started. With a dispatch, nobody needs it. */
async function buildOf(
  hub: GitHub,
  { name, build }: RepositoryConfig,
  sha: string,
): Promise<RepositoryState["newestBuild"]> {
  if (!build || build.dispatch) return null;
  const branch = config().github.stableBranch;
  const [newest] = await hub.workflowRuns(name, build.workflow, { branch, sha });
  if (!newest) return null;
  // What was rolled back has been built well, and is not wanted.
  const pinned = new Set((await ledger().pins()).map(({ image }) => image));
  if (build.images.some((image) => pinned.has(image.name))) return null;
  const { id, status, conclusion } = newest;
  return { id, status, conclusion };
}

async function compareBranches(
  hub: GitHub,
  name: string,
  stable: string,
  main: string,
): Promise<BranchComparison> {
  const ahead = await hub.compare(name, stable, main);
  const ownCommits = ahead.behindBy > 0 ? await ownCommitsOf(hub, name, { stable, main, ahead }) : [];
  return { commits: ahead.commits, files: ahead.files, ownCommits };
}

/** More commits of the main branch than this are not searched for a patch: then it counts as not contained. */
const mostPatches = 100;

/** The commits that only the stable branch has, each with whether the main branch has the same patch. */
async function ownCommitsOf(
  hub: GitHub,
  name: string,
  { stable, main, ahead }: { stable: string; main: string; ahead: Comparison },
): Promise<BranchComparison["ownCommits"]> {
  const own = (await hub.compare(name, main, stable)).commits;
  const titles = new Set(own.map((commit) => titleOf(commit.message)));
  const patchOf = async (commit: GitCommit) => patchId(await hub.commitFiles(name, commit.sha));
  // A cherry-pick mostly keeps its title, so those are looked at first.
  const candidates = ahead.commits
    .filter((commit) => commit.parents.length < 2)
    .sort((a, b) => Number(titles.has(titleOf(b.message))) - Number(titles.has(titleOf(a.message))))
    .slice(0, mostPatches);
  const mainPatchIds = new Set<string>();
  for (const commit of candidates) {
    const id = await patchOf(commit);
    if (id) mainPatchIds.add(id);
  }
  const result: BranchComparison["ownCommits"] = [];
  for (const commit of own) {
    result.push({
      sha: commit.sha,
      title: titleOf(commit.message),
      author: commit.authorLogin ?? commit.authorName,
      containedInMain: containedInMain(await hub.commitFiles(name, commit.sha), mainPatchIds),
    });
  }
  return result;
}
