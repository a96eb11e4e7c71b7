import { type NewsProblem, newsProblemMessage, unpublishedMessage } from "../domain/news-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { type NewsStatus, newsStore } from "../store/news.ts";
import { type DraftedPost, dutyOf, postFacts } from "./news-context.ts";

/** The news end without a published post: noted first, then told. `next` says what becomes of its news. */
export async function endUnpublished(
  run: string,
  post: DraftedPost,
  { status, reason, next }: { status: NewsStatus; reason: string; next: string },
): Promise<void> {
  await newsStore().update(run, { status, note: reason });
  log("news.unpublished", { status, reason });
  const message = unpublishedMessage({ ...postFacts(run, post), reason, next });
  await (await slack()).postOnce({
    channel: config().slack.channel,
    key: `${run}/news/${status}`,
    ...message,
  });
}

/** Tells once of each kind of problem. Slack being away is no reason to stop. */
export async function tellNewsProblem(
  run: string,
  problem: Pick<NewsProblem, "step" | "error" | "reason" | "againAt">,
): Promise<void> {
  try {
    const message = newsProblemMessage({ ...runFacts(run), ...problem, duty: await dutyOf(run) });
    const end = problem.againAt === null ? "/given-up" : "";
    const key = `${run}/news/problem/${problem.step}/${problem.error}${end}`;
    await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
  } catch (thrown) {
    log("news.problem-not-told", { reason: messageOf(thrown) }, "warn");
  }
}
