import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { takeHealthReport } from "./health.ts";
import { sinceLastDeployment } from "./health-sources.ts";
import { showProgress } from "./live-message.ts";
import { productionStreams, type StreamDigests } from "./production-streams.ts";
import { tellRole } from "./role-issue.ts";

/** What production was before anything moved. */
export interface Baseline {
  streams: StreamDigests;
}

/**
 * Production's health and the digests of its streams, before anything moves: what a regression is judged against, and
 * the way back. Remembered once, so that a second look cannot take the new images for the old ones.
 */
export const handler = step("inspect-baseline", runInput, async ({ run }) => {
  await showProgress(run, "InspectBaseline");
  const baseline: Baseline = { streams: await productionStreams() };
  const { first } = await runs().remember(run, "baseline", baseline);
  if (first || !(await runs().report(run, "baseline"))) {
    const { report } = await takeHealthReport("production", { since: await sinceLastDeployment() });
    await runs().saveReport(run, "baseline", report);
  }
  await tellRole(run);
  return {};
});
