import { config } from "../runtime/config.ts";
import { BuildNotStarted, StableMoved } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { repositoryInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { noteFirstMove, rememberBefore } from "./before-move.ts";
import { thenShow } from "./live-message.ts";
import { approvedRepository, assertMayChange, buildConfig, stableAfter } from "./run-context.ts";

/**
 * Dispatches the image workflow of a repository: its branch stays and what its images install has moved, or its branch
 * moved to a commit that starts no workflow by itself (`[skip ci]`). Where the workflow allows no dispatch, the run
 * that an earlier move started is taken over, its failed jobs run again.
 *
 * Running twice: the dispatched run is remembered; when the process died between dispatching and remembering, the run
 * is found again among those that began later.
 * @throws StableMoved, PermissionDenied, RunSuperseded, BuildNotStarted
 */
const work = step("rebuild-images", repositoryInput, async ({ run, repository }) => {
  await assertMayChange(run);
  const planned = await approvedRepository(run, repository);
  const sha = stableAfter(planned);
  const { stableBranch: branch } = config().github;
  const { workflow } = buildConfig(repository);
  const hub = await github();

  const head = await hub.branchHead(repository, branch);
  if (head !== sha) {
    throw new StableMoved(
      `${repository}: ${branch} is at ${head ?? "nothing"}, not at the approved ${sha}: somebody moved it. Plan again.`,
    );
  }
  if (planned.buildBy === "rerun") return await takeOver(run, repository, { workflow, branch, sha });

  const { value: before } = await rememberBefore(run, repository);
  const earlier = (
    await hub.workflowRuns(repository, workflow, { branch, sha, event: "workflow_dispatch" })
  ).find((each) => each.id > before.workflowRun);
  if (!earlier) await noteFirstMove(run);
  const dispatched = earlier?.id ?? (await hub.dispatchWorkflow(repository, workflow, branch));
  log("rebuild-images.dispatched", { workflowRun: dispatched, again: earlier !== undefined });
  await runs().saveRepository(run, repository, {
    stage: "rebuilding",
    note: null,
    dispatchedRun: dispatched,
  });
  return { workflowRun: dispatched };
});

export const handler = thenShow(work, "Promote");

/** What that run pushed, or pushes when its failed jobs run again, counts from its beginning on. */
async function takeOver(
  run: string,
  repository: string,
  { workflow, branch, sha }: { workflow: string; branch: string; sha: string },
): Promise<{ workflowRun: number }> {
  const hub = await github();
  const [build] = await hub.workflowRuns(repository, workflow, { branch, sha });
  if (!build) {
    throw new BuildNotStarted(
      `${repository}: GitHub no longer has a run of ${workflow} for ${sha.slice(0, 7)}. Start it there, then try again.`,
    );
  }
  const failed = build.status === "completed" && build.conclusion !== "success";
  await rememberBefore(run, repository, async () => ({
    at: build.createdAt,
    workflowRun: build.id - 1,
    tags: {},
  }));
  const known = await runs().repository(run, repository);
  const again = known?.dispatchedRun === build.id;
  const dispatchedAfter = again ? (known.dispatchedAfter ?? 0) : build.attempt - (failed ? 0 : 1);
  await runs().saveRepository(run, repository, {
    stage: "rebuilding",
    note: null,
    dispatchedRun: build.id,
    dispatchedAfter,
  });
  if (failed && build.attempt <= dispatchedAfter) {
    await noteFirstMove(run);
    await hub.rerunFailedJobs(repository, build.id);
  }
  log("rebuild-images.taken-over", { workflowRun: build.id, attempt: build.attempt, failed });
  return { workflowRun: build.id };
}
