import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { showProgress } from "./live-message.ts";
import { tellRole } from "./role-issue.ts";
import { approvedPlan } from "./run-context.ts";

/** The repositories whose images are being built: those of the plan, without what was left out since. */
export const handler = step("list-builds", runInput, async ({ run }) => {
  await showProgress(run, "FollowBuilds");
  const progress = await runs().repositories(run);
  const leftOut = new Set(
    progress.filter(({ stage }) => stage === "leftOut" || stage === "failed").map((each) => each.repository),
  );
  const repositories = (await approvedPlan(run)).repositories
    .filter(({ action, buildBy }) => (action === "move" || action === "rebuild") && buildBy !== null)
    .map((each) => each.name)
    .filter((name) => !leftOut.has(name));
  await tellRole(run);
  return { repositories, count: repositories.length };
});
