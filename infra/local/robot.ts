import { messageOf } from "../../functions/runtime/errors.ts";
import {
  type Approver,
  answerByLink,
  createApprover,
  offeredAnswers,
  type PersonalMessage,
} from "./approver.ts";
import type { Options, RobotAnswers } from "./options.ts";
import type { System } from "./system.ts";
import { paint, type View } from "./view.ts";

/**
 * Stands in for the approvers of a run: it finds in Slack what they are asked, and answers by their links and buttons.
 * Without `--yes` it only shows the links, and the person at the terminal decides.
 */
export interface Robot {
  /** Looks once. Slack being away is no trouble: it looks again later. */
  look(): Promise<void>;
  /** Resolves when everything that was found is answered. */
  settled(): Promise<void>;
}

interface RobotOptions {
  run: string;
  options: Pick<Options, "yes" | "answers">;
  view: View;
}

/** The same step is tried again so often; then it is left out where that is safe, else the run is aborted. */
const mostRetries = 2;

export function createRobot(system: System, { run, options, view }: RobotOptions): Robot {
  const { faults, slack } = system.world;
  const approvers = system.config.people
    .filter((each) => each.approver && !each.away)
    .map((person) => createApprover(person, { slackApiUrl: slack.url, token: slack.botToken }));
  const [first, second] = approvers;
  const appliesObjects = faults.has("objects-changed") || faults.has("main-moves-before-apply");
  let answering = Promise.resolve();

  async function look(): Promise<void> {
    const messages = await newMessages(first);
    for (const message of messages) {
      if (!options.yes) show(message);
      else if (isWaitedOut(message)) answering = answering.then(() => attempt(message));
    }
  }

  async function newMessages(approver: Approver | undefined): Promise<PersonalMessage[]> {
    try {
      return (await approver?.newMessages(run)) ?? [];
    } catch {
      return [];
    }
  }

  function show({ page, question, reminder, link }: PersonalMessage): void {
    if (reminder) return;
    const what = page !== "question" ? "Your decision:" : `Your answer about ${question}:`;
    view.event("→", `${paint("bold", what)} ${link}`);
  }

  /** Each message is answered once; a late approver leaves the first one unread. */
  function isWaitedOut({ page, reminder }: PersonalMessage): boolean {
    const late = page === "approval" && faults.has("approver-late");
    if (late && !reminder) faults.note("approver-late", "the robot waits for the first reminder");
    return late === reminder;
  }

  async function attempt(message: PersonalMessage): Promise<void> {
    const { page, question, link } = message;
    try {
      const answer = page === "question" ? await chosen(message, options.answers) : "approve";
      if (answer === null) return;
      const applies = page === "approval" && appliesObjects;
      const what = applies
        ? "approves, with the Kubernetes objects"
        : page === "question"
          ? `answers “${answer}” about ${question}`
          : "approves";
      view.event("→", `the robot opens the link that ${first?.person.name} got in Slack, and ${what}`);
      const other = faults.has("two-approvers") ? second : undefined;
      const [{ late }] = await Promise.all([
        answerByLink(link, answer, applies ? { objects: "apply" } : {}),
        other && press(other, message, answer),
      ]);
      if (late) view.event("→", `${first?.person.name} is told that somebody else was first`);
    } catch (thrown) {
      view.event("✘", `the robot could not answer ${question}: ${messageOf(thrown)}`, "red");
    }
  }

  /** The other approver presses the button in the channel. */
  async function press({ person }: Approver, message: PersonalMessage, answer: string): Promise<void> {
    const key = message.page !== "question" ? message.question : `question/${message.question}`;
    const ts = (await slack.messages(slack.channelId)).find((each) => keyOf(each) === `${run}/${key}`)?.ts;
    if (!ts) return;
    faults.note("two-approvers", `${person.name} answers ${message.question} at the same moment`);
    const before = slack.privateReplies(person.slack).length;
    const actionId = `${message.page}.${answer}`;
    await slack.press({ userId: person.slack, channel: slack.channelId, ts, actionId });
    const [told] = slack.privateReplies(person.slack).slice(before);
    if (told) view.event("→", `Slack tells ${person.name}: ${told}`);
  }

  return {
    look,
    async settled() {
      await answering;
    },
  };
}

/** What a person on duty would say where trying again is not the thing: the first one that is offered. */
const sensible: Record<string, string[]> = {
  AskRollback: ["rollback", "workers", "forward"],
  AskMoveBack: ["rollback"],
};

/** Null: there is nothing to answer any more. */
async function chosen({ question, link }: PersonalMessage, answers: RobotAnswers): Promise<string | null> {
  const offered = await offeredAnswers(link);
  if (offered.length === 0) return null;
  const [, step = question, time] = /^(\w+)(?:\/.+)?-(\d+)$/.exec(question) ?? [];
  const usual =
    answers.otherwise === "retry" ? sensible[step]?.find((each) => offered.includes(each)) : undefined;
  const wanted = answers.bySteps[step] ?? usual ?? answers.otherwise;
  const inVain = wanted === "retry" && Number(time) > mostRetries;
  const order = inVain ? ["skip", "abort", "retry"] : [wanted, "retry", "publish", "abort"];
  return order.find((answer) => offered.includes(answer)) ?? null;
}

function keyOf({ metadata }: { metadata?: unknown }): string | null {
  const payload = (metadata as { event_payload?: { key?: string } } | undefined)?.event_payload;
  return payload?.key ?? null;
}
