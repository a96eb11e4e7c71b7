import { NotFound } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { expiry, flat, type Key, patch, present, readFlat, writeFirst } from "./items.ts";
import { type Store, store } from "./table.ts";

/**
 * Where the news of a run are. `none`: there was nothing to tell. `withheld`: production does not run it.
 * `superseded`: another run's news go on with the post.
 */
export type NewsStatus =
  | "drafting"
  | "review"
  | "production"
  | "publishing"
  | "site"
  | "published"
  | "none"
  | "withheld"
  | "expired"
  | "closed"
  | "superseded"
  | "failed";

/** Those that are no end. */
const underWay: readonly NewsStatus[] = ["drafting", "review", "production", "publishing", "site"];

export function newsAreUnderWay({ status }: Pick<News, "status">): boolean {
  return underWay.includes(status);
}

export interface PullRequestPlace {
  number: number;
  url: string;
}

/** The news of one run: how far its post is. Times are ISO 8601. */
export interface News {
  run: string;
  /** ARN of the execution; null until it was started. */
  execution: string | null;
  status: NewsStatus;
  /** What it waits for, or why it ended so, in words for people. */
  note: string | null;
  openedAt: string;
  /** A post that is not approved by then is given up. */
  deadline: string;
  /** Of its post, see `Post`; null until it is known. */
  branch: string | null;
  pullRequest: PullRequestPlace | null;
  /** Where the site shows the post; null until it was merged. */
  postUrl: string | null;
  mergedAt: string | null;
  /** When the channel last heard that a review is missing. */
  remindedAt: string | null;
}

/** A change that a post tells. */
export interface ToldChange {
  /** See `changeKey`. */
  key: string;
  /** By this link the text tells it. */
  url: string;
}

/** A post in the making, by its branch: several runs of a week go on with the same one. */
export interface Post {
  branch: string;
  /** The run whose news it is now. */
  run: string;
  /** Of its file in the site's repository. */
  path: string;
  title: string;
  /** Last day that it tells of, an ISO date. */
  till: string;
  pullRequest: PullRequestPlace | null;
  /** Blobs of the file, and digests of descriptions, that we wrote or were about to write: all else is a person's. */
  written: string[];
  /** What the text tells that we wrote last. */
  entries: ToldChange[];
  /** All that was ever drafted or offered in a comment: people may have put it into the text. */
  offered: ToldChange[];
  /** Of what was offered: not in production after all. Empty as long as the text is our own. */
  notInProduction: ToldChange[];
  /** Keys of everything that was looked at for it, told or not. */
  seen: string[];
  /** Repository → time of the newest change that was looked at. */
  through: Record<string, string>;
  /** Repository → commit up to which the draft tells. */
  heads: Record<string, string>;
  /** `dropped`: it will never be published, and what it tells belongs to another one. */
  settled: "published" | "dropped" | null;
}

/** What is known of news. Everything may be called again with the same arguments. Reads are consistent. */
export interface NewsStore {
  /** Stores the news of a run, unless they are there already. @returns what is stored. */
  open(news: News): Promise<News>;
  get(run: string): Promise<News | null>;
  /** @throws NotFound when the run has no news. */
  update(run: string, changes: Partial<Omit<News, "run">>): Promise<News>;
  post(branch: string): Promise<Post | null>;
  /** Sets single attributes of a post, or makes it: then with all of them. */
  savePost(branch: string, changes: Partial<Omit<Post, "branch">>): Promise<Post>;
}

const newsKey = (run: string): Key => ({ pk: `run#${run}`, sk: "news" });
const postKey = (branch: string): Key => ({ pk: `post#${branch}`, sk: "post" });

export function createNewsStore(table: Store, now: () => Date = () => new Date()): NewsStore {
  const expiresAt = () => expiry("run", now());
  return {
    async open(news) {
      const { item } = await writeFirst(table, newsKey(news.run), { ...news, expiresAt: expiresAt() });
      return flat<News>(item);
    },
    get: async (run) => await readFlat<News>(table, newsKey(run)),
    async update(run, changes) {
      const attributes = { ...changes, expiresAt: expiresAt() };
      const news = await patch<News>(table, newsKey(run), attributes, { condition: present });
      if (!news) throw new NotFound(`${run} has no news in the store: StartNews makes them.`);
      return news;
    },
    post: async (branch) => await readFlat<Post>(table, postKey(branch)),
    async savePost(branch, changes) {
      const attributes = { ...changes, branch, expiresAt: expiresAt() };
      // Without a condition there is always one.
      return (await patch<Post>(table, postKey(branch), attributes)) as Post;
    },
  };
}

export const newsStore = lazy((): NewsStore => createNewsStore(store()));
