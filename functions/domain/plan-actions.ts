import { createHash } from "node:crypto";
import type {
  NewestBuild,
  PlanChanges,
  PlannedCommit,
  PlannedRepository,
  PromotionPlan,
} from "./promotion-plan.ts";
import { inWaves } from "./waves.ts";

/** What is known of a repository, before anybody chose what to do with it. Its `commits` reach up to `main`. */
export type RepositoryFacts = Omit<PlannedRepository, "action" | "reason" | "to" | "force" | "buildBy">;

/** Decides what happens to every repository, and completes the plan: its order and what an approval binds. */
export function assemblePlan(
  frame: Pick<PromotionPlan, "version" | "createdAt" | "branches" | "only" | "expected">,
  facts: readonly RepositoryFacts[],
  changes: PlanChanges,
): PromotionPlan {
  const repositories = decideActions(facts, changes, frame);
  const busy = repositories.filter((each) => each.action === "move" || each.action === "rebuild");
  return {
    version: frame.version,
    createdAt: frame.createdAt,
    digest: digestOf(repositories),
    branches: frame.branches,
    only: frame.only,
    repositories,
    waves: inWaves(
      busy.map(({ name, waitsFor }) => ({ name, waitsFor: waitsFor.map((each) => each.repository) })),
    ),
    expected: frame.expected,
  };
}

function digestOf(repositories: readonly PlannedRepository[]): string {
  const bound = repositories
    .map(({ name, action, from, to, force }) => [name, action, from, to, force] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(bound)).digest("hex");
}

interface Move {
  to: string;
  force: boolean;
}

function decideActions(
  facts: readonly RepositoryFacts[],
  changes: PlanChanges,
  { branches, only }: Pick<PromotionPlan, "branches" | "only">,
): PlannedRepository[] {
  const mayMove = (name: string) => only.length === 0 || only.includes(name);
  const chosen = new Map(Object.entries(changes.commits));
  const possible = new Map<string, Move>();
  for (const each of facts) {
    const move = possibleMove(each, chosen.get(each.name), changes.force);
    if (move) possible.set(each.name, move);
  }
  const moves = new Map([...possible].filter(([name]) => mayMove(name) && !changes.leaveOut.includes(name)));
  const stable = new Map(facts.map((each) => [each.name, each.from]));

  return facts.map((each) => {
    const move = moves.get(each.name);
    if (move) return moved(each, move);
    const leftOut = changes.leaveOut.includes(each.name);
    const causes = each.buildsImages ? rebuildCauses(each, moves, stable, branches.stable) : [];
    return stayed(each, causes, {
      why: leftOut
        ? `the approver leaves ${possible.has(each.name) ? "it where it is" : "its images as they are"}`
        : possible.has(each.name) && !mayMove(each.name)
          ? "not part of this hotfix"
          : whyNotMoved(each, branches),
      // Leaving out what would only be rebuilt means the rebuild.
      mayRebuild: !leftOut || possible.has(each.name),
    });
  });
}

/** Where it would go if nobody leaves it out. */
function possibleMove(
  facts: RepositoryFacts,
  chosen: string | undefined,
  forced: readonly string[],
): Move | null {
  if (facts.main === facts.from) return null;
  const force = facts.ownCommits.length > 0;
  if (force && !forced.includes(facts.name)) return null;
  return { to: chosen ?? facts.main, force };
}

function whyNotMoved(facts: RepositoryFacts, branches: { main: string; stable: string }): string {
  if (facts.main === facts.from) return `${branches.stable} already equals ${branches.main}`;
  const count = facts.ownCommits.length;
  return `${branches.stable} has ${count === 1 ? "a commit" : `${count} commits`} that ${branches.main} lacks`;
}

function moved(facts: RepositoryFacts, { to, force }: Move): PlannedRepository {
  const commits = to === facts.main ? facts.commits : upTo(facts.commits, to);
  const numbers = new Set(commits.map((commit) => commit.pullRequest));
  const skips = facts.buildsImages && commits.find((commit) => commit.sha === to)?.skipsWorkflows === true;
  const buildBy = !facts.buildsImages ? null : !skips ? "push" : facts.dispatch ? "dispatch" : "person";
  return {
    ...facts,
    action: "move",
    reason: skips ? skipReason(to, facts.dispatch) : "",
    to,
    force,
    buildBy,
    commits,
    pullRequests: facts.pullRequests.filter((each) => numbers.has(each.number)),
    authors: [...new Set(commits.map((commit) => commit.author))],
  };
}

function skipReason(sha: string, dispatch: boolean): string {
  const start = dispatch ? "it is started by a dispatch" : "a person has to start it";
  return `the message of ${sha.slice(0, 7)} keeps its push from starting the image build: ${start}`;
}

/** The commits of the list that a commit is made of: itself and its ancestors. */
function upTo(commits: readonly PlannedCommit[], head: string): PlannedCommit[] {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]));
  const reached = new Set<string>();
  const next = [head];
  for (let sha = next.pop(); sha !== undefined; sha = next.pop()) {
    const commit = bySha.get(sha);
    if (!commit || reached.has(sha)) continue;
    reached.add(sha);
    next.push(...commit.parents);
  }
  return commits.filter((commit) => reached.has(commit.sha));
}

interface RebuildCause {
  /** Of its own branch, which moved without a build that we saw; or of what its images install. */
  of: "branch" | "dependencies";
  why: string;
}

/**
 * Why images must be built anew although their branch stays: what they install moves now, or was left behind by an
 * earlier run that ended half done. A ledger that does not know them is no cause.
 */
function rebuildCauses(
  facts: RepositoryFacts,
  moves: ReadonlyMap<string, Move>,
  stable: ReadonlyMap<string, string>,
  stableBranch: string,
): RebuildCause[] {
  const names = [...new Set(facts.waitsFor.map((each) => each.repository))];
  const moving = names.filter((name) => moves.has(name));
  const built = new Map(Object.entries(facts.lastBuilt?.dependencies ?? {}));
  const behind = names.filter(
    (name) => !moves.has(name) && built.has(name) && stable.has(name) && built.get(name) !== stable.get(name),
  );
  const causes: RebuildCause[] = [];
  const add = (of: RebuildCause["of"], why: string) => causes.push({ of, why });
  if (moving.length === 1) add("dependencies", `its dependency ${moving[0]} moves`);
  if (moving.length > 1) add("dependencies", `its dependencies ${listed(moving)} move`);
  if (facts.lastBuilt && facts.lastBuilt.commit !== facts.from) {
    const commit = facts.lastBuilt.commit.slice(0, 7);
    add("branch", `its images were last built from ${commit}, not from what ${stableBranch} is now`);
  }
  if (behind.length > 0) {
    add("dependencies", `its images were last built with another commit of ${listed(behind)}`);
  }
  return causes;
}

function stayed(
  facts: RepositoryFacts,
  causes: readonly RebuildCause[],
  { why, mayRebuild }: { why: string; mayRebuild: boolean },
): PlannedRepository {
  const even = facts.main === facts.from;
  const idle: PlannedRepository = {
    ...facts,
    action: even ? "none" : "leftOut",
    reason: why,
    to: facts.main,
    force: false,
    buildBy: null,
  };
  if (causes.length === 0) return idle;
  if (!mayRebuild) return { ...idle, action: "leftOut" };
  const because = causes.map((cause) => cause.why).join("; ");
  const rebuild = (reason: string, buildBy: "dispatch" | "rerun"): PlannedRepository => ({
    ...idle,
    action: "rebuild",
    reason: even ? reason : `${why}; ${reason}`,
    to: facts.from,
    buildBy,
  });
  if (facts.dispatch) return rebuild(because, "dispatch");
  if (facts.newestBuild && causes.every((cause) => cause.of === "branch")) {
    return rebuild(`${because}; ${whatBecomesOf(facts.newestBuild)}`, "rerun");
  }
  const help = "its image workflow cannot be dispatched, so a person has to re-run it";
  return { ...idle, reason: `${why}; ${because}, but ${help}`, buildBy: "person" };
}

/** The run that the earlier move started is as good as a new one, once it succeeds. */
function whatBecomesOf({ id, status, conclusion }: NewestBuild): string {
  if (status !== "completed") return `its build (workflow run ${id}) is under way and is followed`;
  if (conclusion === "success") return `its build (workflow run ${id}) has succeeded and is rolled out`;
  const how = conclusion === "cancelled" ? "was cancelled" : "failed";
  return `its build (workflow run ${id}) ${how}, and its failed jobs are run again`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
