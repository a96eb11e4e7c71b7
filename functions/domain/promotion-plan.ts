/** One commit that the promotion brings to the stable branch, as people read it. */
export interface PlannedCommit {
  sha: string;
  /** First line of the message. */
  title: string;
  /** Login where GitHub knows the author, else the name in the commit. */
  author: string;
  /** ISO 8601. */
  date: string;
  pullRequest: number | null;
  /** On the first-parent line of the main branch: only such a commit may be chosen instead of its head. */
  firstParent: boolean;
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
  /** Newest first. */
  commits: PlannedCommit[];
  pullRequests: { number: number; title: string }[];
  /** Distinct authors of `commits`. */
  authors: string[];
  /** New files in the folder of database migrations: with them, going back to an old image will not work. */
  migrations: string[];
  /** The commits change workflow files: the move needs the permission *workflows: write*. */
  changesWorkflows: boolean;
  /** Commits that only the stable branch has, newest first; not empty means: diverged. */
  ownCommits: OwnCommit[];
  /** A diverged branch that a person allowed to be forced. */
  force: boolean;
  waitsFor: { repository: string; until: "rpm" | "moved" }[];
  /** Moving or rebuilding it makes new images. */
  buildsImages: boolean;
}

export interface PromotionPlan {
  /** Counts up when a run plans again. */
  version: number;
  /** ISO 8601. */
  createdAt: string;
  /** sha256 (hex) over what an approval binds: name, action, from, to and force of every repository, as one set. */
  digest: string;
  /** In the configuration's order; retired repositories (`moved: false`) are absent. */
  repositories: PlannedRepository[];
  /** Names of the repositories to move or rebuild, in waves: each waits only for earlier ones. */
  waves: string[][];
  /** How long it takes from the approval on, in minutes, and how many earlier runs that rests on (0: a guess). */
  expected: { minutes: number; fromRuns: number };
}

/** What an approver wants different from the plan. */
export interface PlanChanges {
  /** Repository → another commit of its `commits` (first-parent ones only). */
  commits: Record<string, string>;
  leaveOut: string[];
  /** Diverged repositories whose own commits may be overwritten. */
  force: string[];
}
