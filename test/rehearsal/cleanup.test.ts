import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CleanupReport } from "../../infra/cleanup-report.ts";
import { scratchFolder } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

interface Rehearsed {
  code: number | null;
  output: string;
}

/** `npm run cleanup`, as a person types it, without npm. */
async function command(...options: string[]): Promise<Rehearsed> {
  const child = spawn(process.execPath, ["--import", "tsx", "infra/cleanup.ts", "--port", "0", ...options], {
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

async function rehearse(...options: string[]): Promise<Rehearsed & { report: CleanupReport }> {
  const file = join(scratch.path, "report.json");
  const rehearsed = await command("--yes", "--report", file, ...options);
  return { ...rehearsed, report: JSON.parse(readFileSync(file, "utf8")) as CleanupReport };
}

const kept = (report: CleanupReport, words: RegExp) =>
  report.stayed.find((each) => words.test(each.words))?.tags ?? [];

test("what was approved goes, but for what changed, came into use, or is refused", async () => {
  const { report, code } = await rehearse(
    ...["--weeks", "16", "--fail", "hook-off", "--fail", "tag-moves", "--fail", "comes-into-use"],
    ...["--fail", "tag-immutable"],
  );

  expect(code).toBe(0);
  expect(report.run).toMatchObject({ status: "finished", decision: "approve" });
  const approved = Object.entries(report.judged).flatMap(([image, tags]) =>
    tags.flatMap(({ name, keptBecause }) => (keptBecause === null ? [`${image}:${name}`] : [])),
  );
  const stayed = [
    kept(report, /changed after the plan/),
    kept(report, /a cluster uses it/),
    kept(report, /Quay refuses/),
  ];
  for (const tags of stayed) expect(tags).toHaveLength(1);
  expect(report.deleted.toSorted()).toEqual(
    approved.filter((each) => !stayed.flat().includes(each)).toSorted(),
  );
  expect(report.deleted.length).toBeGreaterThan(10);
  for (const [image, tags] of Object.entries(report.judged)) {
    const left = tags.map(({ name }) => name).filter((name) => !report.deleted.includes(`${image}:${name}`));
    expect(report.quay[image]?.toSorted()).toEqual(left.toSorted());
  }
  expect(report.judged.dashboard?.find(({ name }) => name === "prod")?.keptBecause).toBe("protectedName");
  expect(report.plan?.notifications).toEqual(["dashboard"]);
  const entered = report.states.map(({ name }) => name);
  expect(entered.lastIndexOf("ReadLists")).toBeLessThan(entered.indexOf("PlanCleanup"));
  expect(entered.indexOf("PlanCleanup")).toBeLessThan(entered.indexOf("ReadManifests"));
  expect(entered.lastIndexOf("ReadManifests")).toBeLessThan(entered.indexOf("AskCleanup"));
  expect(report.freed).toBeGreaterThan(0);
  expect(report.freed).toBeLessThan(report.plan?.space?.freed ?? 0);
  const told = report.slack.at(-1);
  expect(told).toContain(`registry cleanup finished. ${report.deleted.length} tags deleted`);
}, 180_000);

test("nobody is asked where nothing is old enough", async () => {
  const { report, code } = await rehearse("--weeks", "0");

  expect(code).toBe(0);
  expect(report.run).toMatchObject({
    status: "finished",
    decision: null,
    reason: "nothing is old enough to go",
  });
  expect(report.deleted).toEqual([]);
  expect(report.states.map(({ name }) => name)).not.toContain("AskCleanup");
}, 180_000);

describe("the command", () => {
  test("tells its options, with exit code 0", async () => {
    const { code, output } = await command("--help");
    for (const option of ["yes", "weeks", "fail", "speed", "port", "report", "stay"]) {
      expect(output).toContain(`--${option}`);
    }
    expect(code).toBe(0);
  });

  test.each([
    [["--weeks", "many"], /--weeks takes a number from 0 to 2000, not "many"/],
    [["--fail", "rain"], /--fail rain is not known: it is one of hook-off, /],
    [["--frobnicate"], /Unknown option '--frobnicate'/],
  ])("tells of bad input: %j", async (options, message) => {
    const { code, output } = await command(...options);
    expect(output).toMatch(message);
    expect(code).toBe(2);
  });
});
