import { setTimeout as sleep } from "node:timers/promises";
import { stopKey, timeKey } from "../domain/keys.ts";
import { config } from "../runtime/config.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { showProgress } from "./live-message.ts";
import { nextQuestionId } from "./question-number.ts";
import { repairsDone } from "./repair-rounds.ts";
import { assertNotStopped, minutesAfter, now } from "./run-context.ts";

/** What is left of the time, in ms, that is waited for at once instead of entering the state again. */
const shortRest = 1500;

/**
 * Lets the new pods work for `limits.soakMinutes` before anybody judges them: the service has no readiness probe, so
 * that a pod runs proves little. Entered again after its timeout until the time is over, or until the run is stopped.
 */
export const handler = step("await-soak", waitingInput, async ({ run, taskToken }) => {
  await assertNotStopped(run);
  await showProgress(run, "AwaitSoak");
  // A person's retry soaks anew, as it comes after another question, and so does a repair.
  const { value: until } = await runs().remember(
    run,
    `soak/${await nextQuestionId(run, "AwaitSoak", null)}/${await repairsDone(run)}`,
    minutesAfter(now(), config().limits.soakMinutes),
  );
  const key = timeKey(run, until);
  const wait = await waits().register({
    id: `${run}/AwaitSoak/${until}`,
    run,
    keys: [key, stopKey(run)],
    after: {},
    token: taskToken,
    deadline: until,
  });
  const left = Date.parse(until) - Date.now();
  if (wait.status === "waiting" && left <= shortRest) {
    await sleep(Math.max(0, left));
    await waits().signal({ key, id: "over", origin: "recheck", body: {} });
  }
  return {};
});
