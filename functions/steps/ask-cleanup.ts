import { z } from "zod";
import { decisionKey, stopKey } from "../domain/keys.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { cleanupPlan } from "./cleanup-context.ts";
import { askInSlack, remindOfCleanup } from "./cleanup-slack.ts";
import { assertNotStopped, now } from "./run-context.ts";

const input = waitingInput.extend({ question: z.string().min(1) });

/** So many of the usual reminders' intervals pass between two reminders: nothing is urgent here. */
const calmness = 24;

/**
 * Asks the team what may be deleted, and waits for the first decision. The state is entered again after its timeout: then
 * this reminds, and after the run's window it decides `expired` itself, unless a person was first.
 */
export const handler = step("ask-cleanup", input, async ({ run: id, question, taskToken }) => {
  const [run, plan] = [await runs().get(id), await cleanupPlan(id)];
  if (!run) throw new NotFound(`There is no run ${id} in the store.`);
  await assertNotStopped(id);
  const wait = await waits().register({
    id: `${id}/AskCleanup/${question}`,
    run: id,
    keys: [decisionKey(id, question), stopKey(id)],
    after: {},
    token: taskToken,
    deadline: run.windowEnd,
  });
  if (wait.status === "resumed") return {};
  if (await runs().decision(id, question)) return await resume(id, question);
  if (now() >= run.windowEnd) {
    await runs().decide(id, {
      question,
      answer: "expired",
      by: "stablehand",
      at: now(),
      via: "deadline",
      planDigest: plan.digest,
      changes: null,
      until: null,
      comment: null,
    });
    log("ask-cleanup.expired", { question });
    return await resume(id, question);
  }
  const asked = { run: id, question, plan, expiresAt: run.windowEnd };
  await askInSlack(asked);
  const waited = (Date.parse(now()) - Date.parse(wait.firstRegisteredAt)) / 60_000;
  const reminders = Math.floor(waited / (config().limits.reminderMinutes * calmness));
  if (reminders > 0) await remindOfCleanup(asked, reminders);
  return {};
});

async function resume(run: string, question: string): Promise<object> {
  await waits().signal({ key: decisionKey(run, question), id: "decision", origin: "recheck", body: {} });
  return {};
}
