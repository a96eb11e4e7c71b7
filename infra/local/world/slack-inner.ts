import { randomUUID } from "node:crypto";
import { createEmulator } from "emulate";
import type { Person } from "../../../functions/runtime/config.ts";
import { isObject, type JsonObject } from "./slack-rules.ts";

/** emulate's Slack with one channel and its members, spoken to with the configuration's ids: it makes its own. */
export interface InnerSlack {
  /** Calls a method of the Web API; arguments as a form holds them. */
  call(token: string, method: string, body: Record<string, string>): Promise<JsonObject>;
  close(): Promise<void>;
}

export const slackTeam = { id: "T000000001", domain: "local" };
export const slackBot = { userId: "U0STABLEHAND", appId: "A0STABLEHAND", token: "xoxb-local-stablehand" };
export const channelName = "deployments";
export const memberToken = (userId: string) => `xoxp-local-${userId}`;

const botScopes = [
  ..."chat:write channels:read channels:history channels:manage channels:join".split(" "),
  ..."im:read im:write im:history users:read".split(" "),
];

/** @param options.directChannels ids of direct conversations with the bot that are to exist: member's id → channel's. */
export async function startInnerSlack(options: {
  people: Person[];
  channelId: string;
  topic: string;
  botInvited: boolean;
  directChannels: Map<string, string>;
}): Promise<InnerSlack> {
  const emulator = await createEmulator({ service: "slack", port: 0, seed: { slack: seed(options) } });
  const toInner = new Map<string, string>();
  const toOuter = new Map<string, string>();
  const same = (outer: string, inner: unknown) => {
    toInner.set(outer, String(inner));
    toOuter.set(String(inner), outer);
  };

  async function ask(token: string, method: string, body: Record<string, string>): Promise<JsonObject> {
    const response = await fetch(`${emulator.url}/api/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(body).toString(),
    });
    return (await response.json()) as JsonObject;
  }

  const users = (await ask(slackBot.token, "users.list", { limit: "1000" })).members as JsonObject[];
  for (const person of options.people) {
    same(person.slack, users.find((user) => user.name === person.github)?.id);
  }
  const channels = (await ask(slackBot.token, "conversations.list", {})).channels as JsonObject[];
  const channel = channels.find((each) => each.name === channelName)?.id;
  same(options.channelId, channel);
  if (options.botInvited) await ask(slackBot.token, "conversations.join", { channel: String(channel) });
  for (const [userId, direct] of options.directChannels) {
    const opened = await ask(slackBot.token, "conversations.open", { users: toInner.get(userId) ?? userId });
    if (isObject(opened.channel)) same(direct, opened.channel.id);
  }

  return {
    async call(token, method, body) {
      const translated = Object.entries(body).map(([key, value]) => {
        if (!/^(channel|user|users)$/.test(key)) return [key, value];
        const ids = value.split(",").map((id) => toInner.get(id) ?? id);
        return [key, ids.join(",")];
      });
      const answer = JSON.stringify(await ask(token, method, Object.fromEntries(translated)));
      return JSON.parse(answer.replace(/[UCDG][0-9A-F]{9}/g, (id) => toOuter.get(id) ?? id)) as JsonObject;
    },
    close: async () => await emulator.close(),
  };
}

function seed(options: { people: Person[]; topic: string }): Record<string, unknown> {
  return {
    team: { name: "Local", domain: slackTeam.domain },
    users: options.people.map((person) => ({ name: person.github, real_name: person.name })),
    channels: [{ name: channelName, topic: options.topic }],
    oauth_apps: [
      {
        app_id: slackBot.appId,
        client_id: "local.stablehand",
        client_secret: randomUUID(),
        name: "Stablehand",
        bot_name: "stablehand",
        bot_user_id: slackBot.userId,
        redirect_uris: [],
        scopes: botScopes,
      },
    ],
    tokens: [
      {
        token: slackBot.token,
        type: "bot",
        user_id: slackBot.userId,
        app_id: slackBot.appId,
        scopes: botScopes,
      },
      ...options.people.map((person) => ({ token: memberToken(person.slack), user: person.github })),
    ],
    strict_scopes: true,
  };
}
