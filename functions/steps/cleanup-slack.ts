import {
  type CleanupQuestion,
  cleanupDecidedMessage,
  cleanupLinkMessage,
  cleanupMessage,
} from "../domain/cleanup-messages.ts";
import type { CleanupPlan } from "../domain/cleanup-plan.ts";
import type { Decision } from "../domain/decision.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { cleanupButton, cleanupLink } from "../runtime/links.ts";
import { type SlackPlace, slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { tellApprovers } from "./tell-approvers.ts";

/** A cleanup that is asked about, and until when. */
export interface AskedCleanup {
  run: string;
  question: string;
  plan: CleanupPlan;
  /** ISO 8601. */
  expiresAt: string;
}

const placeKey = (question: string) => `slack/${question}`;

/** Asks in the channel, and sends each approver a personal link. Every message goes out once, however often it runs. */
export async function askInSlack(asked: AskedCleanup): Promise<void> {
  const { run, question, plan, expiresAt } = asked;
  const bound = { run, question, plan: plan.digest, expiresAt };
  const message = cleanupMessage(questionOf(asked), {
    approve: await cleanupButton({ ...bound, answer: "approve" }),
    reject: await cleanupButton({ ...bound, answer: "reject" }),
  });
  const { channel } = config().slack;
  const place = await (await slack()).postOnce({ channel, key: `${run}/${question}`, ...message });
  await runs().remember<SlackPlace>(run, placeKey(question), place);
  await sendLinks(asked, "link");
}

/** Tells every approver again. @param number counts the reminders. */
export async function remindOfCleanup(asked: AskedCleanup, number: number): Promise<void> {
  await sendLinks(asked, `reminder-${number}`);
}

async function sendLinks(asked: AskedCleanup, kind: string): Promise<void> {
  const { run, question, plan, expiresAt } = asked;
  await tellApprovers(run, `${run}/${question}/${kind}`, async ({ github: login }) => {
    const url = await cleanupLink({ login, run, question, plan: plan.digest, expiresAt });
    return cleanupLinkMessage(questionOf(asked), url, kind !== "link");
  });
}

/** Puts the decision where the buttons were. */
export async function showCleanupDecision(asked: AskedCleanup, decision: Decision): Promise<void> {
  const place = await runs().recall<SlackPlace>(asked.run, placeKey(asked.question));
  if (!place) return;
  const message = cleanupDecidedMessage(questionOf(asked), decision, personOf(decision.by));
  await (await slack()).update({ ...place, ...message });
}

function questionOf({ run, plan, expiresAt }: AskedCleanup): CleanupQuestion {
  return { ...runFacts(run), plan, expiresAt };
}
