import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { showProgress } from "./live-message.ts";

/** Production after the rollout (checklist: "check the production state"). */
export const handler = step("inspect-production", runInput, async ({ run }) => {
  await showProgress(run, "InspectProduction");
  const report = await takeHealthReport("production");
  await runs().saveReport(run, "production", report);
  return { verdict: report.verdict };
});
