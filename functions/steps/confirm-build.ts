import { BuildFailed } from "../runtime/errors.ts";
import { repositoryInput, resumedWith, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { expectedBuild, findBuild } from "./build-wait.ts";
import { thenShow } from "./live-message.ts";
import { assertNotStopped } from "./run-context.ts";

const input = repositoryInput.extend({ resumed: resumedWith });

/**
 * Confirms with GitHub what the webhook claimed. `confirmed: false` means that the build still runs (another attempt
 * began, or the event was of no concern): wait on.
 * @throws BuildFailed when it ended without success.
 */
const work = step("confirm-build", input, async ({ run, repository, resumed }) => {
  await waits().acknowledge(`${run}/AwaitBuild/${repository}`, resumed);
  await assertNotStopped(run);
  const build = await findBuild(repository, await expectedBuild(run, repository));
  if (build?.status !== "completed") return { confirmed: false };
  const { id, attempt, url, conclusion } = build;
  await runs().saveRepository(run, repository, { buildRun: { id, attempt, url, conclusion } });
  if (conclusion !== "success") {
    const how = conclusion === "cancelled" ? "was cancelled" : `ended as ${conclusion}`;
    throw new BuildFailed(`${repository}: the build of attempt ${attempt} ${how}: ${url}`);
  }
  await runs().saveRepository(run, repository, { stage: "built", note: null });
  return { confirmed: true };
});

export const handler = thenShow(work);
