import { entry } from "./blog-post.ts";
import { inert } from "./blog-post-review.ts";
import type { Told } from "./blog-post-selection.ts";

/** Comments below the pull request of a post, in GitHub's Markdown. Strangers' words stand in code, where nothing of them works. */

/**
 * For a post that people have changed: what else is to be told now, and what is not in production after all.
 * Null: neither.
 */
export function changedNewsComment(
  more: readonly Told[],
  gone: readonly { key: string; url: string }[],
): string | null {
  const parts: string[] = [];
  if (more.length > 0) {
    parts.push(
      "Somebody changed this post, so it stays as it is. There is more to tell since the first draft: add what you like.",
      fenced(more.map(entry).join("\n")),
    );
  }
  if (gone.length > 0) {
    parts.push(
      "These are not in production after all. Please take them out: until then this is not published.",
      gone.map(({ key, url }) => `- [${inert(key)}](${url})`).join("\n"),
    );
  }
  return parts.length === 0 ? null : parts.join("\n\n");
}

export function withheldComment(reason: string): string {
  return (
    `This post is withheld: ${inert(reason)}\n\n` +
    "The next deployment of this week goes on with it, edits included; otherwise the next post tells its news."
  );
}

export function expiredComment(days: number): string {
  return (
    `Nobody approved this post within ${days === 1 ? "a day" : `${days} days`}, so it is not followed any more. The next post tells its news, unless ` +
    "somebody merges this one by hand before."
  );
}

/** @param url of the post that tells its news instead; null: none does. */
export function withdrawnComment(reason: string, url: string | null): string {
  return `${inert(reason)}${url ? ` Its news are told by ${url}.` : ""}`;
}

/** Longer than any run of backticks inside. */
function fenced(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const mark = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${mark}markdown\n${text}\n${mark}`;
}
