import { expectedDeployment } from "../domain/expected-deployment.ts";
import { compareWithBaseline } from "../domain/regression.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { sinceImport } from "./health-sources.ts";
import { showProgress } from "./live-message.ts";
import { proveImages } from "./proof.ts";
import { tellRole } from "./role-issue.ts";
import { approvedPlan, assertNotStopped } from "./run-context.ts";

/**
 * Production after the rollout (checklist: "check the production state"), judged against what it was before anything
 * moved and by what the run expected to deploy. Stores the report, the comparison and the proof of every image.
 *
 * @returns `verdict`: `healthy`, `unverified` or `regressed`.
 */
export const handler = step("inspect-production", runInput, async ({ run }) => {
  await assertNotStopped(run);
  await showProgress(run, "InspectProduction");
  const plan = await approvedPlan(run);
  const progress = await runs().repositories(run);
  for (const { repository, notBuilt } of expectedDeployment(
    plan,
    Object.fromEntries(progress.map((each) => [each.repository, each.stage])),
  )) {
    if (notBuilt) await runs().saveRepository(run, repository, { notBuilt });
  }
  const { report, evidence } = await takeHealthReport("production", {
    since: await sinceImport(run),
    deployed: { plan, progress },
  });
  await runs().saveReport(run, "production", report);
  await proveImages(run, plan, evidence);
  const comparison = compareWithBaseline(await runs().report(run, "baseline"), report);
  await runs().saveComparison(run, comparison);
  const { outcome: verdict, worse, asBefore, unknown } = comparison;
  log(
    "inspect-production.compared",
    { verdict, worse: worse.length, asBefore: asBefore.length, unknown: unknown.length },
    verdict === "healthy" ? "info" : "warn",
  );
  await tellRole(run);
  return { verdict };
});
