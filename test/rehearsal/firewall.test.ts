import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { FirewallReport } from "../../infra/firewall-command.ts";
import { scratchFolder } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

/** `npm run firewall`, as a person types it, without npm. */
async function command(...options: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", "infra/firewall.ts", "--port", "0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

test("what is blocked is asked for once, looked at every day, and told when it is granted", async () => {
  const file = join(scratch.path, "report.json");
  const { code, output } = await command(
    ...["--yes", "--issue", "--report", file, "--fail", "no-dns", "--fail", "host-down"],
    ...["https://pagure.io/x", ".fedorapeople.org", "9.9.9.9", "localhost", "http://2130706433/"],
  );
  const report = JSON.parse(readFileSync(file, "utf8")) as FirewallReport;

  expect(code).toBe(0);
  expect(report.run).toMatchObject({ status: "finished", reason: "everything can be reached" });
  expect(output).toMatch(/refused {2}localhost is no domain/);
  expect(output).toMatch(/refused {2}http:\/\/2130706433\/ is an address inside/);
  const [first, last] = [report.rounds[0], report.rounds.at(-1)];
  const verdict = (cluster: string, host: string, port: number) =>
    first?.[cluster]?.find((each) => each.host === host && each.port === port)?.verdict;
  expect(verdict("production", "pagure.io", 443)).toBe("blocked");
  expect(verdict("staging", "pagure.io", 443)).toBe("reachable");
  expect(verdict("production", "9.9.9.9", 22)).toBe("blocked");
  expect(verdict("production", "down.fedorainfracloud.org", 80)).toBe("down");
  expect(verdict("production", "gone.fedorainfracloud.org", 80)).toBe("dnsFailure");
  expect(
    Object.values(last ?? {})
      .flat()
      .every((each) => each.verdict === "reachable"),
  ).toBe(true);
  expect(report.rounds.length).toBeGreaterThanOrEqual(3);
  expect(report.request).toContain("Check: 1 cluster × 2 destinations × 2 ports = 4");
  expect(report.request).not.toContain("fedorainfracloud");
  expect(report.asked.map(({ host, port }) => `${host}:${port}`)).toEqual([
    ...["9.9.9.9:22", "fedorapeople.org:443", "fedorapeople.org:80", "pagure.io:443"],
  ]);
  expect(report.slack).toEqual([
    "Packit Service: a firewall request waits to be sent",
    "Packit Service: the firewall lets you through",
  ]);
  expect(report.comments).toHaveLength(1);
  expect(report.comments[0]).toMatch(/^@ada-packit: everything can be reached from both clusters\./);
}, 180_000);

test("what cannot be asked for starts nothing", async () => {
  const { code, output } = await command("--yes", "169.254.169.254", "redis.svc.cluster.local");
  expect(code).toBe(1);
  expect(output).toMatch(/169\.254\.169\.254 is an address inside/);
  expect(output).not.toContain("console");
}, 180_000);

test.each([
  [["--help"], /--days N/, 0],
  [["--fail", "rain"], /--fail rain is not known/, 2],
  [["--days", "0"], /--days takes a number from 1 to 30/, 2],
])("%j", async (options, message, expected) => {
  const { code, output } = await command(...options);
  expect(output).toMatch(message);
  expect(code).toBe(expected);
});
