import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { ClusterName, Config } from "../../../functions/runtime/config.ts";
import type { ImageContents, WorldContext } from "./context.ts";

/** The deployed service's own API, once per cluster. */
export interface PackitEmulator {
  productionUrl: string;
  stagingUrl: string;
  /** Path of the workers' metrics below both. */
  metricsPath: string;
  close(): Promise<void>;
}

/**
 * Starts the service of both clusters, each on a free port. It keeps nothing: it tells what its pod runs.
 *
 * @param serviceContents what stands in the image of the service's running pod; null while none runs, which is a 503.
 */
export async function startPackit(
  ctx: WorldContext,
  { serviceContents }: { serviceContents: (cluster: ClusterName) => ImageContents | null },
): Promise<PackitEmulator> {
  const start = async (cluster: ClusterName) =>
    await listen(createService(ctx.config, () => serviceContents(cluster)).fetch);
  const production = await start("production");
  const staging = await start("staging");
  return {
    metricsPath,
    productionUrl: production.url,
    stagingUrl: staging.url,
    async close() {
      for (const { server } of [production, staging]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

const metricsPath = "/flower-metrics";

/** As an exporter writes them, in Prometheus's text format: a quiet afternoon. */
function metricsOf({ health: { queues } }: Config): string {
  const { metric, label, activeMetric } = queues;
  const workers = ["packit-worker-short-running-0", "packit-worker-long-running-0"];
  const samples = (name: string, of: number[]) =>
    workers.map((worker, index) => `${name}{${label}="celery@${worker}"} ${of[index]?.toFixed(1)}`);
  const lines = [
    `# HELP ${metric} Number of tasks of given type prefetched at a worker`,
    `# TYPE ${metric} gauge`,
    ...samples(metric, [3, 1]),
    ...(activeMetric ? [`# TYPE ${activeMetric} gauge`, ...samples(activeMetric, [1, 1])] : []),
    "# TYPE process_resident_memory_bytes gauge",
    "process_resident_memory_bytes 1.13246208e+08",
  ];
  return `${lines.join("\n")}\n`;
}

function createService(config: Config, contents: () => ImageContents | null): Hono {
  const app = new Hono();
  const unavailable = "<html><body><h1>503 Service Unavailable</h1></body></html>";

  // The workers' own route: it answers while the service is away.
  app.get(metricsPath, (c) =>
    c.body(metricsOf(config), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  app.use("/api/*", async (c, next) => {
    // What the cluster's router answers while a route has no endpoint.
    if (contents() === null) return c.html(unavailable, 503);
    return await next();
  });
  app.get("/api/healthz", (c) => c.json({ status: "ok" }));
  app.get("/api/system", (c) => c.json(versionsOf(config, contents() ?? {})));
  return app;
}

/** Under the keys of the configuration; a repository without one is not told of. */
function versionsOf(config: Config, contents: ImageContents): Record<string, object> {
  const versions: Record<string, object> = {};
  for (const { name, versionKey } of config.repositories) {
    const commit = contents[name]?.slice(0, 7);
    if (versionKey && commit) versions[versionKey] = { commit, version: `1.0.0.post1+g${commit}` };
  }
  return versions;
}

async function listen(fetch: (request: Request) => Response | Promise<Response>) {
  const server = serve({ fetch, port: 0, hostname: "127.0.0.1", overrideGlobalObjects: false }) as Server;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}
