import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "../../functions/catalog.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { type Bundle, bundleFunctions } from "../../infra/bundle.ts";
import { packit } from "../../infra/config/packit.ts";
import { deployedFunction } from "../../infra/local/bundles.ts";
import { assertNode } from "../../infra/local/guard.ts";
import { Sandbox } from "../../infra/local/lambda-runtime.ts";

/**
 * `npm run bench:cold-start`: how long the process of each function takes until it asks for its first invocation, and
 * how large its bundle is. The median of several starts, one at a time, on this machine. The first line is Node alone.
 */
const starts = 5;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "stablehand-cold-start-"));
  try {
    const bundles = await bundleFunctions(catalog, parseConfig(packit), folder);
    print("function", "ms", "KB");
    const [first = ""] = Object.keys(bundles);
    print("(an empty one)", ...(await measure(first, await emptyBundle(folder))));
    for (const [name, bundle] of Object.entries(bundles)) print(name, ...(await measure(name, bundle)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function emptyBundle(folder: string): Promise<Bundle> {
  const source = "export const handler = () => null;\n";
  const file = join(folder, "Empty.mjs");
  await writeFile(file, source);
  return { directory: folder, file, handler: "Empty.handler", bytes: source.length };
}

async function measure(name: string, bundle: Bundle): Promise<[ms: string, kilobytes: string]> {
  const times: number[] = [];
  for (let count = 0; count < starts; count++) {
    const sandbox = await Sandbox.start(
      deployedFunction(name, bundle, { AWS_REGION: "eu-central-1" }),
      () => {},
    );
    times.push(sandbox.initMs);
    await sandbox.kill();
  }
  const median = times.sort((a, b) => a - b)[Math.floor(starts / 2)] ?? 0;
  return [String(Math.round(median)), String(Math.round(bundle.bytes / 1024))];
}

function print(name: string, ms: string, kilobytes: string): void {
  process.stdout.write(`${name.padEnd(24)}${ms.padStart(6)}${kilobytes.padStart(8)}\n`);
}

assertNode();
await main();
