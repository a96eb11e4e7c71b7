import ipaddr from "ipaddr.js";
import { parse } from "tldts";

/**
 * What egress can be asked for: domains by ports 80 and 443, addresses by SSH's port 22. Texts come from strangers, and
 * what passes here is contacted from inside of the clusters; so only names of the public internet pass, however they are
 * written, and nothing that a name or an address inside could hide behind.
 */
export interface FirewallTarget {
  /** Lower case, in ASCII (`xn--…`); an address in its shortest form. */
  host: string;
  /** Subdomains too: asked for as `.example.org`. */
  subdomains: boolean;
  ports: number[];
}

export interface RefusedTarget {
  text: string;
  /** Completes "…: it". */
  why: string;
}

/** More than anybody means at once. */
export const mostTargets = 20;
const longestText = 300;

const webPorts = [80, 443];
const sshPort = 22;
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const hostname = new RegExp(`^(?=.{4,253}$)(?:${label}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$`);

/** Public names that resolve to whatever address stands in them, or to the machine itself. */
const anyAddress = ["nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com"];

/**
 * Reads what people write: `example.org`, `.example.org`, `*.example.org`, `https://example.org/path`,
 * `example.org:443`, `ssh://192.0.2.1`, `192.0.2.1`. What comes twice is one target with the ports of both.
 *
 * @param internal domains that are ours: they and their subdomains are refused.
 */
export function parseTargets(
  texts: readonly string[],
  internal: readonly string[] = [],
): { targets: FirewallTarget[]; refused: RefusedTarget[] } {
  const byHost = new Map<string, FirewallTarget>();
  const refused: RefusedTarget[] = [];
  for (const text of texts) {
    const read = readTarget(text.trim(), internal);
    if (typeof read === "string") {
      refused.push({ text: text.slice(0, longestText), why: read });
      continue;
    }
    const before = byHost.get(read.host);
    const ports = [...new Set([...(before?.ports ?? []), ...read.ports])].sort((a, b) => a - b);
    const subdomains = read.subdomains || (before?.subdomains ?? false);
    if (!before && byHost.size >= mostTargets) {
      refused.push({ text: text.slice(0, longestText), why: `comes after the first ${mostTargets}` });
    } else byHost.set(read.host, { host: read.host, subdomains, ports });
  }
  return { targets: [...byHost.values()], refused };
}

/** A target, or why it is none. */
function readTarget(text: string, internal: readonly string[]): FirewallTarget | string {
  if (text === "" || text.length > longestText) return "is empty or too long";
  if (/[\s\p{C}"'`\\<>{}|^$;&()]/u.test(text)) return "holds characters that no domain has";
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && !["http", "https", "ssh"].includes(scheme)) {
    return `begins with ${scheme}://, and only http, https and ssh can be asked for`;
  }
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
  const subdomains = scheme === undefined && /^\*?\./.test(rest);
  const bare = subdomains ? rest.replace(/^\*?\./, "") : rest;
  const url = asUrl(bare, scheme === "ssh");
  if (!url) return "is no domain and no address";
  const host = url.hostname.replace(/\.$/, "");
  const port = url.port === "" ? null : Number(url.port);
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (ipaddr.isValid(address)) return addressTarget(address, port, { scheme, subdomains });
  return domainTarget(host, port, { scheme, subdomains, internal });
}

/**
 * The browsers' own reading of a host, so that no way of writing one passes for another: `0x7f.1` is 127.0.0.1, `ＬＯＣＡＬ`
 * is `local`. The scheme has no default port, so that every port is seen.
 */
function asUrl(rest: string, mayNameUser: boolean): { hostname: string; port: string } | null {
  const authority = rest.split(/[/?#]/, 1)[0] ?? "";
  const withoutUser = mayNameUser ? authority.replace(/^[\w.-]{1,32}@/, "") : authority;
  if (withoutUser.includes("@") || withoutUser.includes("%")) return null;
  // An IPv6 address without brackets has colons that are no port's.
  const bracketed = ipaddr.IPv6.isValid(withoutUser) ? `[${withoutUser}]` : withoutUser;
  const port = /:(\d{1,5})$/.exec(bracketed.replace(/^\[.*\]/, ""))?.[1] ?? "";
  const host = port === "" ? bracketed : bracketed.slice(0, -port.length - 1);
  if (!URL.canParse(`http://${host}/`)) return null;
  const { hostname, port: other } = new URL(`http://${host}/`);
  if (other !== "") return null;
  return { hostname, port };
}

interface Written {
  scheme: string | undefined;
  subdomains: boolean;
}

function addressTarget(
  text: string,
  port: number | null,
  { scheme, subdomains }: Written,
): FirewallTarget | string {
  const address = ipaddr.process(text);
  if (!isPublic(address)) return "is an address inside, or of no machine";
  if (subdomains) return "is an address, which has no subdomains";
  if ((port ?? sshPort) !== sshPort || scheme === "http" || scheme === "https") {
    return "is an address: only SSH (port 22) is asked for by address, the web by domain";
  }
  return { host: address.toString(), subdomains: false, ports: [sshPort] };
}

function domainTarget(
  host: string,
  port: number | null,
  { scheme, subdomains, internal }: Written & { internal: readonly string[] },
): FirewallTarget | string {
  if (!hostname.test(host)) return "is no domain and no address";
  const { domain, isIcann } = parse(host, { allowPrivateDomains: false });
  // The public list knows `arpa` too, where names of networks at home live.
  if (!domain || !isIcann || host.endsWith(".arpa")) return "is no name of the public internet";
  const isUnder = (suffix: string) => host === suffix || host.endsWith(`.${suffix}`);
  if (internal.some((suffix) => isUnder(suffix.toLowerCase()))) return "is ours, and inside";
  if (anyAddress.some(isUnder)) return "is a name that may stand for an address inside";
  if (scheme === "ssh" || port === sshPort) return "is a domain: SSH is asked for by address";
  const wanted = port ?? { http: 80, https: 443 }[scheme ?? ""];
  if (wanted === undefined) return { host, subdomains, ports: [...webPorts] };
  if (!webPorts.includes(wanted)) return `needs port ${wanted}, and only 80 and 443 can be asked for`;
  return { host, subdomains, ports: [wanted] };
}

/** An address that nobody outside has: what a name resolves to may not be one. */
export function isInternalAddress(text: string): boolean {
  return ipaddr.isValid(text) && !isPublic(ipaddr.process(text));
}

/** All that IANA gives to machines of the public internet; outside of it are forms such as `::22`, which stands for 0.0.0.34. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.range() === "unicast" && (address instanceof ipaddr.IPv4 || address.match(globalUnicast));
}

/** As it is asked for: `.example.org` with its subdomains. */
export function targetName({ host, subdomains }: Pick<FirewallTarget, "host" | "subdomains">): string {
  return subdomains ? `.${host}` : host;
}
