import type { GitHubClient } from "./github-client.ts";

/** What is said below issues; a pull request is an issue too. `repository` is `owner/name`. */
export interface Issues {
  /**
   * Keeps one comment below an issue as `text`: it is found by a mark that nobody sees, and changed only where it reads
   * otherwise. Twice at the same moment may make two; the older one is kept up to date from then on.
   */
  keepComment(repository: string, number: number, comment: { key: string; text: string }): Promise<void>;
}

/** All methods throw ServiceUnavailable, RateLimited, PermissionDenied, NotFound or RequestRefused. */
export function createIssues({ octokit, call }: GitHubClient): Issues {
  return {
    async keepComment(repository, number, { key, text }) {
      const mark = `<!-- stablehand: ${key.replaceAll("--", "-\u200B-")} -->`;
      const body = `${text.trimEnd()}\n\n${mark}`;
      await call(`the comments of issue ${number} of ${repository}`, async () => {
        const place = { ...parts(repository), issue_number: number };
        const all = await octokit.paginate(octokit.rest.issues.listComments, { ...place, per_page: 100 });
        const kept = all.find((each) => each.body?.includes(mark));
        if (!kept) await octokit.rest.issues.createComment({ ...place, body });
        else if (kept.body?.trimEnd() !== body) {
          await octokit.rest.issues.updateComment({ ...parts(repository), comment_id: kept.id, body });
        }
      });
    },
  };
}

function parts(repository: string): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}
