import { type FirewallTarget, isInternalAddress } from "./firewall-target.ts";

/**
 * What `curl -I --max-time 5` inside a cluster says about a host and a port. `blocked`: nothing comes back, as a firewall
 * does that drops. `down`: the host itself refuses, or does not answer.
 */
export type ProbeVerdict =
  | "reachable"
  | "blocked"
  | "down"
  | "dnsFailure"
  | "tlsFailure"
  | "internal"
  | "unknown";

export interface Probe {
  host: string;
  port: number;
}

export interface ProbeResult extends Probe {
  verdict: ProbeVerdict;
  /** curl's words; empty where there is nothing to say. */
  said: string;
}

/** A host and a port, each for itself. */
export function probesOf(targets: readonly FirewallTarget[]): Probe[] {
  return targets.flatMap(({ host, ports }) => ports.map((port) => ({ host, port })));
}

/** What curl is asked. SSH speaks no HTTP, so there the connection itself is the answer. */
export function urlOf({ host, port }: Probe): string {
  if (port === 22) return `telnet://${host.includes(":") ? `[${host}]` : host}:22`;
  return port === 443 ? `https://${host}/` : `http://${host}/`;
}

/**
 * curl's arguments, each a word of its own: no shell reads them. Every address is checked and begins with its scheme, so
 * none passes for an option. Answers are thrown away: what a stranger's server says is not for us.
 */
export function curlArguments(probes: readonly Probe[]): string[] {
  const common = [
    // Without a configuration file, which has to be said first.
    "--disable",
    "--silent",
    "--globoff",
    ...["--noproxy", "*"],
    ...["--proto", "=http,https,telnet"],
    ...["--max-time", "5"],
    ...["--write-out", "%{json}\\n"],
  ];
  return [
    ...common,
    ...probes.flatMap((probe, index) => [
      // Options hold for one address; after `--next` they are said again.
      ...(index === 0 ? [] : ["--next", ...common.slice(1)]),
      ...(probe.port === 22 ? [] : ["--head"]),
      ...["--output", "/dev/null"],
      urlOf(probe),
    ]),
  ];
}

/** What curl writes about one address, as far as it matters. */
export interface CurlReport {
  url: string;
  exitcode: number;
  errormsg: string | null;
  remote_ip: string;
  /** Seconds until the connection stood; 0: it never did. */
  time_connect: number;
}

const tlsErrors = new Set([35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98]);

/** @param reports of one run of curl; an address without one is unknown. */
export function judgeProbes(probes: readonly Probe[], reports: readonly CurlReport[]): ProbeResult[] {
  return probes.map((probe) => {
    const report = reports.find((each) => withoutSlash(each.url) === withoutSlash(urlOf(probe)));
    if (!report) return { ...probe, verdict: "unknown", said: "curl said nothing about it" };
    return { ...probe, verdict: verdictOf(probe, report), said: (report.errormsg ?? "").slice(0, 200) };
  });
}

/** curl adds one to an address without a path. */
function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

function verdictOf(
  { port }: Probe,
  { exitcode, errormsg, remote_ip: address, time_connect }: CurlReport,
): ProbeVerdict {
  if (isInternalAddress(address)) return "internal";
  if (exitcode === 0) return "reachable";
  if (exitcode === 6) return "dnsFailure";
  if (time_connect > 0) {
    if (port === 22) return "reachable";
    return tlsErrors.has(exitcode) ? "tlsFailure" : "down";
  }
  if (exitcode === 28) return "blocked";
  // Firewalls that reject answer "no route" or "prohibited"; a host without such a service refuses.
  if (exitcode === 7) return /refused/i.test(errormsg ?? "") ? "down" : "blocked";
  return tlsErrors.has(exitcode) ? "tlsFailure" : "unknown";
}
