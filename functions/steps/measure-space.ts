import { goes } from "../domain/cleanup-plan.ts";
import type { MeasuredTag } from "../domain/registry-space.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { cleanups } from "../store/cleanups.ts";
import { cleanupPlan } from "./cleanup-context.ts";
import { createSpaceMeter } from "./cleanup-space.ts";

/** Adds to the plan how much space it would free. What goes and what stays is the same as before. */
export const handler = step("measure-space", runInput, async ({ run }) => {
  const plan = await cleanupPlan(run);
  const spaceOf = await createSpaceMeter(plan.images.map(({ image }) => image));
  const all: MeasuredTag[] = [];
  const images = [];
  for (const each of plan.images) {
    const judged = (await cleanups().judged(run, each.image)) ?? [];
    const tags = judged.map((tag) => ({ digest: tag.digest, goes: goes(tag) }));
    images.push({ ...each, space: spaceOf(tags) });
    all.push(...tags);
  }
  const space = spaceOf(all);
  await cleanups().savePlan(run, { ...plan, images, space });
  log("measure-space.measured", { ...space });
  return {};
});
