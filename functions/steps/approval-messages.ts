import type { Decision } from "../domain/decision.ts";
import type { HealthReport } from "../domain/health-report.ts";
import {
  type ApprovalButtons,
  type ApprovalQuestion,
  approvalMessage,
  decidedMessage,
  personalLinkMessage,
  reminderMessage,
  withdrawnMessage,
} from "../domain/messages.ts";
import { approvalDigest, type ObjectsPlan, offersObjects } from "../domain/objects-plan.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { SlackMessage } from "../domain/slack-blocks.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { buttonValue, personalLink } from "../runtime/links.ts";
import { type SlackPlace, slack } from "../services/slack.ts";
import { type Run, runs } from "../store/runs.ts";
import { minutesAfter, now } from "./run-context.ts";
import { runPage } from "./run-page.ts";
import { tellApprovers } from "./tell-approvers.ts";

/** An approval that is asked, and until when. */
export interface Asking {
  run: Run;
  question: string;
  plan: PromotionPlan;
  objects: ObjectsPlan | null;
  /** ISO 8601. */
  askedAt: string;
  expiresAt: string;
}

const placeKey = (question: string) => `slack/${question}`;

/** Asks in the channel, and sends each approver a personal link. Every message goes out once, however often it runs. */
export async function sendQuestion(asking: Asking): Promise<void> {
  const { run, question, plan, objects, expiresAt } = asking;
  const report = await runs().report(run.id, "staging");
  const bound = { run: run.id, question, plan: approvalDigest(plan, objects), expiresAt };
  const message = approvalMessage(await questionOf(asking, report), {
    ...(await approveValues(bound, objects)),
    reject: await buttonValue({ ...bound, answer: "reject" }),
    postpone: await buttonValue({ ...bound, answer: "postpone", minutes: 60 }),
  });
  const place = await (await slack()).postOnce({
    channel: config().slack.channel,
    key: `${run.id}/${question}`,
    ...message,
  });
  await runs().remember<SlackPlace>(run.id, placeKey(question), place);
  await tellApprovers(run.id, `${run.id}/${question}/link`, async ({ github }) => {
    const url = await linkFor(github, asking);
    return personalLinkMessage({ ...runFacts(run.id), plan, url, expiresAt });
  });
}

/** Where Kubernetes objects are offered, the first button does what the configuration says, and the other the contrary. */
async function approveValues(
  bound: Omit<Parameters<typeof buttonValue>[0], "answer">,
  objects: ObjectsPlan | null,
): Promise<Pick<ApprovalButtons, "approve" | "other">> {
  const approve = { ...bound, answer: "approve" } as const;
  if (!offersObjects(objects)) return { approve: await buttonValue(approve) };
  const byDefault = config().objects?.applyByDefault ?? false;
  return {
    approve: await buttonValue({ ...approve, objects: byDefault }),
    other: { value: await buttonValue({ ...approve, objects: !byDefault }), applies: !byDefault },
  };
}

/** Tells every approver again. @param number counts the reminders of a question. */
export async function sendReminder(asking: Asking, number: number): Promise<void> {
  const { run, question, askedAt, expiresAt } = asking;
  await tellApprovers(run.id, `${run.id}/${question}/reminder-${number}`, async ({ github }) => {
    const url = await linkFor(github, asking);
    return reminderMessage({ ...runFacts(run.id), url, askedAt, expiresAt });
  });
}

/** A question that is over. */
interface Asked {
  question: string;
  plan: PromotionPlan;
  objects: ObjectsPlan | null;
}

/** Puts the decision where the buttons were. */
export async function showDecision(run: string, asked: Asked, decision: Decision): Promise<void> {
  const by = personOf(decision.by);
  await replace(run, asked, decision.at, (question) => decidedMessage(question, decision, by));
}

/** Puts where the buttons were that nobody is asked any more. @param why such as "vetoed by Dana". */
export async function showWithdrawn(run: string, asked: Asked, why: string): Promise<void> {
  await replace(run, asked, now(), (question) => withdrawnMessage(question, why));
}

async function replace(
  run: string,
  asked: Asked,
  askedAt: string,
  messageOf: (question: ApprovalQuestion) => SlackMessage,
): Promise<void> {
  const [record, place, report] = await Promise.all([
    runs().get(run),
    runs().recall<SlackPlace>(run, placeKey(asked.question)),
    runs().report(run, "staging"),
  ]);
  if (!record || !place) return;
  const message = messageOf(
    await questionOf({ ...asked, run: record, askedAt, expiresAt: record.windowEnd }, report),
  );
  await (await slack()).update({ ...place, ...message });
}

/** Who is asked: approvers who are not away. */
async function linkFor(login: string, { run, question, plan, objects, expiresAt }: Asking): Promise<string> {
  const digest = approvalDigest(plan, objects);
  return await personalLink({ login, run: run.id, question, plan: digest, expiresAt });
}

async function questionOf(
  { run, plan, objects, askedAt, expiresAt }: Asking,
  report: HealthReport | null,
): Promise<ApprovalQuestion> {
  return {
    ...runFacts(run.id),
    github: config().github,
    plan,
    objects,
    report,
    duty: run.duty && { ...personOf(run.duty.login), how: run.duty.how, note: run.duty.note },
    purpose: run.purpose,
    expectedEnd: minutesAfter(askedAt, plan.expected.minutes),
    windowEnd: expiresAt,
    runUrl: await runPage(run.id),
  };
}
