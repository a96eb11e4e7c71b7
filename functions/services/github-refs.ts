import { NotFastForward, PermissionDenied, RequestRefused, StableMoved } from "../runtime/errors.ts";
import type { GitHubClient } from "./github-client.ts";
import { isGraphqlRefusal, isHttpError, mapGitHubError, wordsOf } from "./github-errors.ts";

/** Reading and moving refs. REST has no compare-and-swap; GraphQL's `updateRefs` has (`beforeOid`). */

export interface BranchMove {
  branch: string;
  /** Where the branch must be now. */
  from: string;
  to: string;
  /** Allows a move that is no fast-forward. */
  force: boolean;
}

export function branchHead(client: GitHubClient, repo: string, branch: string): Promise<string | null> {
  return readRef(client, repo, `heads/${branch}`);
}

async function readRef({ octokit, owner, callOrNull }: GitHubClient, repo: string, ref: string) {
  const answer = await callOrNull(`${ref} of ${owner}/${repo}`, () =>
    octokit.rest.git.getRef({ owner, repo, ref }),
  );
  return answer?.data.object.sha ?? null;
}

const repositoryId = `query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }`;
const updateRefs = `mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }`;

/** See `GitHub.moveBranch`. */
export async function moveBranch(client: GitHubClient, repo: string, move: BranchMove): Promise<void> {
  const { octokit, owner, call } = client;
  const what = `branch ${move.branch} of ${owner}/${repo}`;
  if (await isThere(client, repo, move)) return;
  const { repository } = await call(what, () =>
    octokit.graphql<{ repository: { id: string } }>(repositoryId, { owner, name: repo }),
  );
  const refUpdates = [
    { name: `refs/heads/${move.branch}`, beforeOid: move.from, afterOid: move.to, force: move.force },
  ];
  try {
    await octokit.graphql(updateRefs, { input: { repositoryId: repository.id, refUpdates } });
  } catch (thrown) {
    if (!isGraphqlRefusal(thrown) && !isHttpError(thrown, 403)) throw mapGitHubError(thrown, what);
    // Why it was refused stands only in words, so look at what is; words decide only where nothing else can.
    if (await isThere(client, repo, move)) return;
    throw await refusal(client, repo, move, thrown);
  }
}

/** @throws StableMoved when the branch is neither where it was nor where it is to go. */
async function isThere(
  client: GitHubClient,
  repo: string,
  { branch, from, to }: BranchMove,
): Promise<boolean> {
  const head = await branchHead(client, repo, branch);
  if (head === to) return true;
  if (head === from) return false;
  const now = head ? `at ${short(head)}` : "gone";
  throw new StableMoved(
    `${client.owner}/${repo}: ${branch} is ${now}, neither at ${short(from)} nor at ${short(to)}: ` +
      "somebody moved it after the approval. Plan again.",
  );
}

async function refusal(client: GitHubClient, repo: string, move: BranchMove, thrown: Error): Promise<Error> {
  const { branch, from, to, force } = move;
  const name = `${client.owner}/${repo}`;
  const words = wordsOf(thrown);
  const told = words ? ` (GitHub: ${words})` : "";
  if (/workflows?[`'"]? permission/i.test(words)) {
    return new PermissionDenied(
      `${name}: the commits up to ${short(to)} change workflow files, so the App needs the permission ` +
        `"workflows: write" to move ${branch}${told}.`,
      { cause: thrown },
    );
  }
  if (/rule|protect/i.test(words)) {
    return new PermissionDenied(
      `${name}: a rule of the repository refuses the move of ${branch}: put the App into the bypass list of the ` +
        `ruleset, or move it by hand${told}.`,
      { cause: thrown },
    );
  }
  const mapped = mapGitHubError(thrown, `branch ${branch} of ${name}`);
  if (!(mapped instanceof RequestRefused)) return mapped;
  if (!force && !(await isAncestor(client, repo, from, to))) {
    return new NotFastForward(
      `${name}: ${short(to)} does not contain ${short(from)}, where ${branch} is, and forcing was not approved: ` +
        "approve it, or leave the repository out.",
      { cause: thrown },
    );
  }
  return new RequestRefused(`${name}: GitHub refuses to move ${branch} to ${short(to)}${told}.`, {
    cause: thrown,
  });
}

async function isAncestor(
  client: GitHubClient,
  repo: string,
  ancestor: string,
  of: string,
): Promise<boolean> {
  const { octokit, owner, call } = client;
  const { data } = await call(`commits of ${owner}/${repo}`, () =>
    octokit.rest.repos.compareCommitsWithBasehead({
      owner,
      repo,
      basehead: `${ancestor}...${of}`,
      per_page: 1,
    }),
  );
  return data.behind_by === 0;
}

/** See `GitHub.keepRef`. */
export async function keepRef(client: GitHubClient, repo: string, ref: string, sha: string): Promise<void> {
  const { octokit, owner, call } = client;
  await call(`${ref} of ${owner}/${repo}`, async () => {
    try {
      await octokit.rest.git.createRef({ owner, repo, ref, sha });
    } catch (thrown) {
      if (!isHttpError(thrown, 422)) throw thrown;
      const kept = await readRef(client, repo, ref.replace(/^refs\//, ""));
      if (kept === null) throw thrown;
      if (kept === sha) return;
      throw new RequestRefused(
        `${owner}/${repo}: ${ref} exists already and holds ${short(kept)}, not ${short(sha)}: delete it, or find out ` +
          "who made it.",
        { cause: thrown },
      );
    }
  });
}

export function short(sha: string): string {
  return sha.slice(0, 7);
}
