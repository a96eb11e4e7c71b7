import { createHash } from "node:crypto";
import type { ClusterResults, SourceCluster } from "../domain/firewall-request.ts";
import type { FirewallTarget, RefusedTarget } from "../domain/firewall-target.ts";
import { type ClusterName, config, type FirewallConfig } from "../runtime/config.ts";
import { BadConfiguration, NotFound } from "../runtime/errors.ts";
import type { FirewallOrigin } from "../start-firewall.ts";
import { runs } from "../store/runs.ts";

/** What a firewall request is about. */
export interface WantedAccess {
  targets: FirewallTarget[];
  /** What cannot be asked for. */
  refused: RefusedTarget[];
  origin: FirewallOrigin;
}

const wantedKey = "firewall/wanted";
const roundKey = (round: number) => `firewall/round/${round}`;
const startedKey = (round: number) => `firewall/started/${round}`;

export const clusterNames: readonly ClusterName[] = ["production", "staging"];

/** @throws BadConfiguration where no firewall is configured. */
export function firewallConfig(): FirewallConfig {
  const { firewall } = config();
  if (!firewall) throw new BadConfiguration("There is no firewall in the configuration.");
  return firewall;
}

export function sourceClusters(): SourceCluster[] {
  const { clusters } = config();
  return clusterNames.map((name) => {
    const { apiUrl, namespace } = clusters[name];
    return { name, apiUrl, namespace };
  });
}

export async function rememberWanted(run: string, wanted: WantedAccess): Promise<void> {
  await runs().remember(run, wantedKey, wanted);
}

/** @throws NotFound before the request was opened. */
export async function wantedAccess(run: string): Promise<WantedAccess> {
  const wanted = await runs().recall<WantedAccess>(run, wantedKey);
  if (!wanted) throw new NotFound(`${run} has not been opened.`);
  return wanted;
}

/** @returns when the round's looks were started first, ISO 8601. */
export async function rememberStart(run: string, round: number, at: string): Promise<string> {
  return (await runs().remember(run, startedKey(round), at)).value;
}

export async function rememberResults(
  run: string,
  round: number,
  results: ClusterResults,
): Promise<ClusterResults> {
  return (await runs().remember(run, roundKey(round), results)).value;
}

/** Null before the round was read. */
export async function roundResults(run: string, round: number): Promise<ClusterResults | null> {
  return await runs().recall<ClusterResults>(run, roundKey(round));
}

/** Of the Job of a round: valid in Kubernetes whatever the run is called, and always the same. */
export function probeName(run: string, round: number): string {
  const hash = createHash("sha256").update(run).digest("hex").slice(0, 12);
  return `stablehand-probe-${hash}-${round}`;
}
