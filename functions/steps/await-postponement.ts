import { z } from "zod";
import { stopKey, timeKey } from "../domain/keys.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { waits } from "../waits.ts";
import { showProgress } from "./live-message.ts";
import { now } from "./run-context.ts";

const input = waitingInput.extend({ until: z.iso.datetime(), question: z.string().min(1) });

/** Waits until the time that an approver named, to the precision of the state's timeout, or until the run is stopped. */
export const handler = step("await-postponement", input, async ({ run, until, question, taskToken }) => {
  await showProgress(run, "AwaitPostponement");
  const key = timeKey(run, until);
  const wait = await waits().register({
    id: `${run}/AwaitPostponement/${question}`,
    run,
    keys: [key, stopKey(run)],
    after: {},
    token: taskToken,
    deadline: until,
  });
  if (wait.status === "waiting" && now() >= until) {
    await waits().signal({ key, id: "over", origin: "recheck", body: {} });
  }
  return {};
});
