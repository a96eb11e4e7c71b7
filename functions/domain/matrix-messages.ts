import { kindOf, type RunFacts } from "./messages.ts";
import { endWords, type RunEnd } from "./run-messages.ts";
import { oneLine, truncate } from "./slack-text.ts";
import { durationOf, timeOf } from "./times.ts";

/**
 * What the Matrix room is told of a run: that it began, what failed, how it ended. Its users are not the team, so this
 * is short, and mentions nobody. `html` is the same with formatting; all text of strangers is escaped in it.
 */
export interface MatrixText {
  text: string;
  html: string;
}

const longestReason = 300;

export function startedNotice(facts: RunFacts & { expectedEnd: string }): MatrixText {
  const end = timeOf(facts.expectedEnd, facts.timeZone, facts.now);
  return notice(facts, `the ${kindOf(facts.run)} has started`, `It should be done at about ${end}.`);
}

/** @param facts.title what failed, as `questionTitle` says it. */
export function failedNotice(facts: RunFacts & { title: string }): MatrixText {
  return notice(facts, facts.title, "The team has been asked what to do; the deployment waits.");
}

export function endedNotice(
  facts: RunFacts & { status: RunEnd; reason: string | null; startedAt: string; endedAt: string },
): MatrixText {
  const took = durationOf((Date.parse(facts.endedAt) - Date.parse(facts.startedAt)) / 60_000);
  const at = timeOf(facts.endedAt, facts.timeZone, facts.now);
  return notice(
    facts,
    `the ${kindOf(facts.run)} ${endWords[facts.status]} at ${at} after ${took}`,
    facts.reason ?? "",
  );
}

function notice({ service }: RunFacts, what: string, more: string): MatrixText {
  const head = `${line(service)}: ${line(what)}`;
  const rest = line(more);
  return {
    text: [`${head}.`, rest].filter((part) => part !== "").join(" "),
    html: [`<strong>${escapeHtml(head)}.</strong>`, escapeHtml(rest)].filter((part) => part !== "").join(" "),
  };
}

function line(text: string): string {
  return truncate(oneLine(text), longestReason);
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}
