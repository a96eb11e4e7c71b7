import {
  type KnownBlock,
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from "@slack/web-api";
import { plainFromSlack, plainToSlack, slackLimits } from "../domain/slack-text.ts";
import { sameTopic } from "../domain/topic.ts";
import { config } from "../runtime/config.ts";
import {
  NotFound,
  PermissionDenied,
  RateLimited,
  RequestRefused,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/** Where a message stands: what `update` needs. */
export interface SlackPlace {
  /** Id of the channel, or of the direct conversation (`D…`). */
  channel: string;
  /** Slack's timestamp: the message's id within its channel. */
  ts: string;
}

export interface SlackContent {
  /** What notifications and screen readers get. Escaped already, as are the blocks (`escapeSlack`). */
  text: string;
  blocks?: KnownBlock[];
}

export interface SlackPost extends SlackContent {
  /** Id of a channel; a member's id (`U…`) means a direct message. */
  channel: string;
  /** Replies in the thread of this message. */
  threadTs?: string;
}

export interface SlackMetadata {
  event_type: string;
  event_payload: Record<string, string | number | boolean>;
}

/**
 * What Stablehand does in Slack. Every call gives up after 10 s and throws StablehandErrors only: RateLimited,
 * PermissionDenied (saying what to do, such as inviting the bot), NotFound, RequestRefused, ServiceUnavailable.
 */
export interface Slack {
  post(message: SlackPost & { metadata?: SlackMetadata }): Promise<SlackPlace>;
  /**
   * Posts unless a message with this key stands there already, in which case that one is returned as it is. The key is
   * looked for in the metadata of the last 14 days (of the thread, with `threadTs`).
   */
  postOnce(message: SlackPost & { key: string }): Promise<SlackPlace>;
  /** Replaces text and blocks; without blocks the old ones go. */
  update(message: SlackPlace & SlackContent): Promise<void>;
  /** The newest message since then whose metadata has this type and `key` = `value`, or null. */
  findByMetadata(
    channel: string,
    eventType: string,
    key: string,
    value: string,
    sinceIso: string,
  ): Promise<string | null>;
  /** With a key: only once, as `postOnce`. */
  directMessage(userId: string, message: SlackContent & { key?: string }): Promise<SlackPlace>;
  /** The topic as people see it, but for emoji (`:warning:`) and mentions of people and channels (`<@U…>`). */
  topic(channel: string): Promise<string>;
  /** @param topic as people see it; at most 250 UTF-16 units, else RequestRefused. */
  setTopic(channel: string, topic: string): Promise<void>;
  /**
   * Whether Slack has told in the channel, at `sinceTs` (epoch seconds) or later, that this became the topic.
   *
   * @param sinceTs a message's timestamp, or what `slackTimestamp` makes of a time.
   */
  topicMessageShown(channel: string, topic: string, sinceTs: string): Promise<boolean>;
  /** Address of a message, or null when there is none (any more). */
  permalink(channel: string, ts: string): Promise<string | null>;
}

/** Type of the metadata under which `postOnce` keeps its keys. */
export const onceEventType = "stablehand_message";

const pageSize = 200;
/** Further back than 1,000 messages nothing is looked for: a channel as busy as that has other troubles. */
const maximumPages = 5;
const keyDays = 14;

/** A time as Slack writes it. */
export function slackTimestamp(time: Date): string {
  return (time.getTime() / 1000).toFixed(6);
}

/** @param options.apiUrl with or without a slash at the end: `https://slack.com/api`. */
export function createSlackClient(options: {
  apiUrl: string;
  botToken: string;
  fetch?: typeof fetch;
}): WebClient {
  return new WebClient(options.botToken, {
    slackApiUrl: `${options.apiUrl.replace(/\/+$/, "")}/`,
    // The state machine tries again; a Lambda that sleeps is paid for.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logLevel: LogLevel.ERROR,
    ...(options.fetch ? { fetch: options.fetch as never } : {}),
  });
}

/** Options as `createSlackClient`. */
export function createSlack(options: Parameters<typeof createSlackClient>[0]): Slack {
  const client = createSlackClient(options);

  /** The conversation's id: a member's id stands for the direct conversation with that person. */
  async function conversation(channelOrMember: string): Promise<string> {
    if (!/^[UW]/.test(channelOrMember)) return channelOrMember;
    const opened = await asked(`the direct conversation with ${channelOrMember}`, () =>
      client.conversations.open({ users: channelOrMember }),
    );
    return known(opened.channel?.id, `the direct conversation with ${channelOrMember}`);
  }

  /** Messages of a channel or thread, in pages, each page newest first (a thread's: oldest first). */
  async function* pages(channel: string, since: string, threadTs?: string) {
    let cursor: string | undefined;
    for (let page = 0; page < maximumPages; page++) {
      const request = { channel, cursor, limit: pageSize, include_all_metadata: true };
      const what = `the messages in ${channel}`;
      const answer = threadTs
        ? await asked(what, () => client.conversations.replies({ ...request, ts: threadTs }))
        : await asked(what, () =>
            client.conversations.history({ ...request, oldest: since, inclusive: true }),
          );
      yield answer.messages ?? [];
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (!cursor) return;
    }
  }

  async function find(
    place: { channel: string; since: string; threadTs?: string },
    wanted: { eventType: string; key: string; value: string },
  ): Promise<string | null> {
    for await (const messages of pages(place.channel, place.since, place.threadTs)) {
      for (const message of messages) {
        const metadata = message.metadata as SlackMetadata | undefined;
        if (metadata?.event_type !== wanted.eventType || !message.ts) continue;
        if (String(metadata.event_payload?.[wanted.key]) === wanted.value) return message.ts;
      }
    }
    return null;
  }

  async function postTo(
    channel: string,
    message: SlackContent & { threadTs?: string; metadata?: SlackMetadata },
  ) {
    const answer = await asked(`a message in ${channel}`, () =>
      client.chat.postMessage({
        channel,
        text: message.text,
        blocks: message.blocks,
        metadata: message.metadata,
        thread_ts: message.threadTs,
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    return { channel: answer.channel ?? channel, ts: known(answer.ts, `a message in ${channel}`) };
  }

  const slack: Slack = {
    async post(message) {
      return await postTo(await conversation(message.channel), message);
    },

    async postOnce({ key, ...message }) {
      const channel = await conversation(message.channel);
      const since = slackTimestamp(new Date(Date.now() - keyDays * 24 * 60 * 60 * 1000));
      const wanted = { eventType: onceEventType, key: "key", value: key };
      const ts = await find({ channel, since, threadTs: message.threadTs }, wanted);
      if (ts) return { channel, ts };
      const metadata = { event_type: onceEventType, event_payload: { key } };
      return await postTo(channel, { ...message, metadata });
    },

    async update({ channel, ts, text, blocks }) {
      await asked(`the message ${ts} in ${channel}`, () =>
        client.chat.update({ channel, ts, text, blocks: blocks ?? [] }),
      );
    },

    async findByMetadata(channel, eventType, key, value, sinceIso) {
      const since = slackTimestamp(new Date(sinceIso));
      return await find({ channel: await conversation(channel), since }, { eventType, key, value });
    },

    async directMessage(userId, { key, ...content }) {
      const message = { ...content, channel: userId };
      return key === undefined ? await slack.post(message) : await slack.postOnce({ ...message, key });
    },

    async topic(channel) {
      const answer = await asked(`the channel ${channel}`, () => client.conversations.info({ channel }));
      return plainFromSlack(answer.channel?.topic?.value ?? "");
    },

    async setTopic(channel, topic) {
      const escaped = plainToSlack(topic);
      // Whether Slack counts before or after escaping is not documented; it takes the plain form too.
      const sent = escaped.length > slackLimits.topic ? topic : escaped;
      await asked(`the topic of ${channel}`, () => client.conversations.setTopic({ channel, topic: sent }));
    },

    async topicMessageShown(channel, topic, sinceTs) {
      for await (const messages of pages(channel, sinceTs)) {
        for (const message of messages) {
          // The client's types leave out what only some messages have.
          const { subtype, topic: told } = message as { subtype?: string; topic?: string };
          if (!/^(channel|group)_topic$/.test(subtype ?? "")) continue;
          if (told !== undefined && sameTopic(told, topic)) return true;
        }
      }
      return false;
    },

    async permalink(channel, ts) {
      try {
        const answer = await asked(`the message ${ts} in ${channel}`, () =>
          client.chat.getPermalink({ channel, message_ts: ts }),
        );
        return answer.permalink ?? null;
      } catch (thrown) {
        if (thrown instanceof NotFound) return null;
        throw thrown;
      }
    },
  };
  return slack;
}

function known(value: string | undefined, what: string): string {
  if (!value) throw new ServiceUnavailable(`Slack's answer does not name ${what}: try again.`);
  return value;
}

/** Runs a request; what it throws comes out as our error about `what`. */
export async function asked<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw mapped(what, cause);
  }
}

function mapped(what: string, cause: unknown): StablehandError {
  if (cause instanceof WebAPIRateLimitedError) {
    return new RateLimited(`Slack limits our requests (${what}): try again in ${cause.retryAfter} s.`, {
      cause,
      retryAfterSeconds: cause.retryAfter,
    });
  }
  if (cause instanceof WebAPIPlatformError) return fromCode(what, cause);
  if (cause instanceof WebAPIHTTPError) return mapStatus("Slack", what, cause.statusCode, cause.headers);
  if (cause instanceof WebAPIRequestError) return mapNetworkFailure("Slack", what, cause.original);
  // A 429 without a usable Retry-After comes as a plain error.
  if (cause instanceof Error && cause.message.startsWith("Retry header")) {
    return new RateLimited(`Slack limits our requests (${what}): try again later.`);
  }
  return mapNetworkFailure("Slack", what, cause);
}

const inviteBot = "Invite the bot in that channel: /invite @stablehand.";
const renewToken = "Renew the bot's token in the secret `slack`.";

/** Error codes of the Web API that mean a missing right, and what to do. */
const rights: Record<string, string> = {
  not_in_channel: inviteBot,
  not_authed: renewToken,
  invalid_auth: renewToken,
  account_inactive: renewToken,
  token_revoked: renewToken,
  token_expired: renewToken,
  not_allowed_token_type: "The secret `slack` must hold a bot token (xoxb-…).",
  access_denied: "Ask an admin of the workspace.",
  no_permission: "Ask an admin of the workspace.",
  org_login_required: "Ask an admin of the workspace.",
  ekm_access_denied: "Ask an admin of the workspace.",
  team_access_not_granted: "Ask an admin of the workspace to grant the app access.",
  restricted_action: "A setting of the workspace forbids it: ask an admin.",
  restricted_action_read_only_channel: "Only some members may post there: ask an admin to add the bot.",
  restricted_action_non_threadable_channel: "Only some members may post there: ask an admin to add the bot.",
  restricted_action_thread_only_channel: "Only threads are allowed there: ask an admin.",
  user_is_restricted: "Guests may not do this: make the bot a full member.",
  cant_update_message: "Only its author may change a message.",
};

const hints: Record<string, string> = {
  too_long: `A topic has at most ${slackLimits.topic} characters.`,
  msg_too_long: "The message is too long.",
  msg_blocks_too_long: "The message is too long.",
  is_archived: "Unarchive the channel, or configure another one.",
  user_disabled: "That account is deactivated: take the person out of the configuration, or set another id.",
  messages_tab_disabled: "Switch on the Messages tab in the settings of the Slack app.",
};

const missing = new Set(["channel_not_found", "user_not_found", "message_not_found", "thread_not_found"]);
const passing = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout"]);

function fromCode(what: string, cause: WebAPIPlatformError): StablehandError {
  const code = cause.data.error;
  // The client hands over whatever was not JSON as if it were a code.
  if (!/^[a-z_]{1,60}$/.test(code)) {
    return new ServiceUnavailable(
      `Slack answered something else than JSON (${what}): a proxy in between, or a page of an outage.`,
    );
  }
  const said = `(${code}, ${what})`;
  if (code === "ratelimited" || code === "rate_limited") {
    const retryAfterSeconds = cause.data.response_metadata?.retryAfter;
    return new RateLimited(`Slack limits our requests ${said}: try again later.`, {
      cause,
      retryAfterSeconds,
    });
  }
  if (code === "missing_scope") {
    const { needed } = cause.data as { needed?: string };
    const scope = needed ? `the scope ${needed}` : "the missing scope";
    return new PermissionDenied(
      `Slack does not allow this ${said}. Give the app ${scope} and install it again.`,
      { cause },
    );
  }
  if (rights[code])
    return new PermissionDenied(`Slack does not allow this ${said}. ${rights[code]}`, { cause });
  if (missing.has(code)) {
    return new NotFound(
      `Slack does not have ${what} (${code}): check the id; a private channel is not there until the bot is invited.`,
      { cause },
    );
  }
  if (passing.has(code)) return new ServiceUnavailable(`Slack has an outage ${said}: try again.`, { cause });
  const hint = hints[code] ?? "Asking again will not help.";
  return new RequestRefused(`Slack refuses the request ${said}. ${hint}`, { cause });
}

/** Slack with the bot's token, as configured. */
export const slack = lazy(async (): Promise<Slack> => {
  const { botToken } = await secret("slack");
  return createSlack({ apiUrl: config().slack.apiUrl, botToken });
});
