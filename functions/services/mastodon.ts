import { createHash } from "node:crypto";
import { LinkifyIt } from "linkify-it";
import { createRestAPIClient, MastoHttpError, MastoTimeoutError } from "masto";
import { parse } from "tldts";
import type { TootRules } from "../domain/mastodon-thread.ts";
import { config } from "../runtime/config.ts";
import {
  BadConfiguration,
  NotFound,
  RequestRefused,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/** A toot that is there, or is scheduled. */
export interface PostedToot {
  id: string;
  scheduled: boolean;
  /** Null while it is scheduled. */
  url: string | null;
}

export interface NewToot {
  text: string;
  /** Posting again under the same key is the same toot, for an hour: that long instances keep it. */
  key: string;
  visibility: "public" | "unlisted" | "private";
  /** ISO 639. */
  language: string;
  replyTo?: string;
  /** ISO 8601, at least 5 minutes ahead. */
  scheduledAt?: string;
}

/** What Stablehand does at Mastodon. Every call gives up after 10 s and throws StablehandErrors only. */
export interface Mastodon {
  /** What the instance counts by. */
  rules(): Promise<TootRules>;
  post(toot: NewToot): Promise<PostedToot>;
  /** A toot of our own account with exactly this text, made at that time (ISO 8601) or later, or still scheduled. */
  findOwn(text: string, since: string): Promise<PostedToot | null>;
}

/** So many pages of our own toots are looked through: nobody toots 200 times between two attempts. */
const mostPages = 5;
const pageSize = 40;
/** The instance's clock and ours may differ. */
const clockSkewMs = 5 * 60_000;

export function createMastodon(options: { instanceUrl: string; accessToken: string }): Mastodon {
  const client = createRestAPIClient({
    url: options.instanceUrl,
    accessToken: options.accessToken,
    timeout: 10_000,
  });

  async function sourceOf(id: string): Promise<string | null> {
    try {
      return (
        await asked(`the source of the toot ${id}`, () => client.v1.statuses.$select(id).source.fetch())
      ).text;
    } catch (thrown) {
      if (thrown instanceof NotFound) return null;
      throw thrown;
    }
  }

  async function findScheduled(text: string): Promise<PostedToot | null> {
    const pages = client.v1.scheduledStatuses.list({ limit: pageSize }).values();
    for (let page = 0; page < mostPages; page++) {
      const { value, done } = await asked("our scheduled toots", async () => await pages.next());
      if (done || !value) return null;
      const found = value.find(({ params }) => params.text === text);
      if (found) return { id: found.id, scheduled: true, url: null };
    }
    return null;
  }

  async function findPublished(text: string, since: number): Promise<PostedToot | null> {
    const account = await asked("our account", () => client.v1.accounts.verifyCredentials());
    const { statuses } = client.v1.accounts.$select(account.id);
    const pages = statuses.list({ limit: pageSize, excludeReblogs: true }).values();
    for (let page = 0; page < mostPages; page++) {
      const { value, done } = await asked("our toots", async () => await pages.next());
      if (done || !value || value.length === 0) return null;
      for (const { id, url = null, createdAt } of value) {
        if (Date.parse(createdAt) < since) return null;
        if ((await sourceOf(id)) === text) return { id, scheduled: false, url };
      }
    }
    return null;
  }

  return {
    async rules() {
      const { configuration } = await asked("the instance", () => client.v2.instance.fetch());
      const { maxCharacters: limit, charactersReservedPerUrl: urlLength } = configuration.statuses;
      if (!(limit >= 2 * urlLength && urlLength > 0)) {
        throw new ServiceUnavailable(`Mastodon tells limits that cannot be: ${limit} and ${urlLength}.`);
      }
      return { limit, urlLength, findUrls };
    },

    async post({ text, key, visibility, language, replyTo, scheduledAt }) {
      const digest = createHash("sha256").update(key).digest("hex");
      const requestInit = { headers: { "Idempotency-Key": `stablehand-${digest}` } };
      const params = { status: text, visibility, language, ...(replyTo && { inReplyToId: replyTo }) };
      if (scheduledAt) {
        const scheduled = await asked("a scheduled toot", () =>
          client.v1.statuses.create({ ...params, scheduledAt }, { requestInit }),
        );
        return { id: scheduled.id, scheduled: true, url: null };
      }
      const { id, url = null } = await asked("a toot", () =>
        client.v1.statuses.create(params, { requestInit }),
      );
      return { id, scheduled: false, url };
    },

    async findOwn(text, since) {
      // First what waits: what is published between the two looks is seen by the second.
      return (await findScheduled(text)) ?? (await findPublished(text, Date.parse(since) - clockSkewMs));
    },
  };
}

async function asked<T>(what: string, request: () => PromiseLike<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw mapped(what, cause);
  }
}

function mapped(what: string, cause: unknown): StablehandError {
  if (cause instanceof MastoHttpError) {
    const headers = cause.cause instanceof Response ? cause.cause.headers : {};
    if (cause.statusCode === 422) {
      return new RequestRefused(`Mastodon refuses ${what}: ${cause.message.slice(0, 300)}`, { cause });
    }
    return mapStatus("Mastodon", what, cause.statusCode, headers, { cause });
  }
  if (cause instanceof MastoTimeoutError) {
    return new ServiceUnavailable(`Mastodon did not answer in time (${what}): try again.`, { cause });
  }
  return mapNetworkFailure("Mastodon", what, cause);
}

const linkify = lazy(() => {
  return new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
});

/** Characters that a URL may have without a doubt; what comes after the last of them is text. */
const certain = /^https?:\/\/[a-z0-9.-]+\.[a-z]{2,}(?::\d{1,5})?(?:[/?#](?:[\w/.~%+=&?#-]*[\w/=#-])?)?/i;

/**
 * URLs that Mastodon sees as such, or a beginning of which it does: http or https, a domain that there can be, and only
 * the plain characters of its path.
 */
export function findUrls(text: string): { start: number; end: number }[] {
  return (linkify().match(text) ?? []).flatMap(({ index, lastIndex }) => {
    const url = certain.exec(text.slice(index, lastIndex))?.[0];
    const before = text.slice(0, index);
    if (!url || /[\w@#$./-]$/.test(before)) return [];
    const { isIcann } = parse(url);
    return isIcann ? [{ start: index, end: index + url.length }] : [];
  });
}

/**
 * Mastodon with our account.
 * @throws BadConfiguration where the configuration has no instance: look there first.
 */
export const mastodon = lazy(async (): Promise<Mastodon> => {
  const settings = config().mastodon;
  if (!settings) throw new BadConfiguration("mastodon: no instance is configured, so nothing is tooted.");
  const { accessToken } = await secret("mastodon");
  return createMastodon({ instanceUrl: settings.instanceUrl, accessToken });
});
