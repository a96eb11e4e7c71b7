import type { Decision } from "./decision.ts";
import type { HealthReport } from "./health-report.ts";
import { objectsLines } from "./objects-lines.ts";
import type { ObjectsPlan } from "./objects-plan.ts";
import { type GitHubPlace, planSummary, reportLines, repositoryLines, warningLines } from "./plan-lines.ts";
import type { PromotionPlan } from "./promotion-plan.ts";
import {
  type Block,
  button,
  context,
  fallback,
  header,
  lineSections,
  type SlackMessage,
  section,
} from "./slack-blocks.ts";
import { code, escapeWithin, link, mention, oneLine } from "./slack-text.ts";
import { durationOf, timeOf } from "./times.ts";
import { count } from "./words.ts";

/** Slack messages around the approval of a run. At most 50 blocks, 3,000 units a section, whatever comes in. */

/** What every message of a run tells. */
export interface RunFacts {
  /** What is deployed, as people call it. */
  service: string;
  run: string;
  /** IANA zone in which times are told. */
  timeZone: string;
  /** When the message is made, ISO 8601. */
  now: string;
}

/** What a run is called in a sentence; its id begins with its kind. */
export function kindOf(run: string): string {
  if (run.startsWith("rollback-")) return "rollback";
  return run.startsWith("hotfix-") ? "hotfix" : "weekly deployment";
}

/** A person of the team. Their Slack id makes it a mention, which notifies them. */
export interface Who {
  name: string;
  slack: string | null;
}

export interface ApprovalQuestion extends RunFacts {
  github: GitHubPlace;
  plan: PromotionPlan;
  /** Null or left out: nobody is asked about Kubernetes objects. */
  objects?: ObjectsPlan | null;
  /** Of staging; null when it was not inspected. */
  report: HealthReport | null;
  /** What a hotfix is for; empty for the weekly run. */
  purpose: string;
  duty: (Who & { how: "assigned" | "backup"; note: string | null }) | null;
  /** ISO 8601: when everything should be done if it is approved now. */
  expectedEnd: string;
  /** ISO 8601: the window's end, when the question expires. */
  windowEnd: string;
  /** Page of the run, for the team; left out: there is none. */
  runUrl?: string | null;
}

export interface ApprovalButtons {
  /** Signed values, at most 2,000 characters each. */
  approve: string;
  /** Where Kubernetes objects are offered: the other way to approve, and whether it is the one that applies them. */
  other?: { value: string; applies: boolean };
  reject: string;
  postpone: string;
}

export const approvalActions = {
  approve: "approval.approve",
  approveOther: "approval.approve-other",
  reject: "approval.reject",
  postpone: "approval.postpone",
} as const;

/** UTF-16 units. Past about 12,000 over all blocks Slack refuses a message (not documented), so we stay well below. */
const budgets = { repositories: 4000, warnings: 2000, report: 1500, objects: 2000 };

/** The question in the channel, with its buttons. */
export function approvalMessage(question: ApprovalQuestion, buttons: ApprovalButtons): SlackMessage {
  return {
    text: fallback(`${question.service}: approve the ${kindOf(question.run)}? ${planSummary(question.plan)}`),
    blocks: [
      ...questionBlocks(question, endText(question)),
      {
        type: "actions",
        block_id: "approval",
        elements: [
          ...approveButtons(buttons),
          button({ id: approvalActions.postpone, text: "Postpone 1 hour", value: buttons.postpone }),
          button({ id: approvalActions.reject, text: "Reject", value: buttons.reject, style: "danger" }),
        ],
      },
      context(
        `Every approver also got a personal link by direct message: there you can choose another commit, leave a repository out, or force a diverged one. Without an answer this expires at ${timeOf(question.windowEnd, question.timeZone, question.now)}.${runPage(question)}`,
      ),
    ],
  };
}

function approveButtons({ approve, other }: ApprovalButtons) {
  const words = (applies: boolean) => (applies ? "Approve with objects" : "Approve without objects");
  const text = other ? words(!other.applies) : "Approve";
  const first = button({ id: approvalActions.approve, text, value: approve, style: "primary" });
  if (!other) return [first];
  const { value, applies } = other;
  return [first, button({ id: approvalActions.approveOther, text: words(applies), value })];
}

/** Takes the question's place once it is answered: the same, with the decision where the buttons were. */
export function decidedMessage(question: ApprovalQuestion, decision: Decision, by: Who): SlackMessage {
  const said = decisionText(decision, by, question);
  return {
    text: fallback(`${question.service}: ${plainDecision(decision, by)}`),
    blocks: [
      ...questionBlocks(question, null),
      section(`${said}${runPage(question)}${commentText(decision)}`),
    ],
  };
}

/** Takes the question's place when the run ended before anybody answered. @param why after "No longer asked:". */
export function withdrawnMessage(question: ApprovalQuestion, why: string): SlackMessage {
  const said = `No longer asked: ${escapeWithin(oneLine(why), 600)}. Nothing was changed.`;
  return {
    text: fallback(`${question.service}: no longer asked, ${why}`),
    blocks: [...questionBlocks(question, null), section(`${said}${runPage(question)}`)],
  };
}

/** By direct message to one approver. Never to a channel: the link is that person's. */
export function personalLinkMessage(
  facts: RunFacts & { plan: PromotionPlan; url: string; expiresAt: string },
): SlackMessage {
  const until = timeOf(facts.expiresAt, facts.timeZone, facts.now);
  const open = link(facts.url, "Open your page");
  return {
    text: fallback(`${facts.service}: your link to approve the ${kindOf(facts.run)}`),
    blocks: [
      section(
        `*${service(facts)}: the ${kindOf(facts.run)} waits for an answer.* ${planSummary(facts.plan)}\n${open} to approve it, change it, postpone or reject it, until ${until}. The link is yours alone: please do not pass it on.`,
      ),
    ],
  };
}

/** By direct message, when nobody has answered for a while. */
export function reminderMessage(
  facts: RunFacts & { url: string; expiresAt: string; askedAt: string },
): SlackMessage {
  const asked = timeOf(facts.askedAt, facts.timeZone, facts.now);
  const until = timeOf(facts.expiresAt, facts.timeZone, facts.now);
  return {
    text: fallback(`${facts.service}: the ${kindOf(facts.run)} still waits for an answer`),
    blocks: [
      section(
        `*${service(facts)}: nobody has answered since ${asked}.* Without an answer nothing is deployed: the question expires at ${until}.\n${link(facts.url, "Open your page")} to approve it, change it, postpone or reject it.`,
      ),
    ],
  };
}

function questionBlocks(question: ApprovalQuestion, end: string | null): Block[] {
  const { plan, github } = question;
  const more = (left: number) => `… and ${left} more: your page shows all.`;
  return [
    header(`${question.service}: ${kindOf(question.run)} ${question.run}`),
    section([`*${planSummary(plan)}*`, ...(end ? [end] : [])].join("\n")),
    ...lineSections(repositoryLines(plan, github), budgets.repositories, more),
    ...lineSections(warningLines(plan, github), budgets.warnings, more),
    ...lineSections(objectsLines(question.objects ?? null, github), budgets.objects, more),
    ...lineSections(question.report ? reportLines(question.report) : [], budgets.report, more),
    ...(question.duty ? [context(dutyText(question.duty))] : []),
  ];
}

function endText(question: ApprovalQuestion): string {
  const { expected } = question.plan;
  const rests =
    expected.fromRuns === 0
      ? "a guess, there are no earlier runs"
      : `from ${count(expected.fromRuns, "earlier run")}`;
  const at = (iso: string) => timeOf(iso, question.timeZone, question.now);
  const takes = `It takes ${expected.minutes < 0.5 ? "" : "about "}${durationOf(expected.minutes)} (${rests}).`;
  const late = Math.ceil((Date.parse(question.expectedEnd) - Date.parse(question.windowEnd)) / 60_000);
  const end = `Approved now, it ends at about ${at(question.expectedEnd)}`;
  if (late <= 0) return `${takes} ${end}, within the window that ends at ${at(question.windowEnd)}.`;
  return `${takes} ⚠️ ${end}, ${durationOf(late)} after the window that ends at ${at(question.windowEnd)}.`;
}

function dutyText(duty: NonNullable<ApprovalQuestion["duty"]>): string {
  const note = duty.note ? ` ${escapeWithin(oneLine(duty.note), 300)}` : "";
  return `On duty: ${whoText(duty)}${duty.how === "backup" ? ", as the backup." : "."}${note}`;
}

/** A mention, or the name of somebody without a Slack id. */
export function whoText(who: Who): string {
  return who.slack ? mention(who.slack) : escapeWithin(oneLine(who.name), 100);
}

function decisionText(decision: Decision, by: Who, facts: RunFacts): string {
  const at = (iso: string) => timeOf(iso, facts.timeZone, facts.now);
  const name = `*${escapeWithin(oneLine(by.name), 100)}*`;
  switch (decision.answer) {
    case "approve":
      return `Approved by ${name} at ${at(decision.at)}${changesText(decision)}.${objectsText(decision)}`;
    case "reject":
      return `Rejected by ${name} at ${at(decision.at)}. Nothing was changed.`;
    case "postpone": {
      const until = decision.until ? ` Stablehand asks again at ${at(decision.until)}.` : "";
      return `Postponed by ${name} at ${at(decision.at)}.${until}`;
    }
    case "expired":
      return `Nobody answered until ${at(decision.at)}, so nothing was deployed.`;
  }
}

/** As a quotation, on a line of its own. */
function commentText({ comment }: Decision): string {
  return comment ? `\n> ${escapeWithin(oneLine(comment), 500)}` : "";
}

function plainDecision(decision: Decision, by: Who): string {
  if (decision.answer === "expired") return "nobody answered, nothing was deployed";
  const words = { approve: "approved", reject: "rejected", postpone: "postponed" };
  return `${words[decision.answer]} by ${by.name}`;
}

function changesText({ changes }: Decision): string {
  if (!changes) return "";
  const names = (all: string[]) => escapeWithin(all.map(oneLine).join(", "), 500);
  const parts = [
    ...Object.entries(changes.commits)
      .slice(0, 20)
      .map(([name, sha]) => `${escapeWithin(oneLine(name), 100)} at ${code(sha.slice(0, 7))}`),
    ...(changes.leaveOut.length > 0 ? [`without ${names(changes.leaveOut)}`] : []),
    ...(changes.force.length > 0 ? [`forcing ${names(changes.force)}`] : []),
  ];
  return parts.length > 0 ? `, with changes: ${parts.join("; ")}` : "";
}

function objectsText({ objects }: Decision): string {
  if (objects === undefined) return "";
  return objects ? " The Kubernetes objects are applied." : " The Kubernetes objects stay as they are.";
}

function runPage({ runUrl }: ApprovalQuestion): string {
  return runUrl ? ` ${link(runUrl, "Look at the run")}` : "";
}

function service(facts: RunFacts): string {
  return escapeWithin(oneLine(facts.service), 100);
}
