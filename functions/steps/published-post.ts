import type { PublishedPost } from "../domain/mastodon-thread.ts";
import { postEntries } from "../domain/post-entries.ts";
import { runs } from "../store/runs.ts";

/** The post of a run as the site shows it: what was merged, with the edits of its reviewers. */

const key = "published-post";

/** What is noted first stands. @param post.content the Markdown file that was merged. */
export async function notePublishedPost(
  run: string,
  { title, url, content }: { title: string; url: string; content: string },
): Promise<void> {
  await runs().remember<PublishedPost>(run, key, { title, url, entries: postEntries(content) });
}

/** Null: the run has published no post. */
export async function publishedPost(run: string): Promise<PublishedPost | null> {
  return await runs().recall<PublishedPost>(run, key);
}
