import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { sinceLastDeployment } from "./health-sources.ts";
import { productionStreams, streamsAtStart } from "./production-streams.ts";

/** The state of staging for the approver (checklist: "Check the current state of the staging deployment"). */
export const handler = step("inspect-staging", runInput, async ({ run }) => {
  const { report } = await takeHealthReport("staging", { since: await sinceLastDeployment() });
  await runs().saveReport(run, "staging", report);
  await rememberStreams(run);
  return { verdict: report.verdict };
});

/** So that images which reach production while nobody has approved anything are noticed at the end. */
async function rememberStreams(run: string): Promise<void> {
  try {
    await runs().remember(run, streamsAtStart, await productionStreams());
  } catch (thrown) {
    log("inspect-staging.no-streams", { reason: messageOf(thrown) }, "warn");
  }
}
