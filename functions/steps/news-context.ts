import type { Who } from "../domain/messages.ts";
import type { PostFacts } from "../domain/news-messages.ts";
import { personOf, runFacts } from "../facts.ts";
import { type Config, config } from "../runtime/config.ts";
import { BadConfiguration, NotFound } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { githubClient } from "../services/github.ts";
import { createIssues } from "../services/github-issues.ts";
import { createPulls } from "../services/github-pulls.ts";
import { type News, newsStore, type Post } from "../store/news.ts";
import { type Run, runs } from "../store/runs.ts";

/** The execution of a run's news, which is also what their waits belong to. */
export function newsName(run: string): string {
  return `news-${run}`;
}

/** @throws BadConfiguration when the news were switched off meanwhile. */
export function newsSettings(): NonNullable<Config["news"]> {
  const { news } = config();
  if (!news) throw new BadConfiguration("The setting news is null: no posts are made.");
  return news;
}

/** The site's repository, as `owner/name` and by its short name. */
export function siteRepository(): { repo: string; repository: string } {
  const { post, github } = config();
  return { repo: post.repository, repository: `${github.owner}/${post.repository}` };
}

export const pulls = lazy(async () => createPulls(await githubClient()));
export const issues = lazy(async () => createIssues(await githubClient()));

/** @throws NotFound when the run has no news, which is an error in the state machine. */
export async function newsOf(run: string): Promise<News> {
  const news = await newsStore().get(run);
  if (!news) throw new NotFound(`${run} has no news in the store: StartNews makes them.`);
  return news;
}

/** The post of a run's news, once it is drafted. @throws NotFound before. */
export async function postOf(run: string): Promise<{ news: News; post: DraftedPost }> {
  const news = await newsOf(run);
  const post = news.branch ? await newsStore().post(news.branch) : null;
  if (!post?.pullRequest) throw new NotFound(`The post of ${run} was not drafted: DraftPost does it.`);
  return { news, post: { ...post, pullRequest: post.pullRequest } };
}

export type DraftedPost = Post & { pullRequest: NonNullable<Post["pullRequest"]> };

export async function runOf(id: string): Promise<Run> {
  const run = await runs().get(id);
  if (!run) throw new NotFound(`There is no run ${id} in the store.`);
  return run;
}

/** Whom messages about the post of a run call. */
export async function dutyOf(run: string): Promise<Who | null> {
  const login = (await runs().get(run))?.duty?.login;
  return login ? personOf(login) : null;
}

export function postFacts(run: string, post: DraftedPost): PostFacts {
  return { ...runFacts(run), title: post.title, pullRequest: post.pullRequest };
}
