import { parseArgs } from "node:util";
import { messageOf } from "../functions/runtime/errors.ts";
import { BadCommand } from "./local/bad-command.ts";

export interface FirewallOptions {
  domains: string[];
  yes: boolean;
  /** Days until the robots of the network grant what was asked. */
  days: number;
  /** An issue of the role's repository tracks it. */
  issue: boolean;
  fail: FirewallFault[];
  speed: number;
  port: number | null;
  report: string | null;
}

/** What can be wrong with another host, in words. It is mended when the request is granted. */
export const firewallFaults = {
  "host-down": "a host that is not blocked refuses connections",
  "no-dns": "a name does not resolve",
  "bad-certificate": "a host has a certificate that nobody trusts",
} as const;

export type FirewallFault = keyof typeof firewallFaults;

const defaults = ["https://pagure.io/projects", ".fedorapeople.org", "9.9.9.9"];
const listOfFaults = Object.entries(firewallFaults)
  .map(([name, what]) => `               ${name.padEnd(16)} ${what}`)
  .join("\n");

export const firewallHelp = `Rehearses a request for connections from the clusters to the outside on this machine, offline: the real
state machine and the real functions, against emulated clusters whose firewall blocks the domains.

Usage: npm run firewall -- [options] [DOMAIN ...]

  DOMAIN         example.org, .example.org (its subdomains too), https://example.org/path, or an address for SSH
                 (default: ${defaults.join(" ")})
  --yes          a robot in the place of the network's people grants what was asked
                 (without it, the rehearsal ends once the request stands)
  --days N       after so many days (default 2); days pass in seconds here
  --issue        an issue tracks it, and gets a comment that is kept up to date
  --fail NAME    something else is wrong with one more host; can be given several times:
${listOfFaults}
  --speed N      how many times faster than life it works (default 50000)
  --port N       port of the pages (default 4680, or a free one when that is taken)
  --report FILE  writes as JSON what was found, asked and told
  --help         this text

The real one starts by /stablehand firewall DOMAIN in Slack, by an issue with the configured label, or by hand:
  aws lambda invoke --function-name stablehand-StartFirewall --cli-binary-format raw-in-base64-out \\
    --payload '{"domains":["example.org"],"origin":{"by":"Ada"}}' /dev/stdout

Exit codes: 0 granted, or without --yes requested · 1 ended otherwise · 2 bad input · 130 stopped by Ctrl-C
`;

/** @throws BadCommand with what is wrong. Null: help was asked for. */
export function readFirewallOptions(argv: readonly string[]): FirewallOptions | null {
  const { values, positionals } = parse(argv);
  if (values.help) return null;
  const unknown = values.fail.find((each) => !(each in firewallFaults));
  if (unknown !== undefined) {
    throw new BadCommand(
      `--fail ${unknown} is not known: it is one of ${Object.keys(firewallFaults).join(", ")}.`,
    );
  }
  return {
    domains: positionals.length > 0 ? positionals : defaults,
    yes: values.yes,
    days: number("--days", values.days, 1, 30),
    issue: values.issue,
    fail: values.fail as FirewallFault[],
    speed: number("--speed", values.speed, 1, 100_000),
    port: values.port === undefined ? null : number("--port", values.port, 0, 65_535),
    report: values.report ?? null,
  };
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadCommand(`${option} takes a number from ${least} to ${most}, not "${text}".`);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        yes: { type: "boolean", default: false },
        days: { type: "string", default: "2" },
        issue: { type: "boolean", default: false },
        fail: { type: "string", multiple: true, default: [] },
        speed: { type: "string", default: "50000" },
        port: { type: "string" },
        report: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (thrown) {
    throw new BadCommand(`${messageOf(thrown).split(/\.(\s|$)/, 1)[0]}. See npm run firewall -- --help.`);
  }
}
