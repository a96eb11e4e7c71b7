import { githubPullKey } from "../domain/keys.ts";
import { reviewWantedMessage } from "../domain/news-messages.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { slack } from "../services/slack.ts";
import { type News, newsStore } from "../store/news.ts";
import { waits } from "../waits.ts";
import { type DraftedPost, dutyOf, newsName, newsSettings, postFacts, postOf } from "./news-context.ts";
import { readReviewState } from "./post-review.ts";
import { minutesAfter, now } from "./run-context.ts";

/**
 * Waits until the post may be published, or is over: GitHub's webhooks about its pull request say so. Each entry of the
 * state asks GitHub once, in case one was lost, and reminds the channel now and then.
 */
export const handler = step("await-review", waitingInput, async ({ run, taskToken }) => {
  const { news, post } = await postOf(run);
  const { owner } = config().github;
  const key = githubPullKey({ owner, repository: config().post.repository, branch: post.branch });
  const wait = await waits().register({
    id: `${run}/AwaitReview`,
    run: newsName(run),
    keys: [key],
    after: {},
    token: taskToken,
    deadline: news.deadline,
  });
  if (wait.status === "resumed") return {};

  const state = await readReviewState(post);
  const over = now() > news.deadline || post.run !== run;
  if (state.is !== "waiting" || over) {
    const id = state.is === "approved" ? `approved/${state.head}` : over ? `over/${now()}` : state.is;
    await waits().signal({ key, id, origin: "recheck", body: {} });
    return {};
  }
  await newsStore().update(run, { status: "review", note: state.for });
  await remind(news, post, state.for);
  return {};
});

/** At once, and then every so many hours. Slack being away is no reason to wait no longer. */
async function remind(news: News, post: DraftedPost, waitsFor: string): Promise<void> {
  const { run, remindedAt, deadline } = news;
  const due = remindedAt === null ? null : minutesAfter(remindedAt, newsSettings().reminderHours * 60);
  const at = now();
  if (due !== null && at < due) return;
  try {
    const wanted = remindedAt === null ? "its review" : waitsFor;
    const facts = { ...postFacts(run, post), duty: await dutyOf(run), waitsFor: wanted, deadline };
    const message = reviewWantedMessage({ ...facts, reminder: remindedAt !== null });
    const key = `${run}/news/review${remindedAt === null ? "" : `-${remindedAt}`}`;
    await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
    await newsStore().update(run, { remindedAt: at });
  } catch (thrown) {
    log("await-review.not-told", { reason: messageOf(thrown) }, "warn");
  }
}
