import { withheldComment } from "../domain/post-comments.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import type { Run } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { type DraftedPost, issues, postOf, runOf, siteRepository } from "./news-context.ts";
import { headsOf } from "./news-draft.ts";
import { endUnpublished } from "./news-end.ts";
import { approvedPlan } from "./run-context.ts";

const input = runInput.extend({ resumed: resumedWith });

/**
 * What became of the deployment that the post tells of, from the run's own record.
 *
 * @returns `deployed`: all of it is in production. `changed`: not all of it, so the post is drafted again. `withheld`:
 *   the run failed or was aborted, so nothing is published. `running`: on with the wait.
 */
export const handler = step("read-production", input, async ({ run: id, resumed }) => {
  await waits().acknowledge(`${id}/AwaitProduction`, resumed);
  const [{ post }, run] = await Promise.all([postOf(id), runOf(id)]);
  if (run.status === "running") return { outcome: "running" };
  if (run.status !== "finished") {
    await withhold(run, post);
    return { outcome: "withheld" };
  }
  const heads = await headsOf(run, await approvedPlan(id));
  const same = [...heads].every(([name, head]) => post.heads[name] === head);
  return { outcome: same ? "deployed" : "changed" };
});

async function withhold(run: Run, post: DraftedPost): Promise<void> {
  const reason = `The deployment ${run.id} ended as ${run.status}${run.reason ? `: ${run.reason}` : ""}.`;
  const comment = { key: `${run.id}/withheld`, text: withheldComment(reason) };
  await (await issues()).keepComment(siteRepository().repository, post.pullRequest.number, comment);
  await endUnpublished(run.id, post, {
    status: "withheld",
    reason,
    next: "The next deployment that succeeds tells its news.",
  });
}
