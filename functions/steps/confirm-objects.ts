import { z } from "zod";
import { list } from "../domain/words.ts";
import { ObjectsFailed } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import type { JobState } from "../services/codebuild.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { confirmBuild, resultOf } from "./build-job.ts";
import { approvedObjects, objectsMoved } from "./objects-commit.ts";
import { outcomeKey } from "./objects-end.ts";
import { assertNotStopped, now } from "./run-context.ts";

const input = runInput.extend({ resumed: resumedWith });

/** What outcome.mjs prints, with its limits. */
const result = z.strictObject({
  outcome: z.enum(["began", "moved", "applied", "failed"]),
  tasks: z.array(z.string().max(240)).max(10),
});

/**
 * Judges the job by what CodeBuild says of it. `confirmed: false` means that it still runs: wait on. What was applied
 * goes into the ledger, from which the next plan compares.
 * @throws ObjectsFailed with the names of the failed tasks; ObjectsMoved when the branch moved before the job read it.
 */
export const handler = step("confirm-objects", input, async ({ run, resumed }) => {
  const build = await confirmBuild(run, "AwaitObjects", { project: "apply-objects", resumed });
  if (!build) {
    await assertNotStopped(run);
    return { confirmed: false };
  }
  const { number, job, id } = build;
  const said = resultOf(job, result);
  const { commit, vault } = await approvedObjects(run);
  if (job.status === "succeeded" && said?.outcome === "applied") {
    await ledger().setAppliedObjects({ commit, vault, run, at: now() });
    await runs().remember(run, outcomeKey(number), "applied");
    await runs().record(run, {
      code: "objects.applied",
      text: `make deploy has applied ${commit.slice(0, 7)}`,
      state: "ConfirmObjects",
      key: `objects-applied#${number}`,
    });
    log("confirm-objects.applied", { commit });
    return { confirmed: true };
  }
  // The offer names the question that comes next, so it is made before the build counts as judged.
  const problem =
    said?.outcome === "moved"
      ? await objectsMoved(run, "ConfirmObjects", commit)
      : new ObjectsFailed(failureText(job, id, said?.tasks ?? []));
  await runs().remember(run, outcomeKey(number), said?.outcome ?? "failed");
  log("confirm-objects.failed", { outcome: said?.outcome ?? null, tasks: said?.tasks ?? [] }, "error");
  throw problem;
});

function failureText({ word, url }: JobState, id: string, tasks: readonly string[]): string {
  const where = `Ansible's output is in the bucket for it, under ansible/${id.slice(id.indexOf(":") + 1)}.log; only admins can read it.`;
  const page = url ? ` The job: ${url}` : "";
  if (tasks.length === 0) return `make deploy ended as ${word}, in none of its tasks. ${where}${page}`;
  const failed = tasks.length === 1 ? "this task" : "these tasks";
  return `make deploy failed in ${failed}: ${list(tasks.map((task) => `“${task}”`))}. ${where}${page}`;
}
