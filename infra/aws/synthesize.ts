import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib/core";
import recommendedFlags from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { type CatalogEntry, catalog } from "../../functions/catalog.ts";
import { type Config, parseConfig } from "../../functions/runtime/config.ts";
import { type Bundle, bundleFunctions } from "../bundle.ts";
import { configs, deployed } from "../config/index.ts";
import { readSettings } from "./settings.ts";
import { StablehandStack } from "./stack.ts";

export interface Parts {
  config: Config;
  catalog: Record<string, CatalogEntry>;
  bundles: Record<string, Bundle>;
}

/** What `cdk synth` and `cdk deploy` run. */
export async function main(): Promise<void> {
  const config = parseConfig(configs[deployed]);
  const scratch = await mkdtemp(join(tmpdir(), "stablehand-bundles-"));
  try {
    createApp({ config, catalog, bundles: await bundleFunctions(catalog, config, scratch) }).app.synth();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * The stack in an app. The CLI hands over its settings by the environment; without it they are in `context`.
 * @param outdir where the templates go; left out, CDK decides.
 */
export function createApp(
  parts: Parts,
  { context = {}, outdir }: { context?: Record<string, unknown>; outdir?: string } = {},
): { app: App; stack: StablehandStack } {
  const app = new App({
    context: { ...recommendedFlags, ...context },
    analyticsReporting: false,
    ...(outdir ? { outdir } : {}),
  });
  const settings = readSettings(app.node.getAllContext());
  return { app, stack: new StablehandStack(app, { ...parts, settings }) };
}
