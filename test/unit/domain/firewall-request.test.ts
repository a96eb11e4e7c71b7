import { describe, expect, test } from "vitest";
import { domainsInIssue } from "../../../functions/domain/firewall-issue.ts";
import { accessComment, accessRequestMessage } from "../../../functions/domain/firewall-messages.ts";
import { type CurlReport, judgeProbes, type ProbeResult } from "../../../functions/domain/firewall-probe.ts";
import {
  accessGroups,
  allReachable,
  newlyBlocked,
  requestText,
  resultLines,
} from "../../../functions/domain/firewall-request.ts";

const curl = (changes: Partial<CurlReport>, url = "https://example.org/"): CurlReport => ({
  ...{ url, exitcode: 0, errormsg: null, remote_ip: "93.184.215.14", time_connect: 0.1 },
  ...changes,
});
const never = { remote_ip: "", time_connect: 0 };

describe("what curl says", () => {
  test.each([
    ["an answer, whatever its status", {}, "reachable"],
    ["no answer at all", { ...never, exitcode: 28 }, "blocked"],
    ["a firewall that rejects", { ...never, exitcode: 7, errormsg: "No route to host" }, "blocked"],
    ["a host that refuses", { ...never, exitcode: 7, errormsg: "Connection refused" }, "down"],
    ["a host that takes the connection and says nothing", { exitcode: 28 }, "down"],
    ["a host that hangs up", { exitcode: 52 }, "down"],
    ["a name that does not resolve", { ...never, exitcode: 6 }, "dnsFailure"],
    ["a certificate that nobody trusts", { exitcode: 60 }, "tlsFailure"],
    ["a handshake that is cut off", { exitcode: 35 }, "tlsFailure"],
    ["a name that leads inside, though it answers", { remote_ip: "10.1.2.3" }, "internal"],
    ["something else", { ...never, exitcode: 2 }, "unknown"],
  ] as const)("%s: %j is %s", (_, changes, verdict) => {
    const probe = { host: "example.org", port: 443 };
    expect(judgeProbes([probe], [curl(changes)])).toMatchObject([{ ...probe, verdict }]);
  });

  test("SSH is reachable once the connection stands, and an address without a report is unknown", () => {
    const probes = [
      { host: "9.9.9.9", port: 22 },
      { host: "2620:fe::fe", port: 22 },
    ];
    const report = curl({ exitcode: 28, remote_ip: "9.9.9.9" }, "telnet://9.9.9.9:22/");
    expect(judgeProbes(probes, [report]).map(({ verdict }) => verdict)).toEqual(["reachable", "unknown"]);
  });
});

const result = (host: string, port: number, verdict: ProbeResult["verdict"]): ProbeResult => ({
  ...{ host, port, verdict, said: "" },
});
const clusters = [
  { name: "production", apiUrl: "https://prod:6443", namespace: "packit--prod" },
  { name: "staging", apiUrl: "https://stg:6443", namespace: "packit--stg" },
];
const targets = [
  { host: "example.org", subdomains: true, ports: [80, 443] },
  { host: "other.org", subdomains: false, ports: [443] },
  { host: "9.9.9.9", subdomains: false, ports: [22] },
];

describe("a request", () => {
  const results = {
    production: [
      result("example.org", 443, "blocked"),
      result("example.org", 80, "blocked"),
      result("other.org", 443, "down"),
      result("9.9.9.9", 22, "blocked"),
    ],
    staging: [result("example.org", 443, "blocked"), result("9.9.9.9", 22, "reachable")],
  };

  test("tells clusters, domains and ports with their product, the web and SSH apart", () => {
    const text = requestText(accessGroups(newlyBlocked(results, []), targets, clusters), "We need it.");
    expect(text).toContain("Check: 2 clusters × 1 destination × 2 ports = 4");
    expect(text).toContain("Check: 1 cluster × 1 destination × 1 port = 1");
    expect(text).toMatch(/ {2}\.example\.org\n {2}\(a leading dot means all subdomains too\)/);
    expect(text).not.toContain("other.org");
  });

  test("holds nothing that was asked for before from that cluster", () => {
    const askedFrom = (cluster: string) => ({
      host: "example.org",
      port: 443,
      clusters: [cluster],
      askedAt: "",
    });
    expect(newlyBlocked(results, [askedFrom("production")])).not.toContainEqual(
      expect.objectContaining({ cluster: "production", host: "example.org", port: 443 }),
    );
    expect(newlyBlocked(results, [askedFrom("production")])).toContainEqual({
      ...{ cluster: "staging", host: "example.org", port: 443 },
    });
  });

  test("is granted when every host can be reached from every cluster, and not before", () => {
    expect(allReachable(results)).toBe(false);
    const open = [result("example.org", 443, "reachable")];
    expect(allReachable({ production: open, staging: open })).toBe(true);
    expect(allReachable({ production: open, staging: [result("example.org", 443, "unknown")] })).toBe(false);
  });

  test("lines tell each host and port, clusters with the same verdict together", () => {
    expect(resultLines(results)[0]).toBe("example.org:443: blocked (production and staging)");
    expect(resultLines({ production: [result("2620:fe::fe", 22, "blocked")] })).toEqual([
      "[2620:fe::fe]:22: blocked (production)",
    ]);
  });
});

test("an issue asks for what stands in its code, and for items that are one word", () => {
  const body = [
    "Please see https://github.com/packit/packit and ask for `pagure.io`.",
    "<!-- `hidden.org` -->",
    "- .fedorapeople.org",
    "- [ ] https://gitlab.gnome.org/x",
    "- not this one.org",
    "```",
    "9.9.9.9, example.org",
    "```",
  ].join("\n");
  expect(domainsInIssue(body)).toEqual([
    ...["9.9.9.9", "example.org", "pagure.io", ".fedorapeople.org", "https://gitlab.gnome.org/x"],
  ]);
});

test("what strangers wrote breaks neither Slack's text nor the comment's code", () => {
  const facts = {
    service: "S",
    run: "firewall-1",
    timeZone: "UTC",
    now: "2026-11-23T12:00:00Z",
    results: [],
  };
  const message = accessRequestMessage({ ...facts, by: "<!channel>", duty: null, text: "``` <!here>" });
  expect(JSON.stringify(message)).not.toMatch(/<!(channel|here)>/);
  const refused = [{ text: "a`b\n@team", why: "is no domain" }];
  expect(accessComment({ results: [], refused, text: null, state: "x" })).toContain(
    "- `a'b @team` is not asked for",
  );
});
