import { randomBytes } from "node:crypto";
import {
  emojiNames,
  escapeSlack,
  plainFromSlack,
  slackLimits,
} from "../../../functions/domain/slack-text.ts";

/** What Slack does to texts and refuses in messages, and the emulator does not. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/** Slack refuses messages with more text than about this over all blocks (not documented; measured by others). */
const textOfAllBlocks = 12_000;

/** A topic or text as Slack returns it: escaped, emoji by name. */
export function asSlackReturns(text: string): string {
  const escaped = escapeSlack(plainFromSlack(text));
  return escaped.replace(/(\p{Extended_Pictographic})\uFE0F?/gu, (whole, emoji: string) =>
    emojiNames[emoji] ? `:${emojiNames[emoji]}:` : whole,
  );
}

/** An answer with its topics as Slack returns them. What apps put into blocks and metadata stays as it is. */
export function asReturned(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(asReturned);
  if (!isObject(value)) return value ?? null;
  const entries = Object.entries(value).map(([key, each]): [string, Json] => {
    if (key === "blocks" || key === "metadata") return [key, each ?? null];
    if (key === "topic" && typeof each === "string") return [key, asSlackReturns(each)];
    if (key === "topic" && isObject(each))
      return [key, { ...each, value: asSlackReturns(String(each.value)) }];
    return [key, asReturned(each)];
  });
  return Object.fromEntries(entries.filter(([key]) => value[key] !== undefined));
}

/** Whether a message is in the range that a request for a channel's history asks for. */
export function inTimeRange(ts: string, range: Record<string, string>): boolean {
  const { oldest, latest } = range;
  const inclusive = /^(true|1)$/.test(range.inclusive ?? "");
  const time = Number(ts);
  if (oldest && (time < Number(oldest) || (time === Number(oldest) && !inclusive))) return false;
  return !latest || time < Number(latest) || (time === Number(latest) && inclusive);
}

/** One page of messages, with their metadata only if that was asked for. */
export function page(
  messages: ({ ts: string } & JsonObject)[],
  body: Record<string, string>,
): { ok: true; messages: Json; has_more: boolean; response_metadata: Json } {
  const limit = Math.min(Number(body.limit) || 100, 999);
  const start = body.cursor ? messages.findIndex((each) => each.ts === body.cursor) : 0;
  const rest = start < 0 ? [] : messages.slice(start);
  const shown = rest.slice(0, limit).map(({ metadata, ...message }) => {
    return /^(true|1)$/.test(body.include_all_metadata ?? "") && metadata !== undefined
      ? { ...message, metadata }
      : message;
  });
  const next = rest[limit];
  return {
    ok: true,
    messages: shown,
    has_more: next !== undefined,
    response_metadata: { next_cursor: next?.ts ?? "" },
  };
}

/** Blocks with the ids that Slack gives to those without. */
export function withBlockIds(blocks: Json): Json {
  if (!Array.isArray(blocks)) return blocks;
  return blocks.map((block) =>
    isObject(block) ? { ...block, block_id: block.block_id ?? randomBytes(4).toString("base64url") } : block,
  );
}

/** The buttons of an actions block, each with its block's id as Slack reports them. */
export function buttonsOf(block: JsonObject): JsonObject[] {
  if (block.type !== "actions" || !Array.isArray(block.elements)) return [];
  return block.elements.filter(isObject).map((each) => ({ ...each, block_id: block.block_id }));
}

/** The error code for blocks that Slack would not take, or null. */
export function refusedBlocks(blocks: Json | undefined): string | null {
  if (blocks === undefined || blocks === null) return null;
  if (!Array.isArray(blocks) || blocks.length > slackLimits.blocks) return "invalid_blocks";
  if (!blocks.every((block) => isObject(block) && blockFits(block))) return "invalid_blocks";
  return textLength(blocks) > textOfAllBlocks ? "msg_blocks_too_long" : null;
}

function blockFits(block: JsonObject): boolean {
  switch (block.type) {
    case "header":
      return textFits(block.text, slackLimits.header);
    case "section": {
      const fields = block.fields ?? [];
      return (
        (block.text !== undefined || Array.isArray(block.fields)) &&
        (block.text === undefined || textFits(block.text, slackLimits.section)) &&
        Array.isArray(fields) &&
        fields.length <= 10 &&
        fields.every((field) => textFits(field, slackLimits.field))
      );
    }
    case "context":
      return Array.isArray(block.elements) && block.elements.length >= 1 && block.elements.length <= 10;
    case "actions":
      return Array.isArray(block.elements) && block.elements.length <= 25 && block.elements.every(buttonFits);
    case "divider":
      return true;
    default:
      return typeof block.type === "string";
  }
}

function buttonFits(element: Json): boolean {
  if (!isObject(element)) return false;
  if (element.type !== "button") return true;
  const value = element.value ?? "";
  const url = element.url ?? "";
  return (
    textFits(element.text, slackLimits.button) &&
    typeof element.action_id === "string" &&
    element.action_id.length <= 255 &&
    typeof value === "string" &&
    value.length <= slackLimits.buttonValue &&
    typeof url === "string" &&
    url.length <= slackLimits.url &&
    (element.confirm === undefined || dialogFits(element.confirm))
  );
}

function dialogFits(dialog: Json): boolean {
  if (!isObject(dialog)) return false;
  return (
    textFits(dialog.title, slackLimits.confirmTitle) &&
    textFits(dialog.text, slackLimits.confirmText) &&
    textFits(dialog.confirm, slackLimits.confirmButton) &&
    textFits(dialog.deny, slackLimits.confirmButton)
  );
}

function textFits(value: Json | undefined, limit: number): boolean {
  if (!isObject(value) || typeof value.text !== "string") return false;
  return value.text.length >= 1 && value.text.length <= limit;
}

function textLength(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textLength(each), 0);
  if (!isObject(value)) return 0;
  const own = typeof value.text === "string" ? value.text.length : 0;
  return Object.values(value).reduce<number>((sum, each) => sum + textLength(each ?? null), own);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
