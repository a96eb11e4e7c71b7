import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { curlArguments, probesOf, urlOf } from "../../../functions/domain/firewall-probe.ts";
import { mostTargets, parseTargets } from "../../../functions/domain/firewall-target.ts";

const only = (text: string, internal: string[] = []) => parseTargets([text], internal);

describe("what people write", () => {
  test.each([
    ["example.org", "example.org", false, [80, 443]],
    ["Example.ORG.", "example.org", false, [80, 443]],
    [".example.org", "example.org", true, [80, 443]],
    ["*.example.org", "example.org", true, [80, 443]],
    ["https://example.org/a?b#c", "example.org", false, [443]],
    ["http://example.org", "example.org", false, [80]],
    ["example.org:443", "example.org", false, [443]],
    ["https://bücher.example.com/", "xn--bcher-kva.example.com", false, [443]],
    ["9.9.9.9", "9.9.9.9", false, [22]],
    ["ssh://git@9.9.9.9", "9.9.9.9", false, [22]],
    ["2620:fe::fe", "2620:fe::fe", false, [22]],
    ["[2620:fe::fe]:22", "2620:fe::fe", false, [22]],
  ])("%s", (text, host, subdomains, ports) => {
    expect(only(text)).toEqual({ targets: [{ host, subdomains, ports }], refused: [] });
  });

  test("the same host twice is one target with the ports of both", () => {
    const { targets } = parseTargets(["http://example.org", "https://EXAMPLE.org", ".example.org"]);
    expect(targets).toEqual([{ host: "example.org", subdomains: true, ports: [80, 443] }]);
  });

  test("more than anybody means are refused", () => {
    const { targets, refused } = parseTargets(Array.from({ length: 25 }, (_, index) => `host${index}.org`));
    expect(targets).toHaveLength(mostTargets);
    expect(refused).toHaveLength(5);
  });
});

describe("what is refused", () => {
  test.each([
    ...["localhost", "localhost:443", "LOCALHOST", "http://localhost/", "foo.localhost", "intranet", "a.b"],
    ...[
      "redis.packit--prod.svc.cluster.local",
      "host.internal",
      "printer.local",
      "x.home.arpa",
      "1.in-addr.arpa",
    ],
    ...[
      "127.0.0.1",
      "http://127.0.0.1",
      "0.0.0.0",
      "10.0.0.1",
      "192.168.1.1",
      "172.16.0.1",
      "169.254.169.254",
    ],
    ...[
      "100.64.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "198.51.100.1",
      "::1",
      "::22",
      "[::1]",
      "fe80::1",
      "fd00::1",
    ],
    ...[
      "::ffff:10.0.0.1",
      "64:ff9b::a00:1",
      "http://2130706433/",
      "http://0x7f.1/",
      "http://0177.0.0.1",
      "127.1",
    ],
    ...[
      "１２７.０.０.１",
      "127。0。0。1",
      "http://169.254.169.254/latest/meta-data",
      "10.0.0.1.nip.io",
      "localtest.me",
    ],
    ...["http://example.org@127.0.0.1/", "http://127.0.0.1#@example.org/", "http://user:pw@example.org/"],
    ...[
      "ftp://example.org",
      "file:///etc/passwd",
      "gopher://example.org",
      "javascript:alert(1)",
      "telnet://9.9.9.9",
    ],
    ...["example.org:22", "ssh://example.org", "example.org:8080", "9.9.9.9:443", "https://9.9.9.9/"],
    ...["-o", "--output", "-K/etc/x", "@file", "example.org -o x", "example.org\n--next", "example.org;id"],
    ...[
      "$(id).org",
      "`id`.org",
      "example.org|sh",
      "{a,b}.org",
      "[a-z].org",
      "exa%6dple.org",
      "exa\u0000mple.org",
    ],
    ...[
      "",
      ".",
      "..",
      "*",
      "*.",
      "http://",
      "org",
      ".org",
      "co.uk",
      "-example.org",
      "example-.org",
      "a..org",
    ],
    ...[`${"a".repeat(64)}.org`, `${"a.".repeat(130)}org`, "10.0.0.0/8", "1.2.3.4.5", "example.org\u202e"],
  ])("%j", (text) => {
    const { targets, refused } = only(text);
    expect(targets).toEqual([]);
    expect(refused).toEqual([{ text, why: expect.any(String) }]);
  });

  test("what the configuration says is inside, with its subdomains and no other names", () => {
    expect(only("api.corp.example.com", ["corp.example.com"]).targets).toEqual([]);
    expect(only("CORP.example.com", ["corp.example.com"]).targets).toEqual([]);
    expect(only("notcorp.example.com", ["corp.example.com"]).targets).toHaveLength(1);
  });
});

/** Pieces of which attacks are made, and all else. */
const piece = fc.oneof(
  fc.constantFrom(
    ...["example.org", "localhost", "127.0.0.1", "10.0.0.1", "[::1]", "0x7f000001", "2130706433", "9.9.9.9"],
    ...[
      "http://",
      "https://",
      "ssh://",
      "ftp://",
      "//",
      "/",
      "@",
      ":",
      ":22",
      ":443",
      "#",
      "?",
      "%",
      "\\",
      ".",
    ],
    ...[
      "*.",
      "--next",
      "-o",
      " ",
      "\n",
      "\t",
      "\r",
      "\0",
      "$(id)",
      "`id`",
      ";",
      "|",
      "&&",
      "'",
      '"',
      "{a,b}",
    ],
    ...["svc.cluster.local", ".internal", ".nip.io", "。", "．", "１", "ⓔ", "\u00ad", "\u200b", "xn--", "İ"],
  ),
  fc.string({ maxLength: 6, unit: "binary" }),
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.webUrl(),
  fc.domain(),
);

describe("whatever is written", () => {
  test("only public names and addresses pass, in letters that are nothing else anywhere", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const { targets, refused } = parseTargets(texts);
        expect(targets.length).toBeLessThanOrEqual(texts.length);
        expect(refused.length).toBeLessThanOrEqual(texts.length);
        for (const { host, ports } of targets) {
          expect(host).toMatch(/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+)$/);
          expect(host).not.toMatch(
            /(^|\.)(localhost|local|internal|arpa|test|invalid|example|cluster|svc)$|^(127|10|0|169\.254|192\.168)\.[\d.]+$|^::|\.nip\.io$/,
          );
          expect(ports.every((port) => [22, 80, 443].includes(port))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("what passes is read again as itself", () => {
    fc.assert(
      fc.property(text, (each) => {
        const { targets } = only(each);
        const [target] = targets;
        if (target) expect(only(target.host).targets[0]?.host).toBe(target.host);
      }),
      { numRuns: 1000 },
    );
  });

  test("curl gets each address as one word that begins with its scheme, and no other word of theirs", () => {
    const ours = new Set([
      ...[
        "--disable",
        "--silent",
        "--globoff",
        "--noproxy",
        "*",
        "--proto",
        "=http,https,telnet",
        "--max-time",
        "5",
      ],
      ...["--write-out", "%{json}\\n", "--next", "--head", "--output", "/dev/null"],
    ]);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const probes = probesOf(parseTargets(texts).targets);
        const theirs = curlArguments(probes).filter((word) => !ours.has(word));
        expect(theirs).toEqual(probes.map(urlOf));
        for (const word of theirs) {
          expect(word).toMatch(/^(https?:\/\/[a-z0-9.-]+\/|telnet:\/\/(?:[0-9.]+|\[[0-9a-f:]+\]):22)$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
