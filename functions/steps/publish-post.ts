import { config } from "../runtime/config.ts";
import { RequestRefused, ServiceUnavailable } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { newsStore } from "../store/news.ts";
import { settlePublished } from "./earlier-posts.ts";
import { type DraftedPost, newsSettings, postOf, pulls, siteRepository } from "./news-context.ts";
import { readReviewState } from "./post-review.ts";
import { now } from "./run-context.ts";

/**
 * Merges the post exactly as it was reviewed, and writes into the ledger what it told. Fine when it is merged already.
 *
 * @returns `moved`: it is not approved as it is now, so it is reviewed again.
 * @throws RequestRefused with GitHub's words when it cannot be merged.
 */
export const handler = step("publish-post", runInput, async ({ run }) => {
  const { news, post } = await postOf(run);
  const state = await readReviewState(post);
  if (state.is === "waiting" || state.is === "closed") return { outcome: "moved" };
  await newsStore().update(run, { status: "publishing", note: null });
  if (state.is === "approved" && !(await merge(post, state.head))) return { outcome: "moved" };
  await settlePublished(post);
  await newsStore().update(run, {
    status: "site",
    mergedAt: news.mergedAt ?? now(),
    postUrl: addressOf(post),
  });
  await (await pulls()).deleteBranch(siteRepository().repo, post.branch);
  log("publish-post.merged", { number: post.pullRequest.number });
  return { outcome: "published" };
});

/** @returns false when somebody pushed meanwhile. */
async function merge({ pullRequest: { number, url }, title }: DraftedPost, sha: string): Promise<boolean> {
  const merged = await (await pulls()).merge(siteRepository().repo, number, {
    sha,
    method: newsSettings().mergeMethod,
    title: `${title} (#${number})`,
  });
  if (merged.merged) return true;
  if (merged.moved) return false;
  const words = merged.words ? ` (GitHub: ${merged.words})` : "";
  if (/base branch was modified|try (the merge )?again/i.test(merged.words)) {
    throw new ServiceUnavailable(`The post could not be merged just now${words}: try again.`);
  }
  throw new RequestRefused(
    `GitHub does not merge the post${words}: look at ${url} for conflicts and for rules of the branch ` +
      `${newsSettings().baseBranch}.`,
  );
}

/** Docusaurus shows `weekly/2026/week-47.md` at `/weekly/2026/week-47`. */
function addressOf({ path }: DraftedPost): string {
  const page = path
    .replace(/\.mdx?$/, "")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  return `${config().news?.siteUrl ?? ""}/${page}`;
}
