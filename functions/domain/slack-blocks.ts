import { escapeWithin, oneLine, slackLimits, truncate } from "./slack-text.ts";

/** The few Block Kit blocks that our messages are made of. */

export interface Mrkdwn {
  type: "mrkdwn";
  text: string;
  /** No parsing: an address or a name in a stranger's text stays text. */
  verbatim: true;
}
export interface PlainText {
  type: "plain_text";
  text: string;
}
/** A dialog that asks once more before a press counts. */
export interface Confirm {
  title: PlainText;
  text: PlainText;
  confirm: PlainText;
  deny: PlainText;
  style?: "danger";
}
export interface Button {
  type: "button";
  action_id: string;
  text: PlainText;
  value?: string;
  url?: string;
  style?: "primary" | "danger";
  confirm?: Confirm;
}
export type Block =
  | { type: "header"; text: PlainText }
  | { type: "section"; text: Mrkdwn }
  | { type: "context"; elements: Mrkdwn[] }
  | { type: "actions"; block_id?: string; elements: Button[] };

/** A message as `chat.postMessage` takes it. */
export interface SlackMessage {
  /** What notifications and screen readers get; escaped. */
  text: string;
  blocks: Block[];
}

export function header(text: string): Block {
  return { type: "header", text: plain(text, slackLimits.header) };
}

/** @param text mrkdwn, escaped already. Longer text than a section holds is cut at the end of a line. */
export function section(text: string): Block {
  return { type: "section", text: mrkdwn(cutLines(text)) };
}

export function context(text: string): Block {
  return { type: "context", elements: [mrkdwn(cutLines(text))] };
}

export function button(button: {
  id: string;
  text: string;
  value?: string;
  url?: string;
  style?: "primary" | "danger";
  confirm?: Confirm;
}): Button {
  const { id, text, ...rest } = button;
  return { type: "button", action_id: id, text: plain(text, slackLimits.button), ...rest };
}

/** @param confirm what the dialog's own button says. */
export function confirmation({
  title,
  text,
  confirm,
}: {
  title: string;
  text: string;
  confirm: string;
}): Confirm {
  return {
    title: plain(title, slackLimits.confirmTitle),
    text: plain(text, slackLimits.confirmText),
    confirm: plain(confirm, slackLimits.confirmButton),
    deny: plain("Go back", slackLimits.confirmButton),
    style: "danger",
  };
}

/**
 * As many lines as fit, in sections of at most 3,000 units and at most `budget` units together; then how many are left.
 *
 * @param more what stands for the lines that did not fit: `n => "… and 3 more"`.
 */
export function lineSections(lines: string[], budget: number, more: (left: number) => string): Block[] {
  const whole = lines.join("\n").length <= budget;
  const kept = whole ? lines : fitting(lines, budget - more(lines.length).length - 1);
  const shown = kept.length < lines.length ? [...kept, more(lines.length - kept.length)] : kept;
  const texts: string[] = [];
  for (const line of shown) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= slackLimits.section) {
      texts[texts.length - 1] = `${last}\n${line}`;
    } else {
      texts.push(line);
    }
  }
  return texts.map(section);
}

/** Text that notifications show: one line, escaped. */
export function fallback(text: string): string {
  return escapeWithin(oneLine(text), slackLimits.fallback);
}

function fitting(lines: string[], budget: number): string[] {
  let used = 0;
  const kept: string[] = [];
  for (const line of lines) {
    used += line.length + 1;
    if (used > budget) break;
    kept.push(line);
  }
  return kept;
}

/** Whole lines only, since a cut inside one could leave half a link. A single line too long loses its links. */
function cutLines(text: string): string {
  if (text.length <= slackLimits.section) return text;
  const lines = text.split("\n");
  const kept = fitting(lines, slackLimits.section - 1);
  if (kept.length > 0) return [...kept, "…"].join("\n");
  const bare = (lines[0] ?? "").replace(/<[^<>|]*\|([^<>]*)>/g, "$1").replace(/[<>]/g, "");
  return truncate(bare, slackLimits.section).replace(/&[a-z]{0,3}…$/, "…");
}

function mrkdwn(text: string): Mrkdwn {
  // Slack refuses empty texts.
  return { type: "mrkdwn", text: text || " ", verbatim: true };
}

function plain(text: string, limit: number): PlainText {
  return { type: "plain_text", text: truncate(oneLine(text), limit) || " " };
}
