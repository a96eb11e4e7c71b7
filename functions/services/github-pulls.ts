import { RequestRefused, ServiceUnavailable } from "../runtime/errors.ts";
import type { GitHubClient } from "./github-client.ts";
import { isHttpError, wordsOf } from "./github-errors.ts";
import { branchHead } from "./github-refs.ts";

/** Pull requests of the organisation's repositories: what holds a post until it is merged. */

export interface PullRequest {
  number: number;
  url: string;
  state: "open" | "closed";
  merged: boolean;
  draft: boolean;
  title: string;
  /** Markdown. */
  description: string;
  /** Where its branch is now. */
  head: string;
}

export interface Review {
  /** Login; null where the account is gone. */
  reviewer: string | null;
  /** How GitHub sees the reviewer: `MEMBER`, `COLLABORATOR`, `NONE`, … */
  association: string;
  state: "approved" | "changes requested" | "dismissed" | "other";
  /** The head that was reviewed. */
  sha: string;
  /** ISO 8601. */
  at: string;
}

/** One check of a commit: a check run, or a commit status. */
export interface Check {
  name: string;
  state: "pending" | "passed" | "failed";
}

export interface TextFile {
  content: string;
  /** Of the blob: what a change of the file names as its predecessor. */
  sha: string;
}

export interface FileChange {
  branch: string;
  path: string;
  content: string;
  message: string;
  /** The blob that it replaces; null: there is no such file. */
  replaces: string | null;
}

interface ApiPull {
  number: number;
  html_url: string;
  state: string;
  merged_at: string | null;
  draft?: boolean;
  title: string;
  body: string | null;
  head: { sha: string };
}

function toPull(pull: ApiPull): PullRequest {
  return {
    number: pull.number,
    url: pull.html_url,
    state: pull.state === "open" ? "open" : "closed",
    merged: pull.merged_at !== null,
    draft: pull.draft ?? false,
    title: pull.title,
    description: pull.body ?? "",
    head: pull.head.sha,
  };
}

/** All methods throw ServiceUnavailable, RateLimited, PermissionDenied, NotFound or RequestRefused. */
export interface Pulls {
  branchHead(repo: string, branch: string): Promise<string | null>;
  /** Makes a branch; fine when there is one already, wherever it is. */
  makeBranch(repo: string, branch: string, sha: string): Promise<void>;
  deleteBranch(repo: string, branch: string): Promise<void>;
  /** Null: there is no such file. */
  file(repo: string, path: string, ref: string): Promise<TextFile | null>;
  /**
   * Commits a file to a branch, on top of what is there. @returns the commit.
   * @throws ServiceUnavailable when somebody else changed the branch at the same moment: read the file again.
   */
  commitFile(repo: string, change: FileChange): Promise<string>;
  /** The newest pull request of a branch of this repository, whatever its state. */
  pullOf(repo: string, branch: string): Promise<PullRequest | null>;
  pull(repo: string, number: number): Promise<PullRequest | null>;
  openPull(
    repo: string,
    pull: { branch: string; base: string; title: string; description: string },
  ): Promise<PullRequest>;
  /** Attributes that are left out stay. */
  changePull(
    repo: string,
    number: number,
    change: { state?: "closed"; title?: string; description?: string },
  ): Promise<void>;
  /** Oldest first. */
  reviews(repo: string, number: number): Promise<Review[]>;
  checks(repo: string, sha: string): Promise<Check[]>;
  /**
   * Merges a pull request if its head is still `sha`. `moved`: it is not, so look again. `refused`: GitHub's words.
   */
  merge(
    repo: string,
    number: number,
    merge: { sha: string; method: "merge" | "squash" | "rebase"; title: string },
  ): Promise<{ merged: true } | { merged: false; moved: boolean; words: string }>;
}

/** All methods throw ServiceUnavailable, RateLimited, PermissionDenied, NotFound or RequestRefused. */
export function createPulls(client: GitHubClient): Pulls {
  const { octokit, owner, call, callOrNull } = client;
  const pullUrl = (repo: string, number: number) => `pull request ${number} of ${owner}/${repo}`;
  return {
    branchHead: (repo, branch) => branchHead(client, repo, branch),

    async makeBranch(repo, branch, sha) {
      await call(`branch ${branch} of ${owner}/${repo}`, async () => {
        try {
          await octokit.rest.git.createRef({ owner, repo, ref: `refs/heads/${branch}`, sha });
        } catch (thrown) {
          if (!isHttpError(thrown, 422) || (await branchHead(client, repo, branch)) === null) throw thrown;
        }
      });
    },

    async deleteBranch(repo, branch) {
      await call(`branch ${branch} of ${owner}/${repo}`, async () => {
        try {
          await octokit.rest.git.deleteRef({ owner, repo, ref: `heads/${branch}` });
        } catch (thrown) {
          // It is gone already: GitHub may delete merged branches by itself.
          if (!isHttpError(thrown, 422) && !isHttpError(thrown, 404)) throw thrown;
        }
      });
    },

    async file(repo, path, ref) {
      const what = `${path} on ${ref} of ${owner}/${repo}`;
      const answer = await callOrNull(what, () => octokit.rest.repos.getContent({ owner, repo, path, ref }));
      if (!answer) return null;
      const { data } = answer;
      if (Array.isArray(data) || data.type !== "file" || !("content" in data)) {
        throw new RequestRefused(`${what} is no file that GitHub shows.`);
      }
      return { content: Buffer.from(data.content, "base64").toString("utf8"), sha: data.sha };
    },

    async commitFile(repo, { branch, path, content, message, replaces }) {
      const what = `${path} on ${branch} of ${owner}/${repo}`;
      const { data } = await call(what, async () => {
        try {
          return await octokit.rest.repos.createOrUpdateFileContents({
            owner,
            repo,
            path,
            branch,
            message,
            content: Buffer.from(content, "utf8").toString("base64"),
            ...(replaces ? { sha: replaces } : {}),
          });
        } catch (thrown) {
          if (!isHttpError(thrown, 409)) throw thrown;
          throw new ServiceUnavailable(`Somebody changed ${what} meanwhile: try again.`, { cause: thrown });
        }
      });
      if (!data.commit.sha) throw new RequestRefused(`GitHub did not tell the commit of ${path}.`);
      return data.commit.sha;
    },

    async pullOf(repo, branch) {
      const { data } = await call(`the pull requests of ${owner}/${repo}`, () =>
        octokit.rest.pulls.list({ owner, repo, head: `${owner}:${branch}`, state: "all", per_page: 10 }),
      );
      const [newest] = data.toSorted((one, other) => other.number - one.number);
      return newest ? toPull(newest) : null;
    },

    async pull(repo, number) {
      const answer = await callOrNull(pullUrl(repo, number), () =>
        octokit.rest.pulls.get({ owner, repo, pull_number: number }),
      );
      return answer && toPull(answer.data);
    },

    async openPull(repo, { branch, base, title, description }) {
      const { data } = await call(`a pull request for ${branch} of ${owner}/${repo}`, () =>
        octokit.rest.pulls.create({ owner, repo, head: branch, base, title, body: description }),
      );
      return toPull(data);
    },

    async changePull(repo, number, { description, ...change }) {
      await call(pullUrl(repo, number), () =>
        octokit.rest.pulls.update({
          owner,
          repo,
          pull_number: number,
          ...change,
          ...(description === undefined ? {} : { body: description }),
        }),
      );
    },

    reviews: (repo, number) => reviews(client, repo, number),
    checks: (repo, sha) => checks(client, repo, sha),

    async merge(repo, number, { sha, method, title }) {
      return await call(pullUrl(repo, number), async () => {
        try {
          await octokit.rest.pulls.merge({
            owner,
            repo,
            pull_number: number,
            sha,
            merge_method: method,
            ...(method === "rebase" ? {} : { commit_title: title }),
          });
          return { merged: true };
        } catch (thrown) {
          // 409: the head is another one. 405: GitHub will not merge it, now or at all.
          const moved = isHttpError(thrown, 409);
          if (!moved && !isHttpError(thrown, 405)) throw thrown;
          return { merged: false, moved, words: wordsOf(thrown) };
        }
      });
    },
  };
}

const reviewStates: Record<string, Review["state"]> = {
  APPROVED: "approved",
  CHANGES_REQUESTED: "changes requested",
  DISMISSED: "dismissed",
};

async function reviews({ octokit, owner, call }: GitHubClient, repo: string, number: number) {
  const all = await call(`the reviews of pull request ${number} of ${owner}/${repo}`, () =>
    octokit.paginate(octokit.rest.pulls.listReviews, { owner, repo, pull_number: number, per_page: 100 }),
  );
  return all.map(
    (each): Review => ({
      reviewer: each.user?.login ?? null,
      association: each.author_association ?? "NONE",
      state: reviewStates[each.state] ?? "other",
      sha: each.commit_id ?? "",
      at: each.submitted_at ?? "",
    }),
  );
}

const passed = ["success", "neutral", "skipped"];

async function checks({ octokit, owner, call }: GitHubClient, repo: string, sha: string): Promise<Check[]> {
  const what = `the checks of ${sha.slice(0, 7)} in ${owner}/${repo}`;
  const runs = await call(what, () =>
    octokit.paginate(octokit.rest.checks.listForRef, { owner, repo, ref: sha, per_page: 100 }),
  );
  const { data: combined } = await call(what, () =>
    octokit.rest.repos.getCombinedStatusForRef({ owner, repo, ref: sha, per_page: 100 }),
  );
  return [
    ...runs.map(({ name, status, conclusion }): Check => {
      if (status !== "completed") return { name, state: "pending" };
      return { name, state: passed.includes(conclusion ?? "") ? "passed" : "failed" };
    }),
    ...combined.statuses.map(({ context, state }): Check => {
      if (state === "pending") return { name: context, state };
      return { name: context, state: state === "success" ? "passed" : "failed" };
    }),
  ];
}
