import { z } from "zod";
import { type Metrics, parseMetrics } from "../domain/metrics-text.ts";
import { type ClusterName, config } from "../runtime/config.ts";
import { BadConfiguration, ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { fetchJson, fetchText } from "./http.ts";

/** The API of the deployed service itself. It speaks for the service's own pod only, not for the workers. */
export interface Packit {
  /** `GET /api/healthz`: `ok` means that the web service answers, no more. */
  health(): Promise<{ status: string }>;
  /**
   * `GET /api/system`: what the service runs, by component with underscores (`ogr`, `packit_service`); `commit` is
   * abbreviated, usually to 7 characters.
   */
  system(): Promise<Record<string, DeployedVersion>>;
  /** What the metrics endpoint of the workers tells. @throws BadConfiguration when the configuration has none. */
  metrics(): Promise<Metrics>;
}

export interface DeployedVersion {
  commit: string;
  version: string;
}

const healthAnswer = z.object({ status: z.string() });
const version = z.object({ commit: z.string(), version: z.string().nullish() });

/**
 * Every call gives up after 10 s.
 *
 * @param options.serviceUrl without a slash at the end: `https://prod.packit.dev`.
 * @throws StablehandError from every call, as `fetchJson` says; ServiceUnavailable for an answer of another shape.
 */
export function createPackit(options: {
  serviceUrl: string;
  metricsUrl?: string | null;
  fetch?: typeof fetch;
}): Packit {
  const get = async (path: string) =>
    await fetchJson("The deployed service", `${options.serviceUrl}${path}`, {
      what: `${options.serviceUrl}${path}`,
      timeoutMs: 10_000,
      fetch: options.fetch,
    });

  return {
    async health() {
      const parsed = healthAnswer.safeParse(await get("/api/healthz"));
      if (!parsed.success) throw otherShape(options.serviceUrl, "/api/healthz");
      return parsed.data;
    },

    async system() {
      const answer = z.record(z.string(), z.unknown()).safeParse(await get("/api/system"));
      if (!answer.success) throw otherShape(options.serviceUrl, "/api/system");
      const versions: Record<string, DeployedVersion> = {};
      for (const [component, value] of Object.entries(answer.data)) {
        const parsed = version.safeParse(value);
        // The API may tell other things than versions.
        if (parsed.success) versions[component] = { ...parsed.data, version: parsed.data.version ?? "" };
      }
      return versions;
    },

    async metrics() {
      const { metricsUrl: url } = options;
      if (!url) throw new BadConfiguration("metricsUrl is not set: the check of the queues needs it.");
      const { text } = await fetchText("The metrics endpoint", url, {
        what: url,
        headers: { accept: "text/plain;version=0.0.4, */*;q=0.1" },
        fetch: options.fetch,
      });
      return parseMetrics(text);
    },
  };
}

function otherShape(serviceUrl: string, path: string): ServiceUnavailable {
  return new ServiceUnavailable(
    `The deployed service answered in another shape than expected (${serviceUrl}${path}): look at its log.`,
  );
}

const production = lazy(() => createPackit(config().clusters.production));
const staging = lazy(() => createPackit(config().clusters.staging));

/** The service that runs on a cluster, with the address from the configuration. */
export function packit(cluster: ClusterName): Packit {
  return cluster === "production" ? production() : staging();
}
