import { withNotifications } from "../domain/inspection.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { sinceLastDeployment } from "./health-sources.ts";
import { switchedOffNotifications } from "./notifications.ts";
import { productionStreams, streamsAtStart } from "./production-streams.ts";

/** The state of staging for the approver (checklist: "Check the current state of the staging deployment"). */
export const handler = step("inspect-staging", runInput, async ({ run }) => {
  const { report: staging } = await takeHealthReport("staging", { since: await sinceLastDeployment() });
  const report = withNotifications(staging, await switchedOff(run));
  await runs().saveReport(run, "staging", report);
  await rememberStreams(run);
  return { verdict: report.verdict };
});

/** Quay switches a notification off after failures: switched on again, but by a dry run. */
async function switchedOff(run: string): Promise<string[]> {
  try {
    const repair = (await runs().get(run))?.kind !== "dry-run";
    return await switchedOffNotifications({ repair });
  } catch (thrown) {
    log("inspect-staging.no-notifications", { reason: messageOf(thrown) }, "warn");
    return [];
  }
}

/** So that images which reach production while nobody has approved anything are noticed at the end. */
async function rememberStreams(run: string): Promise<void> {
  try {
    await runs().remember(run, streamsAtStart, await productionStreams());
  } catch (thrown) {
    log("inspect-staging.no-streams", { reason: messageOf(thrown) }, "warn");
  }
}
