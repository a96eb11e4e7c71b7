import { type RunFacts, type Who, whoText } from "./messages.ts";
import type { StepAnswer, StepDecision, StepQuestion } from "./question.ts";
import {
  type Block,
  type Button,
  button,
  confirmation,
  context,
  fallback,
  lineSections,
  type SlackMessage,
  section,
} from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { answerInWords, questionTitle, withoutAnAnswer } from "./step-words.ts";
import { timeOf } from "./times.ts";

/** Slack messages about a step that cannot go on by itself. Errors quote other systems: all of it is escaped. */

export const questionActions: Record<StepAnswer, string> = {
  retry: "question.retry",
  skip: "question.skip",
  abort: "question.abort",
  publish: "question.publish",
  rollback: "question.rollback",
  workers: "question.workers",
  forward: "question.forward",
};

export interface AskedStep extends RunFacts {
  question: StepQuestion;
}

/** A signed value for the button of an answer. */
export interface AnswerButton {
  answer: StepAnswer;
  value: string;
}

/** Who can be called: the backup may be the one on duty, and people who are away are not among them. */
export interface Team {
  duty: Who | null;
  backup: Who | null;
  approvers: readonly Who[];
}

const longestReason = 1500;

/**
 * Who is called in which round: first the person on duty, then the backup as well, then everyone who may answer.
 *
 * @param round 0 with the question, then the number of the reminder.
 */
export function whoToMention({ duty, backup, approvers }: Team, round: number): Who[] {
  const called = [duty, backup].filter((each) => each !== null);
  const distinct = called.filter((each, index) => called.findIndex((other) => same(each, other)) === index);
  if (distinct.length > round) return distinct.slice(0, round + 1);
  const others = approvers.filter((each) => !distinct.some((other) => same(each, other)));
  return [...distinct, ...others];
}

function same(one: Who, other: Who): boolean {
  return one.slack === other.slack && one.name === other.name;
}

/**
 * The question in the channel, with a button for each of its answers that has a value.
 *
 * @param message.mention who is called to look at it.
 * @param message.runUrl page of the run, for the team.
 * @param message.consoleUrl page of the execution at AWS, for those who want the details.
 */
export function stepQuestionMessage(
  message: AskedStep & {
    mention: Who[];
    buttons: AnswerButton[];
    runUrl?: string | null;
    consoleUrl?: string | null;
  },
): SlackMessage {
  const { question, mention, buttons, runUrl, consoleUrl } = message;
  const until = timeOf(question.expiresAt, message.timeZone, message.now);
  const call = mention.length > 0 ? `${mention.map(whoText).join(" ")} please answer until` : "Answer until";
  const elements = buttons.flatMap((each) => buttonOf(each, message));
  const links = [
    ...(runUrl ? [link(runUrl, "Look at the run")] : []),
    ...(consoleUrl ? [link(consoleUrl, "its execution at AWS")] : []),
  ];
  const details = links.length > 0 ? ` ${links.join(" · ")}` : "";
  return {
    text: fallback(`${message.service}: ${questionTitle(question)}. What now?`),
    blocks: [
      ...questionBlocks(message),
      ...answerLines(question),
      section(`${call} *${until}*. ${escapeWithin(withoutAnAnswer(question), 400)}`),
      ...(elements.length > 0 ? [{ type: "actions" as const, block_id: "question", elements }] : []),
      context(`The first answer of an approver counts. Each of them got a personal link, too.${details}`),
    ],
  };
}

/** By direct message to one approver. Never to a channel: the link is that person's. */
export function stepQuestionLinkMessage(message: AskedStep & { url: string }): SlackMessage {
  const { question, url } = message;
  const until = timeOf(question.expiresAt, message.timeZone, message.now);
  const offered = question.answers.map((each) => escapeWithin(oneLine(each.label), 75)).join(", ");
  return {
    text: fallback(`${message.service}: your link to answer. ${questionTitle(question)}`),
    blocks: [
      ...questionBlocks(message),
      section(
        `${link(url, "Open your page")} to see more and to answer (${offered}) until ${until}. The link is yours alone: please do not pass it on.`,
      ),
    ],
  };
}

/**
 * When nobody has answered for a while, in the thread of the question or by itself.
 *
 * @param message.mention see `whoToMention`.
 * @param message.url where the question is: its message in the channel, or a personal page by direct message.
 */
export function stepQuestionReminder(
  message: AskedStep & { mention: Who[]; url?: string | null },
): SlackMessage {
  const { question, mention, url } = message;
  const at = (iso: string) => timeOf(iso, message.timeZone, message.now);
  const title = questionTitle(question);
  const call = mention.length > 0 ? `${mention.map(whoText).join(" ")} ` : "";
  const where = url ? ` ${link(url, "Answer")}` : "";
  return {
    text: fallback(`${message.service}: nobody has answered yet. ${title}`),
    blocks: [
      section(
        `${call}*nobody has answered since ${at(question.askedAt)}:* ${escapeWithin(oneLine(title), 200)}. Answer until *${at(question.expiresAt)}*. ${escapeWithin(withoutAnAnswer(question), 400)}${where}`,
      ),
    ],
  };
}

/** Takes the question's place once it is answered: the same, with the answer where the buttons were. */
export function stepAnsweredMessage(asked: AskedStep, decision: StepDecision, by: Who): SlackMessage {
  const label = answerInWords(asked.question, decision.answer);
  const nobody = decision.via === "deadline" ? "nobody answered" : "settled without an answer";
  const person = decision.via !== "deadline" && decision.via !== "run";
  return {
    text: fallback(
      `${asked.service}: ${questionTitle(asked.question)}. ${person ? `${by.name}: ${label}` : nobody}`,
    ),
    blocks: [...questionBlocks(asked), section(answeredText(asked, decision, by))],
  };
}

function questionBlocks(asked: AskedStep): Block[] {
  const { question } = asked;
  const failed = question.kind !== "paused";
  const title = `*${escapeWithin(oneLine(asked.service), 100)} · ${escapeWithin(questionTitle(question), 200)}*`;
  const reason = escapeWithin(oneLine(question.reason), longestReason);
  const error = failed && question.error ? `${code(question.error.slice(0, 100))} in ` : "";
  const where = `${error}${code(question.step.slice(0, 100))} of ${code(asked.run.slice(0, 100))}`;
  return [section(`${failed ? "⚠️ " : ""}${title}\n${reason}`), ...draftBlocks(question), context(where)];
}

/** Each as a quotation, line by line, so that nothing in it passes for ours. */
function draftBlocks({ drafts = [] }: StepQuestion): Block[] {
  const quoted = drafts.map((draft, index) => {
    const lines = draft.split("\n").map((line) => `> ${escapeWithin(oneLine(line), 600)}`);
    return [`*${index + 1} of ${drafts.length}*`, ...lines].join("\n");
  });
  return lineSections(quoted, 6000, (left) => `… and ${left} more: your page shows all`);
}

function answerLines(question: StepQuestion): Block[] {
  const lines = question.answers.map(
    ({ label, does }) => `• *${escapeWithin(oneLine(label), 75)}*: ${escapeWithin(oneLine(does), 300)}`,
  );
  return lineSections(lines, 2000, (left) => `… and ${left} more`);
}

function buttonOf({ answer, value }: AnswerButton, { question, run }: AskedStep): Button[] {
  const offered = question.answers.find((each) => each.answer === answer);
  if (!offered) return [];
  const base = { id: questionActions[answer], text: offered.label, value };
  if (answer === "retry" || answer === "publish") return [button({ ...base, style: "primary" })];
  if (answer === "skip" || answer === "forward") return [button(base)];
  const confirm = confirmation({
    title: answer === "abort" ? "Abort the run?" : `${offered.label}?`,
    text: `${run}: ${offered.does}.`,
    confirm: offered.label,
  });
  return [button({ ...base, style: "danger", confirm })];
}

function answeredText(asked: AskedStep, decision: StepDecision, by: Who): string {
  const at = timeOf(decision.at, asked.timeZone, asked.now);
  const label = `*${escapeWithin(answerInWords(asked.question, decision.answer), 75)}*`;
  const offered = asked.question.answers.find((each) => each.answer === decision.answer);
  const does = offered ? `: ${escapeWithin(oneLine(offered.does), 300)}` : "";
  const comment = decision.comment ? escapeWithin(oneLine(decision.comment), 500) : "";
  switch (decision.via) {
    case "deadline":
      return `Nobody answered until ${at}. ${label}${does}.`;
    case "run":
      return `Settled at ${at} without an answer: ${comment || `${label}${does}`}.`;
    default: {
      const name = `*${escapeWithin(oneLine(by.name), 100)}*`;
      return `${name} answered ${label} at ${at}${does}.${comment ? `\n> ${comment}` : ""}`;
    }
  }
}
