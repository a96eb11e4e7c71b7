import { config } from "../runtime/config.ts";
import { ObjectsPinned } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { lastBuild, startBuild } from "./build-job.ts";
import { approvedObjects, objectsConfig, objectsMoved } from "./objects-commit.ts";
import { outcomeKey } from "./objects-end.ts";
import { assertMayChange } from "./run-context.ts";

/**
 * Starts the job that runs `make deploy` at the approved commit. A build that was started and not yet judged is not
 * started again.
 * @throws ObjectsMoved when the branch is elsewhere by now, since the playbook applies only its newest commit;
 *   ObjectsPinned while an image stream is pinned; RunSuperseded, RunStopped, RunPaused.
 */
export const handler = step("apply-objects", runInput, async ({ run }) => {
  await assertMayChange(run);
  const last = await lastBuild(run, "apply-objects");
  const judged = last ? await runs().recall<string>(run, outcomeKey(last.number)) : null;
  if (last && judged === null) return {};

  const pins = await ledger().pins();
  if (pins.length > 0) {
    const names = pins.map(({ stream, run: by }) => `${stream} (by ${by})`).join(", ");
    throw new ObjectsPinned(
      `make deploy would apply the image streams again, and so unpin ${names}. Unpin first, or leave the objects.`,
    );
  }
  const { repository, branch, service, deployment } = objectsConfig();
  const { commit } = await approvedObjects(run);
  if ((await (await github()).branchHead(repository, branch)) !== commit) {
    throw await objectsMoved(run, "ApplyObjects", commit);
  }
  const { webUrl, owner } = config().github;
  await startBuild(run, "apply-objects", {
    number: (last?.number ?? 0) + 1,
    variables: {
      REPOSITORY: `${webUrl}/${owner}/${repository}.git`,
      BRANCH: branch,
      COMMIT: commit,
      SERVICE: service,
      DEPLOYMENT: deployment,
    },
  });
  await runs().record(run, {
    code: "objects.begun",
    text: `make deploy begins at ${commit.slice(0, 7)} of ${repository}`,
    state: "ApplyObjects",
    key: `objects-begun#${(last?.number ?? 0) + 1}`,
  });
  log("apply-objects.begun", { commit });
  return {};
});
