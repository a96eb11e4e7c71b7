import { type CleanupImage, type CleanupPlan, keepReasons, keptInWords } from "./cleanup-plan.ts";
import type { Decision } from "./decision.ts";
import type { RunFacts, Who } from "./messages.ts";
import { bytesInWords, type Space } from "./registry-space.ts";
import type { RunEnd } from "./run-messages.ts";
import {
  type Block,
  button,
  confirmation,
  context,
  fallback,
  header,
  lineSections,
  type SlackMessage,
  section,
} from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { timeOf } from "./times.ts";
import { count, list } from "./words.ts";

/** Slack messages of a registry cleanup. At most 50 blocks, whatever the registry holds. */

export const cleanupActions = { approve: "cleanup.approve", reject: "cleanup.reject" } as const;

/** How long Quay keeps what was deleted, unless the organisation set another time. */
export const recovery =
  "Quay can bring deleted tags back for 14 days by default; the space is free only after that.";

const budgets = { images: 5000, notes: 1500, failures: 2500 };

export interface CleanupQuestion extends RunFacts {
  plan: CleanupPlan;
  /** ISO 8601. */
  expiresAt: string;
}

/** The question in the channel, with its buttons. */
export function cleanupMessage(
  question: CleanupQuestion,
  buttons: { approve: string; reject: string },
): SlackMessage {
  const { plan } = question;
  const tags = count(going(plan), "tag");
  const confirm = confirmation({
    title: "Delete these tags?",
    text: `${tags} at Quay, exactly those of this plan.`,
    confirm: "Delete",
  });
  const elements = [
    button({
      id: cleanupActions.approve,
      text: `Delete ${tags}`,
      value: buttons.approve,
      style: "danger",
      confirm,
    }),
    button({ id: cleanupActions.reject, text: "Keep all", value: buttons.reject }),
  ];
  return {
    text: fallback(`${question.service}: may old images go? ${cleanupSummary(plan)}`),
    blocks: [
      ...questionBlocks(question),
      { type: "actions", block_id: "cleanup", elements },
      context(
        `Every approver also got a personal link by direct message: its page lists each tag. Without an answer everything stays: this expires at ${timeOf(question.expiresAt, question.timeZone, question.now)}.`,
      ),
    ],
  };
}

/** Takes the question's place once it is answered. */
export function cleanupDecidedMessage(question: CleanupQuestion, decision: Decision, by: Who): SlackMessage {
  const at = timeOf(decision.at, question.timeZone, question.now);
  const name = `*${escapeWithin(oneLine(by.name), 100)}*`;
  const comment = decision.comment ? `\n> ${escapeWithin(oneLine(decision.comment), 500)}` : "";
  const said =
    decision.answer === "approve"
      ? `Approved by ${name} at ${at}.`
      : decision.answer === "expired"
        ? `Nobody answered until ${at}, so everything stays.`
        : `Declined by ${name} at ${at}: everything stays.`;
  return {
    text: fallback(`${question.service}: the cleanup was answered`),
    blocks: [...questionBlocks(question), section(`${said}${comment}`)],
  };
}

/** By direct message to one approver, at first and when nobody has answered for a while. */
export function cleanupLinkMessage(question: CleanupQuestion, url: string, reminder: boolean): SlackMessage {
  const until = timeOf(question.expiresAt, question.timeZone, question.now);
  const open = link(url, "Open your page");
  const lead = reminder ? "nobody has answered yet whether old images may go." : "may old images at Quay go?";
  return {
    text: fallback(`${question.service}: ${lead}`),
    blocks: [
      section(
        `*${escapeWithin(oneLine(question.service), 100)}: ${lead}* ${cleanupSummary(question.plan)}\n${open} to see each tag, and to approve or decline, until ${until}. The link is yours alone: please do not pass it on.`,
      ),
    ],
  };
}

export interface EndedCleanup extends RunFacts {
  status: RunEnd;
  reason: string;
  /** Null: it ended before there was one. */
  plan: CleanupPlan | null;
  deleted: number;
  /** Bytes. */
  freed: number;
  /** Tags that were approved and stay all the same, by why. */
  stayed: { words: string; tags: string[] }[];
}

/** How a cleanup ended. */
export function cleanupEndedMessage(ended: EndedCleanup): SlackMessage {
  const { plan, deleted, stayed, status, reason } = ended;
  const title = `${ended.service}: registry cleanup ${endWords[status]}`;
  const what =
    deleted > 0
      ? `${count(deleted, "tag")} deleted, ${bytesInWords(ended.freed)} that nothing else needs. ${recovery}`
      : "Nothing was deleted.";
  const why = reason ? ` ${escapeWithin(oneLine(reason), 1000)}.` : "";
  const lines = stayed.map(
    ({ words, tags }) =>
      `• ${escapeWithin(oneLine(words), 400)}: ${escapeWithin(tags.slice(0, 10).join(", "), 600)}${tags.length > 10 ? ` and ${tags.length - 10} more` : ""}`,
  );
  return {
    text: fallback(`${title}. ${what}`),
    blocks: [
      section(
        `${status === "failed" ? "⚠️ " : ""}*${escapeWithin(oneLine(title), 200)}* (${code(ended.run)})\n${what}${why}`,
      ),
      ...(lines.length > 0 ? [section("*Approved, and kept all the same:*")] : []),
      ...lineSections(lines, budgets.failures, (left) => `… and ${left} more reasons`),
      ...notes(plan),
    ],
  };
}

const endWords: Record<RunEnd, string> = {
  finished: "finished",
  skipped: "skipped",
  rejected: "declined",
  expired: "expired",
  aborted: "aborted",
  rolledBack: "rolled back",
  failed: "failed",
};

export function going(plan: CleanupPlan): number {
  return plan.images.reduce((sum, each) => sum + each.goes, 0);
}

/** `312 of 480 tags may go, which frees 5.1 GB of 12 GB.` */
export function cleanupSummary(plan: CleanupPlan): string {
  const all = plan.images.reduce((sum, each) => sum + each.tags, 0);
  const frees = plan.space ? `, which frees ${spaceInWords(plan.space)}` : "";
  return `${going(plan)} of ${count(all, "tag")} may go${frees}.`;
}

/** How to read the number of the summary, as one sentence. */
export function spaceMeaning(space: Space | null): string {
  return space
    ? "A layer counts once, and not at all while a tag that stays needs it."
    : "How much space that frees could not be measured.";
}

export function spaceInWords({ freed, bytes, unmeasured }: Space): string {
  const rest = unmeasured > 0 ? ` (${count(unmeasured, "tag")} not measured)` : "";
  return `${bytesInWords(freed)} of ${bytesInWords(bytes)}${rest}`;
}

function questionBlocks({ plan, service }: CleanupQuestion): Block[] {
  const lines = plan.images.map(imageLine);
  return [
    header(`${service}: may old images go?`),
    section(`*${cleanupSummary(plan)}* ${spaceMeaning(plan.space)} ${recovery}`),
    ...lineSections(lines, budgets.images, (left) => `… and ${left} more: your page shows all.`),
    ...notes(plan),
  ];
}

function imageLine({ image, tags, goes, kept, space }: CleanupImage): string {
  const reasons = keepReasons.flatMap((reason) => {
    const number = kept[reason];
    return number ? [`${number} ${keptInWords(reason)}`] : [];
  });
  const stays = reasons.length > 0 ? `; stay: ${reasons.join(", ")}` : "";
  const freed = goes > 0 && space ? `, ${bytesInWords(space.freed)}` : "";
  return `• *${escapeWithin(oneLine(image), 100)}*: ${goes} of ${tags} go${freed}${stays}`;
}

function notes(plan: CleanupPlan | null): Block[] {
  const lines = [
    ...(plan?.unread ?? []).map(
      ({ image, error }) =>
        `⚠️ ${escapeWithin(oneLine(image), 100)} could not be read (${escapeWithin(error, 100)}): nothing of it goes.`,
    ),
    ...(plan && plan.notifications.length > 0
      ? [
          `⚠️ Quay had switched off the notifications of ${escapeWithin(list(plan.notifications), 500)} after failures. They are on again.`,
        ]
      : []),
  ];
  return lineSections(lines, budgets.notes, (left) => `… and ${left} more`);
}
