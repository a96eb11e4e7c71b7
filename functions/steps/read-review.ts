import { expiredComment } from "../domain/post-comments.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import { newsStore } from "../store/news.ts";
import { waits } from "../waits.ts";
import { settleDropped } from "./earlier-posts.ts";
import { issues, newsSettings, postOf, siteRepository } from "./news-context.ts";
import { endUnpublished } from "./news-end.ts";
import { readReviewState } from "./post-review.ts";
import { now } from "./run-context.ts";

const input = runInput.extend({ resumed: resumedWith });

/**
 * Reads from GitHub what a webhook only claimed.
 *
 * @returns `approved`: may be published as it is. `merged`: somebody did. `waiting`: on with the wait. `over`: closed,
 *   expired, or another run's news go on with it; people were told.
 */
export const handler = step("read-review", input, async ({ run, resumed }) => {
  await waits().acknowledge(`${run}/AwaitReview`, resumed);
  const { news, post } = await postOf(run);
  if (post.run !== run) {
    await newsStore().update(run, { status: "superseded", note: `the news of ${post.run} go on with it` });
    return { outcome: "over" };
  }
  const state = await readReviewState(post);
  if (state.is === "closed") {
    const next = "The next post tells its news.";
    await endUnpublished(run, post, { status: "closed", reason: "Its pull request was closed.", next });
    await settleDropped(post);
    return { outcome: "over" };
  }
  if (state.is === "merged") return { outcome: "merged" };
  if (state.is === "waiting" && now() > news.deadline) {
    const { deadlineDays } = newsSettings();
    const next = "The next post tells its news, unless somebody merges this one by hand before.";
    const reason = `Until its deadline it waited for ${state.for}.`;
    const comment = { key: `${run}/expired`, text: expiredComment(deadlineDays) };
    await (await issues()).keepComment(siteRepository().repository, post.pullRequest.number, comment);
    await endUnpublished(run, post, { status: "expired", reason, next });
    return { outcome: "over" };
  }
  if (state.is === "approved") await newsStore().update(run, { status: "production", note: null });
  return { outcome: state.is };
});
