import { draftToots, type Toot } from "../domain/mastodon-thread.ts";
import type { Config } from "../runtime/config.ts";
import { config } from "../runtime/config.ts";
import { mastodon } from "../services/mastodon.ts";
import { runs } from "../store/runs.ts";
import { publishedPost } from "./published-post.ts";

/** What the steps about toots share. What is shown is what is published: the drafts are stored before they are shown. */

export type MastodonSettings = NonNullable<Config["mastodon"]>;

/** The question of these steps is numbered under this state. */
export const askingState = "AskToots";

const draftsKey = "toots";

/** The toots of a run, the same ones each time. Null: none are configured, or there is no post to toot about. */
export async function tootsOf(run: string): Promise<{ settings: MastodonSettings; toots: Toot[] } | null> {
  const settings = config().mastodon;
  if (!settings) return null;
  const toots = (await runs().recall<Toot[]>(run, draftsKey)) ?? (await draft(run, settings));
  return toots.length > 0 ? { settings, toots } : null;
}

async function draft(run: string, settings: MastodonSettings): Promise<Toot[]> {
  const post = await publishedPost(run);
  if (!post) return [];
  const rules = await (await mastodon()).rules();
  const { mode, entries, everyHours } = settings;
  const drafted = draftToots(post, { mode, entries, everyMinutes: everyHours * 60 }, rules);
  return (await runs().remember(run, draftsKey, drafted)).value;
}
