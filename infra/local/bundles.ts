import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "../../functions/catalog.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { type Bundle, bundleFunctions } from "../bundle.ts";
import { configs, deployed } from "../config/index.ts";
import { LambdaError, type LambdaLayer } from "./lambda.ts";
import type { DeployedFunction } from "./lambda-runtime.ts";
import { SandboxPool } from "./sandbox-pool.ts";
import { startTraceDaemon } from "./trace-daemon.ts";

const installation = "stablehand";

/**
 * Lambda on one machine as it is deployed: the bundles that the stack uploads, each in processes of its own that begin
 * at their first use. Their configuration names the real systems, so STABLEHAND_CONFIG points to another one.
 *
 * @param environment the functions' variables; asked for when a process begins.
 * @param onTrace is told each part of a trace that they send to X-Ray, as JSON.
 */
export async function startBundledLambda(
  environment: () => Record<string, string>,
  onTrace: (part: string) => void,
): Promise<LambdaLayer & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "stablehand-bundles-"));
  const bundles = await bundleFunctions(catalog, parseConfig(configs[deployed]), folder);
  const daemon = await startTraceDaemon(onTrace);
  const pools = new Map(
    Object.entries(bundles).map(([name, bundle]) => [
      name,
      new SandboxPool(() => ({
        ...deployedFunction(name, bundle, environment()),
        traceDaemon: daemon.address,
      })),
    ]),
  );
  return {
    names: [...pools.keys()],
    async invoke(name, payload, { signal } = {}) {
      const pool = pools.get(name);
      if (!pool) throw new LambdaError("Lambda.ResourceNotFoundException", `Function not found: ${name}`);
      signal?.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      const abort = () => aborted.reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await Promise.race([pool.invoke(payload), aborted.promise]);
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    async settled() {
      await Promise.all([...pools.values()].map(async (pool) => await pool.settled()));
    },
    async close() {
      await Promise.all([...pools.values()].map(async (pool) => await pool.close()));
      await daemon.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A function as the stack would deploy it, with the variables of this place. */
export function deployedFunction(
  name: string,
  { directory, handler }: Bundle,
  environment: Record<string, string>,
): DeployedFunction {
  const { memoryMb, timeoutSeconds } = catalog[name] as (typeof catalog)[string];
  return {
    functionName: `${installation}-${name}`,
    directory,
    handler,
    memoryMb,
    timeoutSeconds,
    environment: {
      ...environment,
      POWERTOOLS_SERVICE_NAME: installation,
      NODE_OPTIONS: "--enable-source-maps",
    },
  };
}
