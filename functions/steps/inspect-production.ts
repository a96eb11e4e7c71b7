import type { Verdict } from "../domain/health-report.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";

/** Production after the rollout (checklist: "check the production state"). */
export const handler = step("inspect-production", runInput, async ({ run }) => {
  const report = await takeHealthReport("production");
  await runs().saveReport(run, "production", report);
  return { verdict: verdicts[report.verdict] };
});

/** What could not be looked at does not pass for healthy. */
const verdicts: Record<Verdict, "healthy" | "regressed" | "unverified"> = {
  ok: "healthy",
  warning: "healthy",
  failed: "regressed",
  unknown: "unverified",
};
