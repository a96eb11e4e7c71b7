import { titleOf } from "../seed.ts";
import type { Mirror, MirroredCommit } from "./mirror.ts";
import { nodeId } from "./webhooks.ts";

/**
 * The pull requests behind the seeded commits, made up from their messages: `… (#12)` and `Merge pull request #12 …`.
 * Nothing else of them is known, so the message's body is their description too.
 */
export interface Pulls {
  /** Those that a commit came in by: its own, or that of the merge which brought it. */
  ofCommit(repository: string, sha: string, branch: string): Record<string, unknown>[];
  byNumber(repository: string, number: number, branch: string): Record<string, unknown> | null;
}

export function createPulls(mirror: Mirror, publicUrl: string): Pulls {
  const history = (repository: string, branch: string) => {
    const head = mirror.refs(repository).get(`refs/heads/${branch}`);
    return head ? mirror.between(repository, "", head) : [];
  };

  function merged(repository: string, branch: string): { number: number; commit: MirroredCommit }[] {
    return history(repository, branch).flatMap((commit) => {
      const number = numberOf(commit.message);
      return number === null ? [] : [{ number, commit }];
    });
  }

  function format(repository: string, branch: string, number: number, commit: MirroredCommit) {
    const [title, body] = describe(commit.message);
    const url = `${publicUrl}/repos/${repository}/pulls/${number}`;
    const hasNotes = /RELEASE NOTES BEGIN/.test(commit.message);
    return {
      id: number,
      node_id: nodeId("PullRequest", number),
      number,
      url,
      html_url: `${publicUrl}/${repository}/pull/${number}`,
      state: "closed",
      title,
      body,
      user: { login: commit.author.name, type: "User" },
      labels: [{ name: hasNotes ? "has-release-notes" : "no-release-notes" }],
      created_at: commit.author.date,
      updated_at: commit.author.date,
      closed_at: commit.author.date,
      merged_at: commit.author.date,
      merge_commit_sha: commit.sha,
      draft: false,
      base: { ref: branch, sha: commit.parents[0] },
      head: { ref: `pull-${number}`, sha: commit.parents[1] ?? commit.sha },
    };
  }

  return {
    ofCommit(repository, sha, branch) {
      return merged(repository, branch)
        .filter(({ commit }) => commit.sha === sha || broughtBy(mirror, repository, commit, sha))
        .map(({ number, commit }) => format(repository, branch, number, commit));
    },
    byNumber(repository, number, branch) {
      const found = merged(repository, branch).find((each) => each.number === number);
      return found ? format(repository, branch, number, found.commit) : null;
    },
  };
}

function numberOf(message: string): number | null {
  const title = titleOf(message);
  const found = /^Merge pull request #(\d+) /.exec(title) ?? /\(#(\d+)\)$/.exec(title);
  return found ? Number(found[1]) : null;
}

function describe(message: string): [title: string, body: string] {
  const body = message.split(/\r?\n/).slice(1).join("\n").trim();
  const title = titleOf(message);
  if (!title.startsWith("Merge pull request #")) return [title.replace(/\s*\(#\d+\)$/, ""), body];
  const [own = title, ...rest] = body.split("\n");
  return [own, rest.join("\n").trim()];
}

function broughtBy(mirror: Mirror, repository: string, merge: MirroredCommit, sha: string): boolean {
  const [first, second] = merge.parents;
  if (!first || !second) return false;
  return mirror.isAncestor(repository, sha, second) && !mirror.isAncestor(repository, sha, first);
}
