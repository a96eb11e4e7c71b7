import { NotFastForward, NotFound, RequestRefused } from "../runtime/errors.ts";
import type { GitHubClient } from "./github-client.ts";
import { isHttpError } from "./github-errors.ts";
import { branchHead, short } from "./github-refs.ts";

/** A git submodule is an entry of the tree with mode 160000 whose sha is a commit of the other repository. */
const submoduleMode = "160000";

export interface Submodule {
  path: string;
  sha: string;
}

export interface SubmoduleCommit {
  /** Head of the branch as `submodules` told it. */
  parent: string;
  /** Its tree. */
  baseTree: string;
  /** Those to point elsewhere; the others stay. */
  modules: Submodule[];
  message: string;
}

/** See `GitHub.submodules`. */
export async function submodules(
  client: GitHubClient,
  repo: string,
  branch: string,
): Promise<{ commit: string; tree: string; modules: Submodule[] }> {
  const { octokit, owner, call } = client;
  const what = `branch ${branch} of ${owner}/${repo}`;
  const head = await branchHead(client, repo, branch);
  if (head === null) {
    throw new NotFound(`GitHub does not have ${what}: check the name, and that the App may see it.`);
  }
  return await call(what, async () => {
    const { data: commit } = await octokit.rest.git.getCommit({ owner, repo, commit_sha: head });
    const tree_sha = commit.tree.sha;
    const { data: tree } = await octokit.rest.git.getTree({ owner, repo, tree_sha, recursive: "true" });
    if (tree.truncated) {
      throw new RequestRefused(
        `GitHub lists only a part of the tree of ${what}: it is too big to pin by itself.`,
      );
    }
    const modules = tree.tree.filter((entry) => entry.mode === submoduleMode);
    return {
      commit: head,
      tree: tree_sha,
      modules: modules.map(({ path, sha }) => ({ path: path ?? "", sha: sha ?? "" })),
    };
  });
}

/** See `GitHub.commitSubmodules`. */
export async function commitSubmodules(
  client: GitHubClient,
  repo: string,
  branch: string,
  { parent, baseTree, modules, message }: SubmoduleCommit,
): Promise<string> {
  const { octokit, owner, call } = client;
  return await call(`branch ${branch} of ${owner}/${repo}`, async () => {
    const { data: tree } = await octokit.rest.git.createTree({
      owner,
      repo,
      base_tree: baseTree,
      tree: modules.map(({ path, sha }) => ({ path, sha, mode: submoduleMode, type: "commit" })),
    });
    if (tree.sha === baseTree) return parent;
    const { data: commit } = await octokit.rest.git.createCommit({
      owner,
      repo,
      message,
      tree: tree.sha,
      parents: [parent],
    });
    try {
      await octokit.rest.git.updateRef({
        owner,
        repo,
        ref: `heads/${branch}`,
        sha: commit.sha,
        force: false,
      });
    } catch (thrown) {
      if (!isHttpError(thrown, 422)) throw thrown;
      const head = await branchHead(client, repo, branch);
      if (head === parent) throw thrown;
      throw new NotFastForward(
        `${owner}/${repo}: ${branch} moved from ${short(parent)} to ${head ? short(head) : "nothing"} meanwhile: read ` +
          "it again and commit on top.",
        { cause: thrown },
      );
    }
    return commit.sha;
  });
}
