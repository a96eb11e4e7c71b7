import { z } from "zod";
import { BadInput, messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { cleanupPlan } from "./cleanup-context.ts";
import { showCleanupDecision } from "./cleanup-slack.ts";
import { stopWords } from "./run-context.ts";

const input = runInput.extend({ question: z.string().min(1) });

/** What the state machine goes on with. `stop`: somebody stopped the run before anybody decided. */
interface Settled {
  answer: "approve" | "reject" | "expired" | "stop";
  reason: string;
}

/** Reads the decision from the store, never from what came with the token. */
export const handler = step("read-cleanup-decision", input, async ({ run, question }): Promise<Settled> => {
  const { stop } = await questions().control(run);
  if (stop) return { answer: "stop", reason: stopWords(stop) };
  const [record, decision, plan] = [
    await runs().get(run),
    await runs().decision(run, question),
    await cleanupPlan(run),
  ];
  if (!record || !decision) throw new NotFound(`${run}: ${question} has no decision in the store.`);
  const { answer, by, comment } = decision;
  if (answer === "postpone" || decision.planDigest !== plan.digest) {
    throw new BadInput(`${run}: the answer of ${by} is not to the plan that was shown.`);
  }
  log("read-cleanup-decision.read", { question, answer, by });
  await runs().update(run, { decision: answer });
  try {
    await showCleanupDecision({ run, question, plan, expiresAt: record.windowEnd }, decision);
  } catch (thrown) {
    log("read-cleanup-decision.not-shown", { reason: messageOf(thrown) }, "warn");
  }
  const declined = `declined by ${by}${comment ? `: ${comment}` : ""}`;
  const reason = { approve: "", reject: declined, expired: "nobody answered in time" }[answer];
  return { answer, reason };
});
