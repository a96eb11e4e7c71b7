import { buildPost, type Post } from "./domain/blog-post.ts";
import type { Change } from "./domain/blog-post-kinds.ts";
import type { Period } from "./domain/blog-post-period.ts";
import { reviewDescription } from "./domain/blog-post-review.ts";
import { type Selection, type SelectionRules, selectNews } from "./domain/blog-post-selection.ts";
import type { Config } from "./runtime/config.ts";

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
  return draftOf(selectNews(changes, told, now, selectionRules(config)), period, { config, author });
}

/** The post and its pull request's description for what was selected. */
export function draftOf(
  selection: Selection,
  period: Period,
  { config, author }: { config: Config; author: string | null },
): Draft {
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
