import { z } from "zod";
import { stateOfObjects } from "../domain/objects-plan.ts";
import { NotFound, VaultUnread } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import { objects } from "../store/objects.ts";
import { confirmBuild, resultOf } from "./build-job.ts";
import { assertNotStopped } from "./run-context.ts";

const input = runInput.extend({ resumed: resumedWith });

/** What changelog.mjs prints, with its limits. */
const changes = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  lines: z.number().int().nonnegative(),
  since: z.enum(["first", "same", "added", "rewritten"]),
  added: z.array(z.string().max(320)).max(20),
  more: z.number().int().nonnegative(),
});

/**
 * Adds to the plan what the job says of the vault. `confirmed: false` means that the job still runs: wait on.
 * @throws VaultUnread when the job failed.
 */
export const handler = step("confirm-vault", input, async ({ run, resumed }) => {
  const build = await confirmBuild(run, "AwaitVault", { project: "read-vault", resumed });
  await assertNotStopped(run);
  if (!build) return { confirmed: false, changed: false };
  const vault = build.job.status === "succeeded" ? resultOf(build.job, changes) : null;
  if (!vault) {
    const where = build.job.url ? ` Its log names the command that failed: ${build.job.url}` : "";
    throw new VaultUnread(`The job that reads the vault's changelog ended as ${build.job.word}.${where}`);
  }
  const plan = await objects().plan(run);
  if (!plan) throw new NotFound(`${run} has no plan for the Kubernetes objects: PlanObjects makes it.`);
  const complete = { ...plan, vault };
  await objects().savePlan(run, complete);
  log("confirm-vault.read", { since: vault.since, lines: vault.lines, added: vault.added.length });
  return { confirmed: true, changed: stateOfObjects(complete) === "changed" };
});
