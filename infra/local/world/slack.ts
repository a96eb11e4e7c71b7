import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { WorldContext } from "./context.ts";
import { LocalSlack, type SlackState, type SlackWorldMessage } from "./slack-api.ts";
import { memberToken, slackBot, startInnerSlack } from "./slack-inner.ts";
import { createNews } from "./slack-news.ts";
import { blockActions, send, signingSecret } from "./slack-press.ts";
import { asReturned, type Json, type JsonObject } from "./slack-rules.ts";
import { type BotSettings, newBotSettings, scopeOf } from "./slack-scopes.ts";

export type { SlackWorldMessage } from "./slack-api.ts";

/**
 * Slack: emulate's, behind a proxy that adds what it lacks. The ids of the configuration (the emulator makes its own),
 * unknown tokens refused, Slack's limits for blocks, the time range and `include_all_metadata` of a channel's history,
 * topics returned as Slack returns them, interactivity, and a memory: messages of earlier sessions stay readable, and
 * can be updated.
 */

export interface SlackEmulator {
  /** Base of the Web API, for `slackApiUrl`. */
  url: string;
  botToken: string;
  botUserId: string;
  signingSecret: string;
  channelId: string;
  settings: BotSettings;
  /** Somebody takes the bot out of the channel, or invites it. */
  setInvited(invited: boolean): Promise<void>;
  /** The values that the channel's topic held, as people saw them, in order and with the first. */
  topics(): string[];
  /** All messages of a channel or conversation with their threads, oldest first. */
  messages(channel: string): Promise<SlackWorldMessage[]>;
  /** What the bot wrote to a member, oldest first. */
  directMessages(userId: string): Promise<SlackWorldMessage[]>;
  /** What only this member saw: answers to presses, by the `response_url`. */
  privateReplies(userId: string): string[];
  /** A member sets the channel's topic. */
  setTopicAs(userId: string, topic: string): Promise<void>;
  /**
   * A member presses a button of a message: sends the signed `block_actions` to our HTTP API.
   *
   * @returns the status that our HTTP API answered with. Like Slack, waits 3 s for it at most, then throws.
   */
  press(press: { userId: string; channel: string; ts: string; actionId: string }): Promise<number>;
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface SlackOptions {
  /** The channel's topic in a new world. */
  topic?: string;
  /** Whether a change of the topic shows as a message in the channel. */
  topicMessages?: boolean;
  /** Whether the bot was invited to the channel. */
  botInvited?: boolean;
}

/** Starts Slack on a free port, with one channel and everybody of the configuration in it. */
export async function startSlack(ctx: WorldContext, options: SlackOptions = {}): Promise<SlackEmulator> {
  const channelId = ctx.config.slack.channel;
  const { people } = ctx.config;
  const file = ctx.stateDir === null ? null : join(ctx.stateDir, "slack.json");
  const state = (await load(file)) ?? {
    topics: [options.topic ?? `${ctx.config.service} — status: ${ctx.config.clusters.production.serviceUrl}`],
    directChannels: {},
    messages: {},
  };
  const inner = await startInnerSlack({
    people,
    channelId,
    topic: state.topics.at(-1) ?? "",
    botInvited: options.botInvited ?? true,
    directChannels: new Map(Object.entries(state.directChannels)),
  });
  const slack = new LocalSlack(inner, state, channelId, options.topicMessages ?? true);
  const tokens = new Map([[slackBot.token, slackBot.userId]]);
  for (const person of people) tokens.set(memberToken(person.slack), person.slack);

  /** Secret part of a `response_url` → who pressed. */
  const replyTo = new Map<string, string>();
  const replies: { userId: string; text: string }[] = [];

  const news = createNews(ctx, channelId);
  const settings = newBotSettings();

  async function answerTo(request: IncomingMessage): Promise<Json> {
    const method = (request.url ?? "").replace(/^\/api\//, "").replace(/\?.*$/, "");
    const body = await readBody(request);
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? body.token ?? "";
    const caller = tokens.get(token);
    if (!caller) return { ok: false, error: token ? "invalid_auth" : "not_authed" };
    if (caller === slackBot.userId) {
      if (settings.revoked) return { ok: false, error: "token_revoked" };
      const needed = scopeOf(method, body.channel);
      if (needed && !settings.scopes.has(needed)) {
        return { ok: false, error: "missing_scope", needed, provided: [...settings.scopes].join(",") };
      }
    }
    if (method === "conversations.open" && settings.deactivated.has(body.users ?? "")) {
      return { ok: false, error: "user_disabled" };
    }
    const answer = await slack.handle(method, { token, userId: caller }, body);
    if (answer.ok && writes.test(method)) {
      await keep();
      if (caller === slackBot.userId) news.tell(method, body, answer);
    }
    return asReturned(answer);
  }

  /** An interaction's `response_url`: takes what is for the person alone. */
  async function reply(request: IncomingMessage): Promise<Json> {
    const userId = replyTo.get((request.url ?? "").replace(/^\/actions\//, ""));
    const { text } = await readBody(request);
    if (!userId || !text) return { ok: false, error: userId ? "no_text" : "used_url" };
    replies.push({ userId, text });
    return { ok: true };
  }

  const server = createServer((request, response) => {
    const toHook = request.url?.startsWith("/actions/") === true;
    if (!toHook && news.isDown()) {
      request.resume();
      response.writeHead(503, { "content-type": "text/html" }).end("<h1>Service Unavailable</h1>");
      return;
    }
    const answering = toHook ? reply(request) : answerTo(request);
    answering.then(
      (answer) => {
        const scopes = [...settings.scopes].join(",");
        response.writeHead(200, { "content-type": "application/json", "x-oauth-scopes": scopes });
        response.end(JSON.stringify(answer));
      },
      (thrown) => {
        ctx.log("slack", `${request.url} failed: ${String(thrown)}`);
        response.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  slack.origin = origin;

  let saving = Promise.resolve();
  /** Saves in turn: what was answered with success is not lost when the process is killed. */
  async function keep(): Promise<void> {
    saving = saving.then(save);
    await saving;
  }

  async function save(): Promise<void> {
    if (!file || ctx.stateDir === null) return;
    const channels = [channelId, ...Object.values(state.directChannels)];
    const messages: SlackState["messages"] = {};
    for (const channel of channels) messages[channel] = await slack.messages(channel);
    await mkdir(ctx.stateDir, { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify({ ...state, messages }));
    await rename(`${file}.new`, file);
  }

  return {
    url: `${origin}/api`,
    botToken: slackBot.token,
    botUserId: slackBot.userId,
    signingSecret,
    channelId,
    settings,
    async setInvited(invited) {
      const method = invited ? "conversations.join" : "conversations.leave";
      const answer = await inner.call(slackBot.token, method, { channel: channelId });
      if (!answer.ok) throw new Error(`Slack refuses ${method}: ${String(answer.error)}`);
    },
    topics: () => [...state.topics],
    messages: async (channel) => await slack.messages(channel),
    async directMessages(userId) {
      const channel = state.directChannels[userId];
      return channel ? await slack.messages(channel) : [];
    },
    privateReplies: (userId) => replies.filter((each) => each.userId === userId).map((each) => each.text),
    async setTopicAs(userId, topic) {
      const caller = { token: memberToken(userId), userId };
      const answer = await slack.handle("conversations.setTopic", caller, { channel: channelId, topic });
      if (!answer.ok) throw new Error(`Slack refuses the topic of ${userId}: ${String(answer.error)}`);
      await keep();
    },
    async press(pressed) {
      const message = (await slack.messages(pressed.channel)).find((each) => each.ts === pressed.ts);
      const name = people.find((person) => person.slack === pressed.userId)?.github;
      const secret = randomUUID();
      replyTo.set(secret, pressed.userId);
      const payload = {
        ...blockActions(message, pressed, name),
        response_url: `${origin}/actions/${secret}`,
      };
      return await send(ctx.targets.slack, payload);
    },
    save: keep,
    async close() {
      await keep();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inner.close();
    },
  };
}

/** Methods that change something. */
const writes = /^(chat\.(postMessage|update)|conversations\.(setTopic|open|join))$/;

/** A form or JSON, as the Web API takes both; values that are no strings as JSON. */
async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const query = new URL(request.url ?? "/", "http://local").searchParams;
  if (!request.headers["content-type"]?.includes("application/json")) {
    return Object.fromEntries([...query, ...new URLSearchParams(text)]);
  }
  const entries = Object.entries(JSON.parse(text || "{}") as JsonObject);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

async function load(file: string | null): Promise<SlackState | null> {
  if (!file) return null;
  try {
    return JSON.parse(await readFile(file, "utf8")) as SlackState;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw thrown;
  }
}
