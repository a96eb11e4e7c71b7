import type { GitHubClient } from "./github-client.ts";

export interface GitCommit {
  sha: string;
  message: string;
  /** Null where the commit's address belongs to no account. */
  authorLogin: string | null;
  authorName: string;
  /** When it was committed, ISO 8601. */
  date: string;
  parents: string[];
}

export interface ChangedFile {
  path: string;
  /** `added`, `modified`, `removed`, `renamed`, … */
  status: string;
  /** With `renamed`: where it was. */
  previousPath?: string;
  /** Absent for binary and very large changes, for a file that was only renamed, and where GitHub cut its list of files. */
  patch?: string;
}

export interface Comparison {
  status: "diverged" | "ahead" | "behind" | "identical";
  aheadBy: number;
  behindBy: number;
  mergeBase: string;
  /** Those that head has and base lacks, newest first: all of them. */
  commits: GitCommit[];
  /** Changes from the merge base to head: all of them. */
  files: ChangedFile[];
}

interface ApiCommit {
  sha: string;
  commit: {
    message: string;
    author: { name?: string; date?: string } | null;
    committer: { date?: string } | null;
  };
  author: object | null;
  parents: { sha: string }[];
}

const pageSize = 100;
/** GitHub lists no more files of a comparison. */
const filesListed = 300;

/** See `GitHub.compare`. */
export async function compare(
  client: GitHubClient,
  repo: string,
  base: string,
  head: string,
): Promise<Comparison> {
  const { octokit, owner, call } = client;
  const basehead = `${base}...${head}`;
  return await call(`the comparison ${basehead} in ${owner}/${repo}`, async () => {
    const page = (number: number) =>
      octokit.rest.repos.compareCommitsWithBasehead({
        owner,
        repo,
        basehead,
        per_page: pageSize,
        page: number,
      });
    const { data: first } = await page(1);
    const commits = first.commits.map(gitCommit);
    for (let number = 2; commits.length < first.total_commits; number++) {
      const { data: next } = await page(number);
      if (next.commits.length === 0) break;
      commits.push(...next.commits.map(gitCommit));
    }
    const listed = (first.files ?? []).map(
      ({ filename, status, patch, previous_filename: previousPath }) => ({
        path: filename,
        status,
        ...(previousPath === undefined ? {} : { previousPath }),
        ...(patch === undefined ? {} : { patch }),
      }),
    );
    const mergeBase = first.merge_base_commit.sha;
    return {
      status: first.status,
      aheadBy: first.ahead_by,
      behindBy: first.behind_by,
      mergeBase,
      commits: commits.reverse(),
      files:
        listed.length < filesListed
          ? listed
          : await allFiles(client, repo, mergeBase, head, new Map(listed.map((file) => [file.path, file]))),
    };
  });
}

/** Compares the two trees, for changes with more files than a comparison lists; a rename shows as removed and added. */
async function allFiles(
  { octokit, owner }: GitHubClient,
  repo: string,
  base: string,
  head: string,
  listed: Map<string, ChangedFile>,
): Promise<ChangedFile[]> {
  const read = async (commit: string) => {
    const { data } = await octokit.rest.git.getTree({ owner, repo, tree_sha: commit, recursive: "true" });
    const entries = data.tree.filter((entry) => entry.type !== "tree");
    return new Map(entries.map((entry) => [entry.path ?? "", `${entry.mode} ${entry.sha}`]));
  };
  const [before, after] = await Promise.all([read(base), read(head)]);
  const files: ChangedFile[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now) continue;
    const status = old === undefined ? "added" : now === undefined ? "removed" : "modified";
    files.push(listed.get(path) ?? { path, status });
  }
  return files;
}

/** See `GitHub.commitFiles`. */
export async function commitFiles(
  { octokit, owner, call }: GitHubClient,
  repo: string,
  sha: string,
): Promise<{ path: string; patch?: string }[]> {
  return await call(`commit ${sha} of ${owner}/${repo}`, async () => {
    const files: { filename: string; patch?: string }[] = [];
    for (let page = 1; ; page++) {
      const { data } = await octokit.rest.repos.getCommit({
        owner,
        repo,
        ref: sha,
        per_page: pageSize,
        page,
      });
      files.push(...(data.files ?? []));
      if ((data.files ?? []).length < pageSize) break;
    }
    return files.map(({ filename, patch }) => ({
      path: filename,
      ...(patch === undefined ? {} : { patch }),
    }));
  });
}

function gitCommit({ sha, commit, author, parents }: ApiCommit): GitCommit {
  const login = author && "login" in author && typeof author.login === "string" ? author.login : null;
  return {
    sha,
    message: commit.message,
    authorLogin: login,
    authorName: commit.author?.name ?? login ?? "unknown",
    date: commit.committer?.date ?? commit.author?.date ?? "",
    parents: parents.map((parent) => parent.sha),
  };
}
