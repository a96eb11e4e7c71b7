import type { Identity } from "./backend.ts";
import { appUser, nodeId } from "./webhooks.ts";

/** A pull request as it is kept: the emulator's own do not follow pushes, and lose commits when merged. */
export interface PullRecord {
  /** `owner/name`. */
  repository: string;
  number: number;
  title: string;
  body: string;
  branch: string;
  base: string;
  /** Null: Stablehand's own. Else a login. */
  author: string | null;
  state: "open" | "closed";
  /** Where the branch was last. */
  head: string;
  mergeCommit: string | null;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  comments: { id: number; author: string | null; body: string; at: string }[];
  reviews: { id: number; reviewer: string; state: ReviewVerdict; sha: string; at: string }[];
  /** Commit → its check. */
  checks: Record<string, { id: number; conclusion: string | null; at: string }>;
}

export type ReviewVerdict = "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";

export interface PullStore {
  add(
    pull: Pick<PullRecord, "repository" | "title" | "body" | "branch" | "base" | "author" | "head">,
  ): PullRecord;
  /** Changes a pull request, and notes the time. */
  update(pull: PullRecord, change: Partial<PullRecord>): PullRecord;
  get(repository: string, number: number): PullRecord | null;
  /** Newest first. */
  list(repository: string): PullRecord[];
  open(): PullRecord[];
  /** An id that nothing has yet. */
  nextId(): number;
}

/** @param kept those of an earlier life; later states of the same pull request come later. */
export function createPullStore(kept: readonly PullRecord[], keep: (pull: PullRecord) => void): PullStore {
  const keyOf = ({ repository, number }: Pick<PullRecord, "repository" | "number">) =>
    `${repository}#${number}`;
  const pulls = new Map(kept.map((pull) => [keyOf(pull), pull]));
  const put = (pull: PullRecord) => {
    pulls.set(keyOf(pull), pull);
    keep(pull);
    return pull;
  };
  const list = (repository: string) =>
    [...pulls.values()]
      .filter((pull) => pull.repository === repository)
      .sort((left, right) => right.number - left.number);
  return {
    add(pull) {
      const at = new Date().toISOString();
      const times = { createdAt: at, updatedAt: at, closedAt: null };
      const nothing = { mergeCommit: null, comments: [], reviews: [], checks: {} };
      const number = (list(pull.repository)[0]?.number ?? 0) + 1;
      return put({ ...pull, number, state: "open", ...times, ...nothing });
    },
    update: (pull, change) => {
      const present = pulls.get(keyOf(pull)) ?? pull;
      return put({ ...present, ...change, updatedAt: new Date().toISOString() });
    },
    get: (repository, number) => pulls.get(`${repository}#${number}`) ?? null,
    list,
    open: () => [...pulls.values()].filter(({ state }) => state === "open"),
    nextId() {
      const ids = [...pulls.values()].flatMap(({ comments, reviews, checks }) =>
        [...comments, ...reviews, ...Object.values(checks)].map(({ id }) => id),
      );
      return Math.max(firstId, ...ids) + 1;
    },
  };
}

const firstId = 2_000_000_000;

export interface PullFormat {
  publicUrl: string;
  identity: Identity;
  /** Logins of the team, whom GitHub takes for members. */
  members: readonly string[];
}

/** As GitHub's API and webhooks tell it. */
export function formatPull({ publicUrl, identity }: PullFormat, pull: PullRecord): Record<string, unknown> {
  const [owner = "", name = ""] = pull.repository.split("/");
  const repo = { name, full_name: pull.repository, owner: { login: owner } };
  const url = `${publicUrl}/repos/${pull.repository}/pulls/${pull.number}`;
  return {
    id: pull.number,
    node_id: nodeId("PullRequest", pull.number),
    number: pull.number,
    url,
    html_url: `${publicUrl}/${pull.repository}/pull/${pull.number}`,
    state: pull.state,
    title: pull.title,
    body: pull.body,
    draft: false,
    user: pull.author === null ? appUser(identity) : { login: pull.author, type: "User" },
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergeCommit && pull.closedAt,
    merged: pull.mergeCommit !== null,
    merge_commit_sha: pull.mergeCommit,
    head: { ref: pull.branch, sha: pull.head, repo },
    base: { ref: pull.base, repo },
  };
}

export function formatReview(
  { publicUrl, members }: PullFormat,
  pull: PullRecord,
  { id, reviewer, state, sha, at }: PullRecord["reviews"][number],
): Record<string, unknown> {
  return {
    id,
    user: { login: reviewer, type: "User" },
    state,
    commit_id: sha,
    submitted_at: at,
    author_association: members.includes(reviewer) ? "MEMBER" : "NONE",
    html_url: `${publicUrl}/${pull.repository}/pull/${pull.number}#pullrequestreview-${id}`,
  };
}

export function formatComment(
  { identity }: PullFormat,
  { id, author, body, at }: PullRecord["comments"][number],
): Record<string, unknown> {
  const user = author === null ? appUser(identity) : { login: author, type: "User" };
  return { id, user, body, created_at: at, updated_at: at };
}

/** The one check that the site's repository has. */
export const checkName = "build";

export function formatCheckRun(
  sha: string,
  { id, conclusion, at }: PullRecord["checks"][string],
): Record<string, unknown> {
  const status = conclusion === null ? "in_progress" : "completed";
  return { id, head_sha: sha, name: checkName, status, conclusion, started_at: at };
}
