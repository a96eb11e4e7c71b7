import { buildPost, type Post } from "../functions/domain/blog-post.ts";
import type { Change } from "../functions/domain/blog-post-kinds.ts";
import type { Period } from "../functions/domain/blog-post-period.ts";
import { reviewDescription } from "../functions/domain/blog-post-review.ts";
import { type SelectionRules, selectNews } from "../functions/domain/blog-post-selection.ts";
import type { Config } from "../functions/runtime/config.ts";

export function selectionRules({ post }: Config): SelectionRules {
  const { order, libraries, candidates, maxAgeDays } = post;
  return { order, libraries, candidates, maxAgeDays };
}

export interface Draft {
  /** Null: there is nothing to tell. */
  post: Post | null;
  /** Of the pull request that would hold it: the candidates as a checklist, and the rules. */
  description: string;
}

/**
 * @param changes those of the period, of all repositories that are told.
 * @param told keys of what earlier posts told.
 * @param now ISO 8601: end of the period.
 */
export function draft(
  changes: readonly Change[],
  told: ReadonlySet<string>,
  period: Period,
  { config, author, now }: { config: Config; author: string | null; now: string },
): Draft {
  const selection = selectNews(changes, told, now, selectionRules(config));
  return {
    post: buildPost(selection.told, period, author, config.post),
    description: reviewDescription(selection, {
      period,
      webUrl: config.github.webUrl,
      owner: config.github.owner,
      repositories: config.repositories.filter(({ blog }) => blog).map(({ name }) => name),
      libraries: config.post.libraries,
    }),
  };
}
