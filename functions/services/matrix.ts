import { createHash } from "node:crypto";
// Not the package's entry: that one brings the whole client with its cryptography (1 MB, 142 ms; this: 147 KB, 28 ms).
import {
  ClientPrefix,
  HTTPError,
  type HttpApiEvent,
  type HttpApiEventHandlerMap,
  MatrixError,
  MatrixHttpApi,
  Method,
} from "matrix-js-sdk/lib/http-api/index.js";
import { TypedEventEmitter } from "matrix-js-sdk/lib/models/typed-event-emitter.js";
import { z } from "zod";
import { config } from "../runtime/config.ts";
import {
  BadConfiguration,
  PermissionDenied,
  RateLimited,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/**
 * What Stablehand does in Matrix: rooms by id (`!…`). Every call gives up after 10 s and throws StablehandErrors only.
 */
export interface Matrix {
  /** The room's topic; empty when it has none. */
  topic(room: string): Promise<string>;
  /**
   * The change shows in the room's timeline by itself.
   * @throws PermissionDenied that names the bot, the room and the power level to grant.
   */
  setTopic(room: string, topic: string): Promise<void>;
  /**
   * Sends a message once per key: the homeserver answers a repetition with the event that it made the first time.
   *
   * @param message.html the same with formatting; escaped by the caller.
   * @param message.notice as `m.notice`: written by a program, so that other programs leave it alone.
   * @returns the event's id.
   */
  send(
    room: string,
    message: { text: string; html?: string; notice?: boolean; key: string },
  ): Promise<string>;
  /** Whose token it is. */
  whoAmI(): Promise<string>;
  /** The bot's power level in a room, and what a new topic takes there. @throws PermissionDenied when it is not in the room. */
  topicPower(room: string): Promise<{ has: number; needed: number }>;
}

const topicContent = z.object({ topic: z.string().catch("") });
const account = z.object({ user_id: z.string() });
const sentEvent = z.object({ event_id: z.string() });
const level = z.coerce.number();
const powerLevels = z.object({
  events: z.record(z.string(), level).catch({}),
  state_default: level.catch(50),
  users: z.record(z.string(), level).catch({}),
  users_default: level.catch(0),
});

/** What the protocol says where a room does not. */
const defaultTopicLevel = 50;

export function createMatrix(options: {
  homeserverUrl: string;
  userId: string;
  accessToken: string;
  fetch?: typeof fetch;
}): Matrix {
  const send = options.fetch ?? fetch;
  const http = new MatrixHttpApi(new TypedEventEmitter<HttpApiEvent, HttpApiEventHandlerMap>(), {
    baseUrl: options.homeserverUrl,
    prefix: ClientPrefix.V3,
    accessToken: options.accessToken,
    onlyData: true,
    // The client's own timeout leaves a timer behind, and ends before the body is read.
    fetchFn: async (resource, init) => await send(resource, { ...init, signal: AbortSignal.timeout(10_000) }),
  });

  async function request(what: string, method: Method, path: string, body?: Record<string, unknown>) {
    try {
      return await http.authedRequest<unknown>(method, path, undefined, body);
    } catch (cause) {
      throw mapped(what, cause);
    }
  }

  const statePath = (room: string, type: string) => `/rooms/${encodeURIComponent(room)}/state/${type}`;

  async function topicPower(room: string): Promise<{ has: number; needed: number }> {
    const path = statePath(room, "m.room.power_levels");
    const levels = powerLevels.parse(await request(`the power levels of ${room}`, Method.Get, path));
    return {
      has: levels.users[options.userId] ?? levels.users_default,
      needed: levels.events["m.room.topic"] ?? levels.state_default,
    };
  }

  /** What the bot lacks, in words. Asks the room, which may refuse that as well. */
  async function topicRefused(room: string): Promise<PermissionDenied> {
    const refused = `Matrix does not let ${options.userId} set the topic of ${room}`;
    try {
      const { has, needed } = await topicPower(room);
      return new PermissionDenied(
        `${refused}: its power level is ${has}, the topic needs ${needed}. Grant the bot power level ${needed} there.`,
      );
    } catch {
      return new PermissionDenied(
        `${refused}. Invite the bot to the room and let it join, then grant it the power level that the topic needs ` +
          `(${defaultTopicLevel} unless the room says otherwise).`,
      );
    }
  }

  return {
    async topic(room) {
      try {
        const answer = await request(`the topic of ${room}`, Method.Get, statePath(room, "m.room.topic"));
        return topicContent.catch({ topic: "" }).parse(answer).topic;
      } catch (thrown) {
        // M_NOT_FOUND: a room without a topic. (A room that the bot is not in answers 403.)
        if (codeOf(thrown) === "M_NOT_FOUND") return "";
        throw thrown;
      }
    },

    async setTopic(room, topic) {
      try {
        await request(`the topic of ${room}`, Method.Put, statePath(room, "m.room.topic"), { topic });
      } catch (thrown) {
        if (codeOf(thrown) !== "M_FORBIDDEN") throw thrown;
        throw await topicRefused(room);
      }
    },

    async send(room, { text, html, notice = false, key }) {
      const transaction = `stablehand-${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
      const path = `/rooms/${encodeURIComponent(room)}/send/m.room.message/${transaction}`;
      const formatted = html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: html };
      const content = { msgtype: notice ? "m.notice" : "m.text", body: text, ...formatted };
      const answer = sentEvent.safeParse(await request(`a message in ${room}`, Method.Put, path, content));
      if (!answer.success)
        throw new ServiceUnavailable(`Matrix does not name the event (a message in ${room}).`);
      return answer.data.event_id;
    },

    async whoAmI() {
      const answer = account.safeParse(await request("the account", Method.Get, "/account/whoami"));
      if (!answer.success) throw new ServiceUnavailable("Matrix does not tell whose token it is.");
      return answer.data.user_id;
    },

    topicPower,
  };
}

/** The protocol's own code of a failure (`M_FORBIDDEN`), as far as the homeserver gave one. */
function codeOf(thrown: unknown): string | undefined {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof MatrixError ? cause.errcode : undefined;
}

function mapped(what: string, cause: unknown): StablehandError {
  if (!(cause instanceof HTTPError) || cause.httpStatus === undefined) {
    return mapNetworkFailure("Matrix", what, cause);
  }
  if (cause.isRateLimitError()) {
    const retryAfterSeconds = waitOf(cause);
    const when = retryAfterSeconds === undefined ? "later" : `in ${retryAfterSeconds} s`;
    return new RateLimited(`Matrix limits our requests (${what}): try again ${when}.`, {
      cause,
      retryAfterSeconds,
    });
  }
  const headers = cause.httpHeaders ?? {};
  return mapStatus("Matrix", what, cause.httpStatus, headers, { cause });
}

function waitOf(error: HTTPError): number | undefined {
  try {
    const milliseconds = error.getRetryAfterMs();
    return milliseconds === null ? undefined : Math.ceil(milliseconds / 1000);
  } catch {
    return undefined;
  }
}

/**
 * Matrix with the bot's account.
 * @throws BadConfiguration where the configuration has no room: look there first.
 */
export const matrix = lazy(async (): Promise<Matrix> => {
  const settings = config().matrix;
  if (!settings) throw new BadConfiguration("matrix: no room is configured, so nothing can be said there.");
  const { userId, accessToken } = await secret("matrix");
  return createMatrix({ homeserverUrl: settings.homeserverUrl, userId, accessToken });
});
