import type { ProbeResult } from "./firewall-probe.ts";
import { type FirewallTarget, targetName } from "./firewall-target.ts";
import { count, list } from "./words.ts";

/** A namespace on a cluster that looks outside. */
export interface SourceCluster {
  name: string;
  apiUrl: string;
  namespace: string;
}

/** Cluster → what its probe said. */
export type ClusterResults = Record<string, ProbeResult[]>;

/** What was asked of the network's people before. */
export interface AskedBefore {
  host: string;
  port: number;
  clusters: string[];
  /** ISO 8601. */
  askedAt: string;
}

/** One ticket's worth: every cluster to every destination by every port. */
export interface AccessGroup {
  clusters: SourceCluster[];
  destinations: string[];
  ports: number[];
}

interface Blocked {
  cluster: string;
  host: string;
  port: number;
}

/** What is blocked, and was not asked for from that cluster yet. */
export function newlyBlocked(results: ClusterResults, asked: readonly AskedBefore[]): Blocked[] {
  return Object.entries(results).flatMap(([cluster, probes]) =>
    probes
      .filter(({ verdict }) => verdict === "blocked")
      .filter(
        ({ host, port }) =>
          !asked.some((each) => each.host === host && each.port === port && each.clusters.includes(cluster)),
      )
      .map(({ host, port }) => ({ cluster, host, port })),
  );
}

/** Domains by the web's ports and addresses by SSH's are asked for apart, so that each is a full product. */
export function accessGroups(
  blocked: readonly Blocked[],
  targets: readonly FirewallTarget[],
  clusters: readonly SourceCluster[],
): AccessGroup[] {
  const parts = [blocked.filter(({ port }) => port !== 22), blocked.filter(({ port }) => port === 22)];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => ({
      clusters: clusters.filter(({ name }) => part.some((each) => each.cluster === name)),
      destinations: targets.filter(({ host }) => part.some((each) => each.host === host)).map(targetName),
      ports: [...new Set(part.map(({ port }) => port))].sort((a, b) => a - b),
    }));
}

/** The ticket's text, plain. */
export function requestText(groups: readonly AccessGroup[], justification: string): string {
  return groups
    .map(({ clusters, destinations, ports }) => {
      const [n, m, p] = [clusters.length, destinations.length, ports.length];
      const subdomains = destinations.some((each) => each.startsWith("."));
      return [
        "Please allow connections to the outside:",
        "",
        `Source clusters (${n}):`,
        ...clusters.map(({ apiUrl, namespace }) => `  ${apiUrl}, namespace ${namespace}`),
        `Destinations (${m}):`,
        ...destinations.map((each) => `  ${each}`),
        ...(subdomains ? ["  (a leading dot means all subdomains too)"] : []),
        `Ports (${p}): ${ports.map((port) => `${port}/tcp`).join(", ")}`,
        `Justification: ${justification}`,
        `Check: ${count(n, "cluster")} × ${count(m, "destination")} × ${count(p, "port")} = ${n * m * p}`,
      ].join("\n");
    })
    .join("\n\n");
}

/** Every host by every port, from every cluster. */
export function allReachable(results: ClusterResults): boolean {
  return Object.values(results).every((probes) => probes.every(({ verdict }) => verdict === "reachable"));
}

const words: Record<ProbeResult["verdict"], string> = {
  reachable: "reachable",
  blocked: "blocked",
  down: "down: the host refuses, or does not answer",
  dnsFailure: "its name does not resolve",
  tlsFailure: "reachable, but TLS fails",
  internal: "its name leads to an address inside, so nothing is asked for",
  unknown: "not known: the look did not end",
};

/** One line for each host and port: `example.org:443: blocked from production and staging`. */
export function resultLines(results: ClusterResults): string[] {
  const lines = new Map<string, Map<string, string[]>>();
  for (const [cluster, probes] of Object.entries(results)) {
    for (const { host, port, verdict } of probes) {
      const key = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      const byWords = lines.get(key) ?? new Map<string, string[]>();
      lines.set(key, byWords);
      byWords.set(words[verdict], [...(byWords.get(words[verdict]) ?? []), cluster]);
    }
  }
  return [...lines].map(([key, byWords]) => {
    const parts = [...byWords].map(([what, clusters]) => `${what} (${list(clusters)})`);
    return `${key}: ${parts.join("; ")}`;
  });
}
