import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CatalogEntry, catalog } from "../../functions/catalog.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { createApp } from "../../infra/aws/synthesize.ts";
import type { Bundle } from "../../infra/bundle.ts";
import { packit } from "../../infra/config/packit.ts";

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Description?: string }>;
}

export interface SynthesizeOptions {
  context?: Record<string, unknown>;
  catalog?: Record<string, CatalogEntry>;
  /** Left out: empty ones, since for most checks it does not matter what the functions do. */
  bundles?: Record<string, Bundle>;
  /** Lets CDK check the template by CloudFormation's own rules too, which takes seconds the first time. */
  validate?: boolean;
  /** Changes the app before it is synthesised. */
  prepare?: (created: ReturnType<typeof createApp>) => void;
}

/** The template that CDK would deploy. */
export function synthesize(options: SynthesizeOptions = {}): Template {
  const scratch = mkdtempSync(join(tmpdir(), "stablehand-synth-"));
  process.env.CDK_VALIDATION = String(options.validate ?? false);
  try {
    const entries = options.catalog ?? catalog;
    const bundles = options.bundles ?? emptyBundles(entries, scratch);
    const parts = { config: parseConfig(packit), catalog: entries, bundles };
    const created = createApp(parts, { context: options.context, outdir: join(scratch, "cdk.out") });
    options.prepare?.(created);
    const assembly = created.app.synth();
    const file = assembly.getStackArtifact(created.stack.artifactId).templateFullPath;
    return JSON.parse(readFileSync(file, "utf8")) as Template;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function emptyBundles(entries: Record<string, CatalogEntry>, scratch: string): Record<string, Bundle> {
  return Object.fromEntries(
    Object.keys(entries).map((name) => {
      const directory = join(scratch, name);
      const file = join(directory, `${name}.mjs`);
      mkdirSync(directory);
      writeFileSync(file, `export const handler = () => "${name}";\n`);
      return [name, { directory, file, handler: `${name}.handler`, bytes: 0 }];
    }),
  );
}

/** Resources of a type, by logical id. */
export function ofType(template: Template, type: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(template.Resources).filter(([, each]) => each.Type === type));
}
