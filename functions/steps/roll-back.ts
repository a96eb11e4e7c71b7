import { rollbackKey } from "../domain/keys.ts";
import { personOf } from "../facts.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { startRollback } from "../start-rollback.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { showProgress } from "./live-message.ts";
import { newestQuestion } from "./question-number.ts";
import { outcomeKey, type RollbackOutcome } from "./rollback-plan.ts";
import { now } from "./run-context.ts";

const readKey = (number: number) => `rollback-read/${number}`;

/**
 * Starts the rollback as a flow of its own and waits until that one says that it has ended. What is to go back, and who
 * said so, comes from the store. Each entry of the state looks at the execution itself: one that died says nothing.
 *
 * A stop does not end this wait: the rollback looks for it before each change, and ends by itself.
 */
export const handler = step("roll-back", waitingInput, async ({ run, taskToken }) => {
  await showProgress(run, "RollBack");
  const number = await nextRollback(run);
  const question = await newestQuestion(run, "AskRollback", null);
  const decision = question && (await questions().answerTo(run, question.id));
  if (!decision) throw new NotFound(`${run}: nobody decided to roll back.`);
  const key = rollbackKey(run, number);
  const wait = await waits().register({
    id: `${run}/RollBack/${number}`,
    run,
    keys: [key],
    after: {},
    token: taskToken,
  });
  if (wait.status === "resumed") return {};

  const { execution, started } = await startRollback({
    run,
    of: run,
    number,
    scope: decision.answer === "workers" ? "workers" : "all",
    by: decision.by,
    reason: decision.via === "run" ? (decision.comment ?? "") : `${personOf(decision.by).name} decided so.`,
  });
  const status = await stepFunctions().executionStatus(execution);
  if (started && (status === "RUNNING" || status === null)) return {};
  log("roll-back.ended-unheard", { number, status }, "warn");
  await runs().remember<RollbackOutcome>(run, outcomeKey(number), {
    status: "failed",
    reason: `its execution ended as ${status ?? "unknown"} without a word`,
  });
  await waits().signal({ key, id: `recheck/${now()}`, origin: "recheck", body: {} });
  return {};
});

/** The first try whose end was not read yet. */
export async function nextRollback(run: string): Promise<number> {
  for (let number = 1; ; number++) {
    if ((await runs().recall(run, readKey(number))) === null) return number;
  }
}

export async function markRollbackRead(run: string, number: number): Promise<void> {
  await runs().remember(run, readKey(number), true);
}
