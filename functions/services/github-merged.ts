import { z } from "zod";
import { NotFound, ServiceUnavailable } from "../runtime/errors.ts";
import type { GitHubClient } from "./github-client.ts";

/** A commit of a branch with the pull request that brought it there, as their author describes it. */
export interface MergedChange {
  sha: string;
  /** Of the commit. */
  message: string;
  /** When it was merged, ISO 8601. */
  date: string;
  /** Of the pull request, else of the commit. */
  url: string;
  /** Null: it was pushed without one. */
  pullRequest: {
    number: number;
    title: string;
    /** Markdown. */
    description: string;
    /** Login; null where the account is gone. */
    author: string | null;
  } | null;
}

const pageSize = 100;

/**
 * The branch's own history, not GitHub's search: its index lags behind, while the history ends exactly where the branch
 * (or a commit) does. One request per hundred commits brings the descriptions along.
 */
const history = `query ($owner: String!, $name: String!, $head: String!, $since: GitTimestamp!, $until: GitTimestamp, $after: String) {
  repository(owner: $owner, name: $name) {
    object(expression: $head) {
      ... on Commit {
        history(first: ${pageSize}, since: $since, until: $until, after: $after) {
          pageInfo { hasNextPage endCursor }
          nodes {
            oid
            message
            committedDate
            url
            associatedPullRequests(first: 5) {
              nodes { number title body url mergedAt baseRefName author { login } }
            }
          }
        }
      }
    }
  }
}`;

const answer = z.object({
  repository: z.object({
    object: z
      .object({
        history: z.object({
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
          nodes: z.array(
            z.object({
              oid: z.string(),
              message: z.string(),
              committedDate: z.string(),
              url: z.string(),
              associatedPullRequests: z
                .object({
                  nodes: z.array(
                    z.object({
                      number: z.number(),
                      title: z.string(),
                      body: z.string(),
                      url: z.string(),
                      mergedAt: z.string().nullable(),
                      baseRefName: z.string(),
                      author: z.object({ login: z.string() }).nullable(),
                    }),
                  ),
                })
                .nullable(),
            }),
          ),
        }),
      })
      .nullable(),
  }),
});

type Page = z.infer<typeof answer>;
type HistoryNode = NonNullable<Page["repository"]["object"]>["history"]["nodes"][number];

/**
 * What came into a branch in a time, oldest first, once for each pull request: with the last of the commits it brought.
 *
 * @param branch the base of the pull requests.
 * @param period ISO 8601, both ends included. `head` is the commit up to which it is looked at; left out: the newest.
 * @throws NotFound when there is no such branch or commit, and what GitHub's other methods throw.
 */
export async function mergedChanges(
  client: GitHubClient,
  repo: string,
  branch: string,
  period: { since: string; until?: string; head?: string },
): Promise<MergedChange[]> {
  const { octokit, owner, call } = client;
  const head = period.head ?? branch;
  const what = `the history of ${head} in ${owner}/${repo}`;
  const changes: MergedChange[] = [];
  let after: string | null = null;
  do {
    const variables = { owner, name: repo, head, since: period.since, until: period.until, after };
    const page = answer.safeParse(await call(what, () => octokit.graphql(history, variables)));
    if (!page.success) {
      throw new ServiceUnavailable(`GitHub told ${what} in a shape that we do not know: try again.`);
    }
    const found = page.data.repository.object;
    if (!found) throw new NotFound(`GitHub does not have ${what}: check the name of the branch.`);
    changes.push(...found.history.nodes.map((node) => changeOf(node, branch)));
    after = found.history.pageInfo.hasNextPage ? found.history.pageInfo.endCursor : null;
  } while (after !== null);
  return oncePerPullRequest(changes).reverse();
}

function changeOf({ oid, message, committedDate, url, associatedPullRequests }: HistoryNode, branch: string) {
  const merged = associatedPullRequests?.nodes.find((each) => each.mergedAt && each.baseRefName === branch);
  const change: MergedChange = { sha: oid, message, date: committedDate, url, pullRequest: null };
  if (!merged) return change;
  const { number, title, body, author } = merged;
  change.url = merged.url;
  change.date = merged.mergedAt ?? committedDate;
  change.pullRequest = { number, title, description: body, author: author?.login ?? null };
  return change;
}

/** @param changes newest first. */
function oncePerPullRequest(changes: readonly MergedChange[]): MergedChange[] {
  const seen = new Set<number>();
  return changes.filter(({ pullRequest }) => {
    if (!pullRequest) return true;
    const isNew = !seen.has(pullRequest.number);
    seen.add(pullRequest.number);
    return isNew;
  });
}
