import { config } from "../runtime/config.ts";
import { StableMoved } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { repositoryInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { noteFirstMove, rememberBefore } from "./before-move.ts";
import { thenShow } from "./live-message.ts";
import { approvedRepository, assertMayChange, buildConfig, stableAfter } from "./run-context.ts";

/**
 * Dispatches the image workflow of a repository: its branch stays and what its images install has moved, or its branch
 * moved to a commit that starts no workflow by itself (`[skip ci]`).
 *
 * Running twice: the dispatched run is remembered; when the process died between dispatching and remembering, the run
 * is found again among those that began later.
 * @throws StableMoved, PermissionDenied, RunSuperseded
 */
const work = step("rebuild-images", repositoryInput, async ({ run, repository }) => {
  await assertMayChange(run);
  const sha = stableAfter(await approvedRepository(run, repository));
  const { stableBranch: branch } = config().github;
  const { workflow } = buildConfig(repository);
  const hub = await github();

  const head = await hub.branchHead(repository, branch);
  if (head !== sha) {
    throw new StableMoved(
      `${repository}: ${branch} is at ${head ?? "nothing"}, not at the approved ${sha}: somebody moved it. Plan again.`,
    );
  }
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
