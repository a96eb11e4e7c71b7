import type { RefusedTarget } from "./firewall-target.ts";
import { type RunFacts, type Who, whoText } from "./messages.ts";
import { context, fallback, lineSections, type SlackMessage, section } from "./slack-blocks.ts";
import { code, escapeWithin, oneLine } from "./slack-text.ts";

/** Slack messages of a firewall request, and the comment below its issue. Names of hosts were checked, words were not. */

export interface AccessFacts extends RunFacts {
  /** Who asked for it. */
  by: string;
  /** A line for each host and port. */
  results: string[];
}

const more = (left: number) => `… and ${left} more`;

/** To the person on duty: the ticket's text, to be sent. */
export function accessRequestMessage(facts: AccessFacts & { duty: Who | null; text: string }): SlackMessage {
  const call = facts.duty ? `${whoText(facts.duty)}, please` : "Please";
  const title = `*${escapeWithin(oneLine(facts.service), 100)}: the firewall blocks what ${escapeWithin(oneLine(facts.by), 100)} needs.*`;
  return {
    text: fallback(`${facts.service}: a firewall request waits to be sent`),
    blocks: [
      section(`${title} ${call} send this as a ticket to those who run the network:`),
      section(`\`\`\`\n${escapeWithin(facts.text.replaceAll("`", "'"), 2800)}\n\`\`\``),
      ...lineSections(facts.results.map(resultLine), 3000, more),
      context(`${code(facts.run)} looks again every day, and tells when everything can be reached.`),
    ],
  };
}

/** Nothing that a firewall would have to do with, and still not reachable. */
export function notBlockedMessage(facts: AccessFacts): SlackMessage {
  const title = `*${escapeWithin(oneLine(facts.service), 100)}: not everything that ${escapeWithin(oneLine(facts.by), 100)} needs can be reached, but nothing new is blocked.*`;
  return {
    text: fallback(`${facts.service}: not everything can be reached, but nothing new is blocked`),
    blocks: [
      section(`${title} There is no ticket to be sent.`),
      ...lineSections(facts.results.map(resultLine), 3000, more),
      context(`${code(facts.run)} looks again every day.`),
    ],
  };
}

/** The end, for whoever asked. */
export function accessEndedMessage(
  facts: AccessFacts & { reporter: Who; granted: boolean; reason: string },
): SlackMessage {
  const what = facts.granted
    ? "everything that you asked for can be reached from both clusters"
    : `nobody looks any more whether what you asked for can be reached: ${escapeWithin(oneLine(facts.reason), 500)}`;
  return {
    text: fallback(
      `${facts.service}: ${facts.granted ? "the firewall lets you through" : "a firewall request has ended"}`,
    ),
    blocks: [
      section(`${facts.granted ? "" : "⚠️ "}${whoText(facts.reporter)}: ${what} (${code(facts.run)}).`),
      ...lineSections(facts.results.map(resultLine), 3000, more),
    ],
  };
}

/** Below the issue that tracks it, kept up to date. Markdown: hosts stand as code. */
export function accessComment(facts: {
  results: readonly string[];
  refused: readonly RefusedTarget[];
  text: string | null;
  state: string;
}): string {
  const asCode = (text: string) => `\`${oneLine(text).replaceAll("`", "'")}\``;
  return [
    facts.state,
    "",
    ...facts.results.map((line) => `- ${line.replace(/^(\S+):/, "`$1`:")}`),
    ...facts.refused.map(({ text, why }) => `- ${asCode(text)} is not asked for: it ${why}`),
    ...(facts.text ? ["", "The request:", "", "```", facts.text.replaceAll("`", "'"), "```"] : []),
  ].join("\n");
}

function resultLine(line: string): string {
  return `• ${escapeWithin(oneLine(line), 500)}`;
}
