import { config } from "../runtime/config.ts";
import { runInput, step } from "../runtime/step.ts";
import { holdImports } from "./imports.ts";
import { assertMayChange } from "./run-context.ts";

/** Keeps the cluster from importing images by itself while others still build, where the configuration says so. */
export const handler = step("hold-imports", runInput, async ({ run }) => {
  if (!config().clusters.production.holdImports) return {};
  await assertMayChange(run);
  await holdImports(run);
  return {};
});
