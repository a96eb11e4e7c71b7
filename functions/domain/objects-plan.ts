import { createHash } from "node:crypto";
import { titleOf } from "./pull-requests.ts";
import { list } from "./words.ts";

/** What happened in the vault since the objects were last applied, as far as its changelog says. */
export interface VaultChanges {
  /** sha256 (hex) of the changelog's lines. */
  digest: string;
  /** How many lines it has. */
  lines: number;
  /**
   * `first`: nothing is known of an earlier state. `rewritten`: lines were changed or removed, so what is new cannot be
   * told.
   */
  since: "first" | "same" | "added" | "rewritten";
  /** With `added`: the new lines, those without text left out, cut to what the job lets out. */
  added: string[];
  /** How many more lines were added than `added` holds. */
  more: number;
}

export interface ObjectsCommit {
  sha: string;
  title: string;
  author: string;
}

/** What `make deploy` would bring to production. */
export interface ObjectsPlan {
  repository: string;
  branch: string;
  /** Head of the branch: what would be applied. */
  commit: string;
  /** Null: never applied by us, so nothing is known. */
  applied: { commit: string; at: string; run: string } | null;
  /** False where the last applied commit is unknown, or GitHub no longer has it. */
  compared: boolean;
  /** Changed since then, in the folders that matter. */
  files: { path: string; status: string }[];
  /** Those that changed such files, newest first. */
  commits: ObjectsCommit[];
  /** Of these commits: whom to ask. */
  authors: string[];
  /** Null: not read. */
  vault: VaultChanges | null;
  /** The vault belongs to it, so a changelog that was not read is something unknown. */
  readsVault: boolean;
  /** Image streams that are pinned: while one is, nothing is applied. */
  pinned: string[];
}

/** What GitHub says of a commit between the applied one and the branch's head. */
export interface ComparedCommit {
  sha: string;
  message: string;
  authorLogin: string | null;
  authorName: string;
  /** The files that it changes; null: not looked at, so it may matter. */
  files: string[] | null;
}

export interface ObjectsInput {
  repository: string;
  branch: string;
  commit: string;
  applied: ObjectsPlan["applied"];
  /** Folders, each with its slash. */
  paths: readonly string[];
  /** Null: there was nothing to compare with. Commits are newest first. */
  comparison: { commits: readonly ComparedCommit[]; files: readonly ObjectsPlan["files"][number][] } | null;
  readsVault: boolean;
  pinned: readonly string[];
}

/** The plan before the vault was read. */
export function planObjects(input: ObjectsInput): ObjectsPlan {
  const { repository, branch, commit, applied, paths, comparison, readsVault, pinned } = input;
  const matters = (path: string) => paths.some((folder) => path.startsWith(folder));
  const commits = (comparison?.commits ?? [])
    .filter(({ files }) => files === null || files.some(matters))
    .map(({ sha, message, authorLogin, authorName }) => ({
      sha,
      title: titleOf(message),
      author: authorLogin ?? authorName,
    }));
  return {
    repository,
    branch,
    commit,
    applied,
    compared: comparison !== null,
    files: (comparison?.files ?? []).filter(({ path }) => matters(path)),
    commits,
    authors: [...new Set(commits.map((each) => each.author))],
    vault: null,
    readsVault,
    pinned: [...pinned],
  };
}

/** `unknown`: something that would tell could not be looked at, or was never known. It never passes for `unchanged`. */
export type ObjectsState = "unchanged" | "changed" | "unknown";

export function stateOfObjects({ compared, files, vault, readsVault }: ObjectsPlan): ObjectsState {
  const vaultChanged = vault?.since === "added" || vault?.since === "rewritten";
  if (files.length > 0 || (compared && vaultChanged)) return "changed";
  if (!compared || (readsVault && vault?.since !== "same")) return "unknown";
  return "unchanged";
}

/** Whether there is anything to ask: with nothing new nobody is. */
export function offersObjects(plan: ObjectsPlan | null): plan is ObjectsPlan {
  return plan !== null && stateOfObjects(plan) !== "unchanged";
}

/** sha256 (hex) of what an approval binds: the plan of the branches and, where there is one, that of the objects. */
export function approvalDigest(plan: { digest: string }, objects: ObjectsPlan | null): string {
  if (!objects) return plan.digest;
  const { repository, branch, commit, applied, vault } = objects;
  const bound = [plan.digest, repository, branch, commit, applied?.commit ?? null, vault?.digest ?? null];
  return createHash("sha256").update(JSON.stringify(bound)).digest("hex");
}

const shown = { commits: 5, files: 5 };

/** What came to the branch after the approval, for the person who decides anew. One line. */
export function newObjectsText({ repository, branch, commit, applied, ...plan }: ObjectsPlan): string {
  const from = applied?.commit.slice(0, 7) ?? "an unknown commit";
  const moved = `${branch} of ${repository} is at ${commit.slice(0, 7)}, but ${from} was approved, and only the newest commit can be applied.`;
  if (!plan.compared) return `${moved} What is new cannot be told: GitHub no longer has ${from}.`;
  if (plan.files.length === 0) return `${moved} Nothing in it changes the objects.`;
  const commits = plan.commits.slice(0, shown.commits).map(({ title, author }) => `“${title}” (${author})`);
  const files = plan.files.slice(0, shown.files).map(({ path }) => path);
  const more = (all: number, some: number) => (all > some ? ` and ${all - some} more` : "");
  return (
    `${moved} New: ${commits.join(", ")}${more(plan.commits.length, commits.length)}; ` +
    `files: ${files.join(", ")}${more(plan.files.length, files.length)}. Ask ${list(plan.authors)}.`
  );
}
