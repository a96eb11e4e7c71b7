import { publishedMessage } from "../domain/news-messages.ts";
import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { BadInput, DeadlinePassed } from "../runtime/errors.ts";
import { runInput, step } from "../runtime/step.ts";
import { showsPage } from "../services/site.ts";
import { slack } from "../services/slack.ts";
import { newsStore } from "../store/news.ts";
import { newsSettings, postFacts, postOf, pulls, siteRepository } from "./news-context.ts";
import { notePublishedPost } from "./published-post.ts";
import { tellRole } from "./role-issue.ts";
import { minutesAfter, now } from "./run-context.ts";

/**
 * Looks whether the site shows the post, and tells the channel when it does. The site sends nothing, so the state
 * machine comes again.
 * @throws DeadlinePassed when it does not after `news.siteMinutes`.
 */
export const handler = step("await-site", runInput, async ({ run }) => {
  const { news, post } = await postOf(run);
  const { postUrl, mergedAt } = news;
  if (!postUrl || !mergedAt) throw new BadInput(`The post of ${run} was not merged: PublishPost does it.`);
  if (!(await showsPage(postUrl))) {
    const { siteMinutes } = newsSettings();
    if (now() > minutesAfter(mergedAt, siteMinutes)) {
      throw new DeadlinePassed(
        `${postUrl} is not there ${durationOf(siteMinutes)} after the post was merged: look at the deployment of the site.`,
      );
    }
    return { shown: false };
  }
  // What was merged, with the edits of its reviewers, is what toots are made of.
  const merged = await (await pulls()).file(siteRepository().repo, post.path, newsSettings().baseBranch);
  if (merged) await notePublishedPost(run, { title: post.title, url: postUrl, content: merged.content });
  const message = publishedMessage({ ...postFacts(run, post), postUrl });
  const key = `${run}/news/published`;
  await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
  await newsStore().update(run, { status: "published", note: null });
  await tellRole(run);
  return { shown: true };
});
