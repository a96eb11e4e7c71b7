import { type Expectation, expectedDuration } from "./expected-end.ts";
import { assemblePlan, type RepositoryFacts } from "./plan-actions.ts";
import { pullRequestOf, skipsWorkflows, titleOf } from "./pull-requests.ts";
import type { Pin } from "./rollback.ts";

/** One commit that the promotion brings to the stable branch, as people read it. */
export interface PlannedCommit {
  sha: string;
  /** First line of the message. */
  title: string;
  /** Login where GitHub knows the author, else the name in the commit. */
  author: string;
  /** ISO 8601. */
  date: string;
  parents: string[];
  pullRequest: number | null;
  /** On the first-parent line of the main branch: only such commits may be chosen instead of its head. */
  firstParent: boolean;
  /** Its message tells GitHub to start no workflow when it is pushed as the head of a branch. */
  skipsWorkflows: boolean;
}

/** A commit that only the stable branch has. */
export interface OwnCommit {
  sha: string;
  title: string;
  author: string;
  /** The main branch has the same patch under another sha: a move loses nothing of it. */
  containedInMain: boolean;
}

export interface PlannedRepository {
  name: string;
  /**
   * `move`: the stable branch goes to `to`. `rebuild`: it stays, its images are built anew. `none`: nothing to do.
   * `leftOut`: it could move, but is not to (a person said so, or it diverged and forcing was not approved).
   */
  action: "move" | "rebuild" | "none" | "leftOut";
  /** Why it is rebuilt, left out, or has nothing to do, in a few words; empty for a plain move. */
  reason: string;
  /** Where the stable branch is. */
  from: string;
  /** Where it is to be; equal to `from` unless `action` is `move` (for `leftOut`: where it would have gone). */
  to: string;
  /** Head of the main branch when the plan was made. */
  main: string;
  /** What `to` has and `from` lacks, newest first; without a move: what `main` has. */
  commits: PlannedCommit[];
  pullRequests: { number: number; title: string }[];
  /** Distinct authors of `commits`. */
  authors: string[];
  /**
   * New files in the folder of database migrations: with them, going back to an old image will not work.
   * Those of `main`, also when an older commit is chosen.
   */
  migrations: string[];
  /** The commits up to `main` change workflow files: the move needs the permission *workflows: write*. */
  changesWorkflows: boolean;
  /** Commits that only the stable branch has, newest first; not empty means: diverged. */
  ownCommits: OwnCommit[];
  /** A diverged branch that a person allowed to be forced. */
  force: boolean;
  waitsFor: { repository: string; until: "rpm" | "moved" }[];
  /** Moving or rebuilding it makes new images. */
  buildsImages: boolean;
  /** Its image workflow allows `workflow_dispatch`. */
  dispatch: boolean;
  /**
   * What starts the build of its images: the push of the stable branch, a dispatch, the failed jobs of a run that an
   * earlier move started (or nothing but that run, when it has not failed), or only a person (also where a rebuild is
   * due but cannot be dispatched: then `action` stays `none` or `leftOut`). Null: nothing is to be built.
   */
  buildBy: "push" | "dispatch" | "rerun" | "person" | null;
  /** What its images were last built from, as the ledger knows it. */
  lastBuilt: LastBuilt | null;
  /** The newest run of its image workflow for where the stable branch is, where that was asked for. */
  newestBuild: NewestBuild | null;
}

/** A workflow run that an earlier move started. */
export interface NewestBuild {
  id: number;
  /** GitHub's words: `completed`, `in_progress`, … */
  status: string;
  conclusion: string | null;
}

/** What images were built from: the commit, and the stable commits of the repositories that they install. */
export interface LastBuilt {
  commit: string;
  dependencies: Record<string, string>;
}

export interface PromotionPlan {
  /** Counts up when a run plans again. */
  version: number;
  /** ISO 8601. */
  createdAt: string;
  /** sha256 (hex) over what an approval binds: name, action, from, to and force of every repository, as one set. */
  digest: string;
  /** Names of the two branches, as GitHub has them. */
  branches: { main: string; stable: string };
  /** In the configuration's order; retired repositories (`moved: false`) are absent. */
  repositories: PlannedRepository[];
  /** Names of the repositories to move or rebuild, in waves: each waits only for earlier ones. */
  waves: string[][];
  /** A hotfix: the only repositories that may move. Empty: all may. */
  only: string[];
  /** Streams that a rollback left at a digest: with the approval they follow their tags again. Absent: none. */
  pins?: Pin[];
  /** How long it takes from the approval on, in minutes, and how many earlier runs that rests on (0: a guess). */
  expected: Expectation;
}

/** What an approver wants different from the plan. */
export interface PlanChanges {
  /** Repository → another commit of its `commits` (see `choosableCommits`). */
  commits: Record<string, string>;
  leaveOut: string[];
  /** Diverged repositories whose own commits may be overwritten. */
  force: string[];
}

/** A file that differs; `status` in GitHub's words. */
export interface ComparedFile {
  path: string;
  status: string;
  /** With `renamed`: where it was. */
  previousPath?: string;
  /** What changed in it, where GitHub tells. */
  patch?: string;
}

/** The difference between the two branches, read from GitHub. */
export interface BranchComparison {
  /** What the main branch has and the stable branch lacks, newest first. */
  commits: {
    sha: string;
    message: string;
    authorLogin: string | null;
    authorName: string;
    date: string;
    parents: string[];
  }[];
  /** What the stable branch has and the main branch lacks, newest first. */
  ownCommits: OwnCommit[];
  /** Files that differ between the merge base and the main branch. */
  files: ComparedFile[];
}

/** A configured repository and what was found out about it. */
export interface RepositoryState {
  name: string;
  moved: boolean;
  waitsFor: { repository: string; until: "rpm" | "moved" }[];
  build: { dispatch: boolean } | null;
  /** Folder of database migrations. */
  migrations: string | null;
  /** Heads of the branches; null: the branch is not there. */
  stable: string | null;
  main: string | null;
  /** Null where both heads are the same commit. */
  comparison: BranchComparison | null;
  lastBuilt: LastBuilt | null;
  newestBuild: NewestBuild | null;
}

export interface PlanInput {
  version: number;
  createdAt: string;
  branches: { main: string; stable: string };
  /** A hotfix: the only repositories that may move. Empty: all may. */
  only: readonly string[];
  /** In the configuration's order. */
  repositories: readonly RepositoryState[];
  /** Minutes that earlier finished runs took from their approval on, and the guess while there are none. */
  durations: readonly number[];
  expectedMinutes: number;
}

export type PlanResult = { ok: true; plan: PromotionPlan } | { ok: false; problems: string[] };

/**
 * Plans what a run does: every repository whose main branch is ahead moves to its head, a diverged one is left out
 * until a person allows to force it, and one whose images install what moves is rebuilt.
 *
 * @returns instead of a plan every problem that makes one impossible, such as a missing branch.
 */
export function planPromotion(input: PlanInput): PlanResult {
  const active = input.repositories.filter((each) => each.moved);
  const problems = [
    ...active.flatMap((each) => problemsOf(each, input.branches)),
    ...input.only
      .filter((name) => !active.some((each) => each.name === name))
      .map((name) => `${name} is not among the repositories that are moved`),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const facts = active.map(factsOf);
  const nothing: PlanChanges = { commits: {}, leaveOut: [], force: [] };
  const { version, createdAt, branches, only } = input;
  const expected = expectedDuration(input.durations, input.expectedMinutes);
  return {
    ok: true,
    plan: assemblePlan({ version, createdAt, branches, only: [...only], expected }, facts, nothing),
  };
}

function problemsOf(state: RepositoryState, branches: { main: string; stable: string }): string[] {
  const missing = [
    ...(state.main === null ? [branches.main] : []),
    ...(state.stable === null ? [branches.stable] : []),
  ];
  if (missing.length > 1) {
    const names = missing.join(" nor ");
    return [
      `${state.name} has neither ${names}, or GitHub does not show it: check its name, and that the App may see it`,
    ];
  }
  if (missing.length > 0) {
    return [
      `${state.name} has no branch ${missing[0]}: create it there, or set the repository to \`moved: false\``,
    ];
  }
  if (state.main === state.stable || state.comparison) return [];
  return [`${state.name}: ${branches.stable} and ${branches.main} differ, but were not compared`];
}

function factsOf(state: RepositoryState): RepositoryFacts {
  const main = state.main ?? "";
  const comparison = state.main === state.stable ? null : state.comparison;
  const messages = comparison?.commits ?? [];
  const line = firstParentLine(messages, main);
  const commits = messages.map(
    (commit): PlannedCommit => ({
      sha: commit.sha,
      title: titleOf(commit.message),
      author: commit.authorLogin ?? commit.authorName,
      date: commit.date,
      parents: commit.parents,
      pullRequest: pullRequestOf(commit.message)?.number ?? null,
      firstParent: line.has(commit.sha),
      skipsWorkflows: skipsWorkflows(commit.message),
    }),
  );
  const pullRequests = messages
    .map((commit) => pullRequestOf(commit.message))
    .filter((each) => each !== null);
  return {
    name: state.name,
    from: state.stable ?? "",
    main,
    commits,
    pullRequests: [...new Map(pullRequests.map((each) => [each.number, each])).values()],
    authors: [...new Set(commits.map((commit) => commit.author))],
    migrations: newFilesBelow(state.migrations, comparison?.files ?? []),
    changesWorkflows: (comparison?.files ?? []).some((file) => file.path.startsWith(".github/workflows/")),
    ownCommits: comparison?.ownCommits ?? [],
    waitsFor: state.waitsFor,
    buildsImages: state.build !== null,
    dispatch: state.build?.dispatch ?? false,
    lastBuilt: state.lastBuilt,
    newestBuild: state.newestBuild,
  };
}

/** The commits that the main branch itself went through, without those that merges brought in. */
function firstParentLine(commits: readonly { sha: string; parents: string[] }[], head: string): Set<string> {
  const parents = new Map(commits.map((commit) => [commit.sha, commit.parents]));
  const line = new Set<string>();
  let sha: string | undefined = head;
  while (sha !== undefined && parents.has(sha) && !line.has(sha)) {
    line.add(sha);
    sha = parents.get(sha)?.[0];
  }
  return line;
}

/**
 * A new file that resembles one that was removed is `renamed` to GitHub, and migrations resemble each other: so a file
 * is old only where it was in the folder before and holds what it held.
 */
function newFilesBelow(folder: string | null, files: readonly ComparedFile[]): string[] {
  if (!folder) return [];
  const prefix = folder.endsWith("/") ? folder : `${folder}/`;
  const isNew = ({ status, previousPath, patch }: ComparedFile) =>
    ["added", "copied"].includes(status) ||
    (status === "renamed" && !(previousPath?.startsWith(prefix) && patch === undefined));
  return files.filter((file) => file.path.startsWith(prefix) && isNew(file)).map((file) => file.path);
}
