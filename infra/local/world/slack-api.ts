import { plainFromSlack } from "../../../functions/domain/slack-text.ts";
import { type InnerSlack, slackBot } from "./slack-inner.ts";
import {
  inTimeRange,
  isObject,
  type Json,
  type JsonObject,
  page,
  refusedBlocks,
  withBlockIds,
} from "./slack-rules.ts";

export interface SlackWorldMessage {
  ts: string;
  /** Who wrote it: a member's id. */
  user: string;
  text: string;
  subtype?: string;
  thread_ts?: string;
  topic?: string;
  blocks?: JsonObject[];
  metadata?: JsonObject;
  [key: string]: Json | undefined;
}

export interface SlackState {
  /** As people saw them. */
  topics: string[];
  /** Member's id → id of the direct conversation with the bot. */
  directChannels: Record<string, string>;
  /** Messages of earlier sessions, by channel, oldest first. */
  messages: Record<string, SlackWorldMessage[]>;
}

type Body = Record<string, string>;
export type Answer = { ok: true; [key: string]: Json | undefined } | { ok: false; error: string };

/** The Web API as our clients see it. */
export class LocalSlack {
  origin = "";
  readonly #inner: InnerSlack;
  readonly #state: SlackState;
  readonly #channelId: string;
  readonly #topicMessages: boolean;

  constructor(inner: InnerSlack, state: SlackState, channelId: string, topicMessages: boolean) {
    this.#inner = inner;
    this.#state = state;
    this.#channelId = channelId;
    this.#topicMessages = topicMessages;
  }

  async handle(method: string, caller: { token: string; userId: string }, body: Body): Promise<Answer> {
    const { token } = caller;
    switch (method) {
      case "conversations.history":
        return await this.#historyPage(token, body);
      case "conversations.replies":
        return await this.#replies(token, body);
      case "conversations.setTopic":
        return await this.#setTopic(token, body);
      case "chat.getPermalink":
        return await this.#permalink(token, body);
      case "chat.postMessage":
      case "chat.update": {
        const { refused, blocks } = this.#blocks(body);
        if (refused) return { ok: false, error: refused };
        if (method === "chat.update") return await this.#update(caller, { ...body, ...blocks });
        const answer = await this.#call(token, method, { ...body, ...blocks });
        const parent = this.#archived(body.channel ?? "").find((each) => each.ts === body.thread_ts);
        if (parent && answer.ok) parent.reply_count = Number(parent.reply_count ?? 0) + 1;
        return this.#remember(caller.userId, body.channel, answer.ok ? answer.channel : undefined, answer);
      }
      case "conversations.open": {
        const answer = await this.#call(token, method, body);
        const channel = answer.ok && isObject(answer.channel) ? answer.channel.id : undefined;
        return this.#remember(caller.userId, body.users, channel, answer);
      }
      default:
        return await this.#call(token, method, body);
    }
  }

  /** All messages of a channel with their threads, oldest first. */
  async messages(channel: string): Promise<SlackWorldMessage[]> {
    const answer = await this.#history(slackBot.token, channel);
    if (!answer.ok) throw new Error(`Slack has no messages in ${channel}: ${answer.error}`);
    const all = new Map(answer.messages.map((each) => [each.ts, each]));
    for (const parent of answer.messages) {
      if (!parent.reply_count) continue;
      const thread = await this.#call(slackBot.token, "conversations.replies", { channel, ts: parent.ts });
      if (thread.ok) for (const reply of thread.messages as SlackWorldMessage[]) all.set(reply.ts, reply);
    }
    return [...all.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  async #call(token: string, method: string, body: Body): Promise<Answer> {
    return (await this.#inner.call(token, method, body)) as Answer;
  }

  /** Blocks get the ids that Slack gives to those without. */
  #blocks(body: Body): { refused: string | null; blocks: Body } {
    if (!body.blocks) return { refused: null, blocks: {} };
    const blocks = JSON.parse(body.blocks) as Json;
    const refused = refusedBlocks(blocks);
    return { refused, blocks: refused ? {} : { blocks: JSON.stringify(withBlockIds(blocks)) } };
  }

  #remember(caller: string, userId: string | undefined, channel: unknown, answer: Answer): Answer {
    if (caller === slackBot.userId && /^[UW]/.test(userId ?? "") && typeof channel === "string") {
      this.#state.directChannels[String(userId)] = channel;
    }
    return answer;
  }

  async #history(token: string, channel: string) {
    const answer = await this.#call(token, "conversations.history", { channel, limit: "1000" });
    if (!answer.ok) return answer;
    const shown = (answer.messages as SlackWorldMessage[]).filter(
      (each) => this.#topicMessages || !each.subtype?.endsWith("_topic"),
    );
    return { ok: true as const, messages: [...this.#archived(channel), ...shown.reverse()] };
  }

  #archived(channel: string): SlackWorldMessage[] {
    return this.#state.messages[channel] ?? [];
  }

  async #historyPage(token: string, body: Body): Promise<Answer> {
    const answer = await this.#history(token, body.channel ?? "");
    if (!answer.ok) return answer;
    const top = answer.messages.filter((each) => !each.thread_ts || each.thread_ts === each.ts);
    return page(top.filter((each) => inTimeRange(each.ts, body)).reverse(), body);
  }

  async #replies(token: string, body: Body): Promise<Answer> {
    const { channel = "", ts = "" } = body;
    const answer = await this.#call(token, "conversations.replies", { channel, ts });
    if (!answer.ok) return answer;
    const old = this.#archived(channel).filter((each) => each.ts === ts || each.thread_ts === ts);
    const found = [...old, ...(answer.messages as SlackWorldMessage[])];
    if (!found.some((each) => each.ts === ts)) return { ok: false, error: "thread_not_found" };
    return page(found, body);
  }

  async #setTopic(token: string, body: Body): Promise<Answer> {
    const answer = await this.#call(token, "conversations.setTopic", body);
    if (answer.ok && body.channel === this.#channelId) {
      this.#state.topics.push(plainFromSlack(body.topic ?? ""));
    }
    return answer;
  }

  async #update(caller: { token: string; userId: string }, body: Body): Promise<Answer> {
    const { channel = "", ts = "", text, blocks } = body;
    const old = this.#archived(channel).find((each) => each.ts === ts);
    if (!old) return await this.#call(caller.token, "chat.update", body);
    if (old.user !== caller.userId) return { ok: false, error: "cant_update_message" };
    if (text !== undefined) old.text = text;
    old.blocks = blocks ? (JSON.parse(blocks) as JsonObject[]) : undefined;
    return { ok: true, channel, ts, text: old.text, message: old };
  }

  async #permalink(token: string, body: Body): Promise<Answer> {
    const { channel = "", message_ts: ts = "" } = body;
    const answer = await this.#history(token, channel);
    if (!answer.ok) return answer;
    if (!answer.messages.some((each) => each.ts === ts)) return { ok: false, error: "message_not_found" };
    return { ok: true, channel, permalink: `${this.origin}/archives/${channel}/p${ts.replace(".", "")}` };
  }
}
