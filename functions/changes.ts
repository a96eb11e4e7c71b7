import type { Change } from "./domain/blog-post-kinds.ts";
import { pullRequestOf, titleOf } from "./domain/pull-requests.ts";
import type { GitHubClient } from "./services/github-client.ts";
import { mergedChanges } from "./services/github-merged.ts";

/**
 * The changes of a time in one repository, as posts tell them, oldest first: one request for a hundred commits.
 *
 * @param branch the base of the pull requests.
 * @param period see `mergedChanges`.
 * @throws what GitHub's methods throw.
 */
export async function changesOf(
  client: GitHubClient,
  repository: string,
  branch: string,
  period: Parameters<typeof mergedChanges>[3],
): Promise<Change[]> {
  const changes = await mergedChanges(client, repository, branch, period);
  return changes.map(
    ({ sha, message, date, url, pullRequest }): Change => ({
      repo: repository,
      number: pullRequest?.number ?? null,
      sha,
      title: pullRequest?.title ?? pullRequestOf(message)?.title ?? titleOf(message),
      description: pullRequest?.description ?? null,
      message,
      mergedAt: date,
      author: pullRequest?.author ?? null,
      url,
    }),
  );
}
