import type { GitHubClient } from "./github-client.ts";

/** A pull request on which a deployed service tests itself, with what its app reported on the newest commit. */
export interface TestedPull {
  number: number;
  title: string;
  url: string;
  /** The newest run of each check of that app. */
  checks: {
    name: string;
    /** `queued`, `in_progress`, `completed`, … */
    status: string;
    /** `success`, `failure`, `neutral`, …; null until it is completed. */
    conclusion: string | null;
    /** When it ended, or began while it runs, ISO 8601; null: not yet. */
    at: string | null;
    url: string;
  }[];
}

export interface TestedPullsSearch {
  /** `owner/repository` */
  repository: string;
  titlePrefix: string;
  /** Slug of the app, with or without its `[bot]`. */
  app: string;
}

/** So many of them, those first that changed last: each takes a request. */
const mostPulls = 20;

export async function testedPulls(
  { octokit, call }: GitHubClient,
  { repository, titlePrefix, app }: TestedPullsSearch,
): Promise<TestedPull[]> {
  const [owner = "", repo = ""] = repository.split("/");
  const slug = app.replace(/\[bot\]$/, "");
  const { data: pulls } = await call(`the pull requests of ${repository}`, () =>
    octokit.rest.pulls.list({ owner, repo, state: "all", sort: "updated", direction: "desc", per_page: 100 }),
  );
  const ours = pulls.filter((each) => each.title.startsWith(titlePrefix)).slice(0, mostPulls);
  return await Promise.all(
    ours.map(async ({ number, title, html_url: url, head }): Promise<TestedPull> => {
      const runs = await call(`the checks of ${repository}#${number}`, () =>
        octokit.paginate(octokit.rest.checks.listForRef, {
          owner,
          repo,
          ref: head.sha,
          filter: "latest",
          per_page: 100,
        }),
      );
      const checks = runs
        .filter((each) => each.app?.slug === slug)
        .map((each) => ({
          name: each.name,
          status: each.status,
          conclusion: each.conclusion,
          at: each.completed_at ?? each.started_at,
          url: each.html_url ?? url,
        }));
      return { number, title, url, checks };
    }),
  );
}
