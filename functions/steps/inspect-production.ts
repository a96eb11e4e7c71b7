import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { tellRole } from "./role-issue.ts";

/** Production after the rollout (checklist: "check the production state"). */
export const handler = step("inspect-production", runInput, async ({ run }) => {
  const report = await takeHealthReport("production");
  await runs().saveReport(run, "production", report);
  await tellRole(run);
  return { verdict: report.verdict };
});
