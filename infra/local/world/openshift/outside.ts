import type { ClusterName } from "../../../../functions/runtime/config.ts";

/** How a host outside behaves towards whoever gets through to it. */
export type HostBehaviour = "answers" | "refuses" | "badCertificate";

/** The internet as pods see it: hosts that are there, and a firewall that lets pods through to some of them only. */
export interface Outside {
  /** A host that is not there does not resolve. @param address what its name resolves to. */
  addHost(host: string, behaviour: HostBehaviour, address?: string): void;
  /** Lets the pods of a cluster through to a host, by all ports. */
  allow(cluster: ClusterName, host: string): void;
  /** What curl would write about an address (`--write-out %{json}`), as far as anybody reads it. */
  ask(cluster: ClusterName, url: string): Record<string, unknown>;
}

/** Those for documentation count as no address of the internet; nobody connects to this one here. */
const someAddress = "93.184.215.14";

export function createOutside(): Outside {
  const hosts = new Map<string, { behaviour: HostBehaviour; address: string }>();
  const allowed = new Set<string>();

  return {
    addHost: (host, behaviour, address = someAddress) => void hosts.set(host, { behaviour, address }),
    allow: (cluster, host) => void allowed.add(`${cluster} ${host}`),
    ask(cluster, url) {
      const { hostname, protocol } = new URL(url);
      const host = hostname.replace(/^\[(.*)\]$/, "$1");
      const found = hosts.get(host);
      const isOpen = allowed.has(`${cluster} ${host}`);
      const said = (exitcode: number, errormsg: string | null, connected: boolean) => ({
        url,
        exitcode,
        errormsg,
        remote_ip: connected ? (found?.address ?? "") : "",
        time_connect: connected ? 0.03 : 0,
        http_code: exitcode === 0 ? 200 : 0,
      });
      if (!found) return said(6, `Could not resolve host: ${host}`, false);
      if (!isOpen) return said(28, "Connection timed out after 5001 milliseconds", false);
      if (found.behaviour === "refuses") {
        return said(7, `Failed to connect to ${host}: Connection refused`, false);
      }
      if (protocol === "telnet:") return said(28, "Operation timed out after 5000 milliseconds", true);
      if (found.behaviour === "badCertificate" && protocol === "https:") {
        return said(60, "SSL certificate problem: unable to get local issuer certificate", true);
      }
      return said(0, null, true);
    },
  };
}
