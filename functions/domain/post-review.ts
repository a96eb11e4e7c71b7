import { list } from "./words.ts";

/** When a post may be published: its pull request as GitHub tells it, and what that comes to. */

export interface PostUnderReview {
  state: "open" | "closed";
  merged: boolean;
  draft: boolean;
  /** Where its branch is. */
  head: string;
  reviews: readonly {
    reviewer: string | null;
    association: string;
    state: "approved" | "changes requested" | "dismissed" | "other";
    sha: string;
  }[];
  /** Of the head. */
  checks: readonly { name: string; state: "pending" | "passed" | "failed" }[];
  /** Logins of the team. */
  team: readonly string[];
  /** Addresses of changes that the text still tells, although they are not in production. */
  notInProduction: readonly string[];
}

export type ReviewState =
  /** May be merged as it is at `head`. */
  | { is: "approved"; head: string }
  /** `for` says in words what is missing. */
  | { is: "waiting"; for: string }
  /** Somebody merged it. */
  | { is: "merged" }
  /** Somebody closed it. */
  | { is: "closed" };

const trusted = ["OWNER", "MEMBER", "COLLABORATOR"];

/**
 * Approved by somebody of the team, as it is now: an approval of an earlier commit does not count, nor does a
 * stranger's. Of each reviewer the last review that says yes or no is the one that stands.
 */
export function reviewState(post: PostUnderReview): ReviewState {
  if (post.merged) return { is: "merged" };
  if (post.state === "closed") return { is: "closed" };
  const missing = [...missingReview(post), ...missingChecks(post)];
  if (post.draft) missing.push("the end of its draft state");
  if (post.notInProduction.length > 0) {
    missing.push(`the removal of what is not in production (${post.notInProduction.slice(0, 5).join(", ")})`);
  }
  return missing.length === 0 ? { is: "approved", head: post.head } : { is: "waiting", for: list(missing) };
}

function missingReview({ reviews, team, head }: PostUnderReview): string[] {
  const logins = new Set(team.map((login) => login.toLowerCase()));
  const standing = new Map<string, PostUnderReview["reviews"][number]>();
  for (const review of reviews) {
    const login = review.reviewer?.toLowerCase();
    if (!login || review.state === "other") continue;
    if (logins.has(login) || trusted.includes(review.association)) standing.set(login, review);
  }
  const all = [...standing.values()];
  const against = all.filter(({ state }) => state === "changes requested");
  if (against.length > 0) {
    return [`the changes that ${list(against.map(({ reviewer }) => reviewer ?? ""))} asked for`];
  }
  const approvals = all.filter(({ state }) => state === "approved");
  if (approvals.some(({ sha }) => sha === head)) return [];
  return [approvals.length > 0 ? "an approval of its newest commit" : "an approval"];
}

function missingChecks({ checks }: PostUnderReview): string[] {
  const of = (state: "pending" | "failed") =>
    checks.filter((check) => check.state === state).map(({ name }) => name);
  const failed = of("failed");
  if (failed.length > 0) return [`the repair of its failed checks (${failed.slice(0, 5).join(", ")})`];
  const pending = of("pending");
  return pending.length > 0 ? [`its checks (${pending.slice(0, 5).join(", ")})`] : [];
}
