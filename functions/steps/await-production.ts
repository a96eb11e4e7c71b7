import { productionKey } from "../domain/keys.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { newsStore } from "../store/news.ts";
import { waits } from "../waits.ts";
import { newsName, runOf } from "./news-context.ts";

/**
 * Waits until the deployment is over, however it ends: whoever closes the run signals it. Each entry of the state looks
 * at the run's record, in case that signal was lost.
 */
export const handler = step("await-production", waitingInput, async ({ run, taskToken }) => {
  const key = productionKey(run);
  const wait = await waits().register({
    id: `${run}/AwaitProduction`,
    run: newsName(run),
    keys: [key],
    after: {},
    token: taskToken,
  });
  if (wait.status === "resumed") return {};
  const { status } = await runOf(run);
  if (status !== "running") {
    await waits().signal({ key, id: status, origin: "recheck", body: {} });
    return {};
  }
  await newsStore().update(run, { status: "production", note: "the end of the deployment" });
  return {};
});
