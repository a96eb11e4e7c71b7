import { z } from "zod";
import type { Backend } from "./backend.ts";
import type { Pulls } from "./pulls.ts";
import { Refusal } from "./refs.ts";

/** GraphQL's history of a commit, with the pull requests that its commits came in by. */

const variables = z.object({
  owner: z.string(),
  name: z.string(),
  head: z.string(),
  since: z.iso.datetime({ offset: true }),
  until: z.iso.datetime({ offset: true }).nullish(),
  after: z.string().nullish(),
});

const pageSize = 100;

export function isHistoryQuery(query: string): boolean {
  return /\bhistory\s*\(/.test(query) && /\bassociatedPullRequests\b/.test(query);
}

export function answerHistory(
  values: unknown,
  {
    backend,
    pulls,
    mainBranch,
    publicUrl,
  }: { backend: Backend; pulls: Pulls; mainBranch: string; publicUrl: string },
) {
  const { owner, name, head, since, until, after } = variables.parse(values);
  const repository = `${owner}/${name}`;
  const { mirror } = backend;
  if (mirror.refs(repository).size === 0) {
    throw new Refusal("NOT_FOUND", `Could not resolve to a Repository with the name '${repository}'.`);
  }
  const sha = mirror.refs(repository).get(`refs/heads/${head}`) ?? head;
  if (!mirror.commit(repository, sha)) return { repository: { object: null } };
  const within = mirror
    .between(repository, "", sha)
    .filter(({ author }) => Date.parse(author.date) >= Date.parse(since))
    .filter(({ author }) => !until || Date.parse(author.date) <= Date.parse(until))
    .sort((left, right) => Date.parse(right.author.date) - Date.parse(left.author.date));
  const from = after ? Number(after) : 0;
  const nodes = within.slice(from, from + pageSize).map((commit) => ({
    oid: commit.sha,
    message: commit.message,
    committedDate: commit.author.date,
    url: `${publicUrl}/${repository}/commit/${commit.sha}`,
    associatedPullRequests: {
      nodes: pulls.ofCommit(repository, commit.sha, mainBranch).map((pull) => ({
        number: pull.number,
        title: pull.title,
        body: pull.body,
        url: pull.html_url,
        mergedAt: pull.merged_at,
        baseRefName: mainBranch,
        author: pull.user,
      })),
    },
  }));
  const hasNextPage = within.length > from + pageSize;
  const pageInfo = { hasNextPage, endCursor: hasNextPage ? String(from + pageSize) : null };
  return { repository: { object: { history: { pageInfo, nodes } } } };
}
