import { z } from "zod";
import { decisionKey, stopKey } from "../domain/keys.ts";
import { approvalDigest } from "../domain/objects-plan.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { controlButton } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { objects as objectsStore } from "../store/objects.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { type Asking, sendQuestion, sendReminder } from "./approval-messages.ts";
import { showProgress, vetoValue } from "./live-message.ts";
import { assertNotStopped, minutesAfter, now } from "./run-context.ts";

const input = waitingInput.extend({ question: z.string().min(1), version: z.number().int() });

/**
 * Asks the team to approve a plan, and waits for the first decision. The state is entered again after its timeout: then
 * this reminds, and after the window it decides `expired` itself, unless a person was first.
 *
 * A decision has no source but the store: it is stored before anybody is resumed, and looked for at every entry.
 */
export const handler = step("ask-approval", input, async ({ run: id, question, version, taskToken }) => {
  const [run, plan, objects] = await Promise.all([
    runs().get(id),
    runs().plan(id, version),
    objectsStore().plan(id),
  ]);
  if (!run || !plan) throw new NotFound(`${id} or version ${version} of its plan is not in the store.`);
  await assertNotStopped(id);
  const { schedule, limits } = config();
  await offerVeto(id);
  await showProgress(id, "AskApproval");
  const wait = await waits().register({
    id: `${id}/AskApproval/${question}`,
    run: id,
    keys: [decisionKey(id, question), stopKey(id)],
    after: {},
    token: taskToken,
    deadline: minutesAfter(now(), schedule.windowMinutes),
  });
  if (wait.status === "resumed") return {};

  const asking: Asking = {
    run,
    question,
    plan,
    objects,
    askedAt: wait.firstRegisteredAt,
    expiresAt: wait.deadline ?? run.windowEnd,
  };
  if (await runs().decision(id, question)) return await resume(id, question);
  if (now() >= asking.expiresAt) {
    await runs().decide(id, {
      question,
      answer: "expired",
      by: "stablehand",
      at: now(),
      via: "deadline",
      planDigest: approvalDigest(plan, objects),
      changes: null,
      until: null,
      comment: null,
    });
    log("ask-approval.expired", { question });
    return await resume(id, question);
  }
  // What is asked again after a postponement has a window of its own.
  if (asking.expiresAt !== run.windowEnd) await runs().update(id, { windowEnd: asking.expiresAt });
  await sendQuestion(asking);
  const waited = (Date.parse(now()) - Date.parse(asking.askedAt)) / 60_000;
  const reminders = Math.floor(waited / limits.reminderMinutes);
  if (reminders > 0) await sendReminder(asking, reminders);
  return {};
});

/** A question can be postponed by a day, again and again. What a veto does ends with the run in any case. */
const vetoMinutes = 7 * 24 * 60;

/** From now on anyone of the team can end the run, by a button of the run's message. */
async function offerVeto(run: string): Promise<void> {
  const expiresAt = minutesAfter(now(), vetoMinutes);
  await runs().remember(run, vetoValue, await controlButton({ run, action: "veto", expiresAt }));
}

async function resume(run: string, question: string): Promise<object> {
  await waits().signal({ key: decisionKey(run, question), id: "decision", origin: "recheck", body: {} });
  return {};
}
