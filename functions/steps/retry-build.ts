import { config } from "../runtime/config.ts";
import { BuildNotStarted, StableMoved } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { repositoryInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { type ExpectedBuild, expectedBuild, findBuild } from "./build-wait.ts";
import { thenShow } from "./live-message.ts";
import { approvedRepository, assertMayChange } from "./run-context.ts";

/**
 * Starts a build again: by a dispatch where the workflow allows it, else by its failed jobs. A newer attempt that is
 * under way or succeeded, whoever started it, is left alone; so running twice starts one.
 * @throws StableMoved; BuildNotStarted when there is neither a dispatch nor a run to run again.
 */
const work = step("retry-build", repositoryInput, async ({ run, repository }) => {
  await assertMayChange(run);
  const expected = await expectedBuild(run, repository);
  const build = await findBuild(repository, expected);
  if (build && (build.status !== "completed" || build.conclusion === "success")) return {};

  const hub = await github();
  await assertStableStays(repository, expected);
  if ((await approvedRepository(run, repository)).dispatch) {
    const dispatched = await hub.dispatchWorkflow(
      repository,
      expected.workflow,
      config().github.stableBranch,
    );
    await runs().saveRepository(run, repository, { dispatchedRun: dispatched, dispatchedAfter: 0 });
    log("retry-build.dispatched", { workflowRun: dispatched });
  } else {
    // Without a newer attempt: the one that was asked for before, and did not come.
    const last = build?.id ?? (await runs().repository(run, repository))?.dispatchedRun;
    if (last === undefined) throw neverStarted(repository, expected.workflow);
    await hub.rerunFailedJobs(repository, last);
    // GitHub may show the failed attempt for a while: it counts no more.
    if (build) {
      const { id: dispatchedRun, attempt: dispatchedAfter } = build;
      await runs().saveRepository(run, repository, { dispatchedRun, dispatchedAfter });
    }
    log("retry-build.rerun", { workflowRun: last, attempt: build?.attempt ?? null });
  }
  await runs().saveRepository(run, repository, { stage: "building", note: null });
  return {};
});

export const handler = thenShow(work);

/** A dispatch builds whatever the branch holds: only what was approved is built, and only its build would be found. */
async function assertStableStays(repository: string, { branch, sha }: ExpectedBuild): Promise<void> {
  const head = await (await github()).branchHead(repository, branch);
  if (head === sha) return;
  throw new StableMoved(
    `${repository}: ${branch} is at ${head ?? "nothing"}, not at the approved ${sha}: somebody moved it. ` +
      "Go on without it, and plan again.",
  );
}

function neverStarted(repository: string, workflow: string): BuildNotStarted {
  return new BuildNotStarted(
    `${repository}: there is no run of ${workflow} to run again, and it allows no dispatch. ` +
      "Start it at GitHub, then try again.",
  );
}
