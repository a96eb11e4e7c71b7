import type { CleanupPlan } from "../domain/cleanup-plan.ts";
import { type CleanupConfig, config } from "../runtime/config.ts";
import { BadConfiguration, NotFound } from "../runtime/errors.ts";
import { cleanups } from "../store/cleanups.ts";

/** @throws BadConfiguration where no cleanup is configured. */
export function cleanupConfig(): CleanupConfig {
  const { cleanup } = config();
  if (!cleanup) throw new BadConfiguration("There is no cleanup in the configuration: set its rules.");
  return cleanup;
}

/** Of the repositories in the configuration, retired ones included, and those named beside. */
export function imagesToClean(): string[] {
  const built = config().repositories.flatMap(({ build }) => build?.images.map(({ name }) => name) ?? []);
  return [...new Set([...built, ...cleanupConfig().images])];
}

/** @throws NotFound before the plan was made. */
export async function cleanupPlan(run: string): Promise<CleanupPlan> {
  const plan = await cleanups().plan(run);
  if (!plan) throw new NotFound(`${run} has no plan of a cleanup.`);
  return plan;
}
