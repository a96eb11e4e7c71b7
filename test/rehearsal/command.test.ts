import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { rehearse, scratchFolder, startRehearsal } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

describe("bad input is told in a sentence, with exit code 2", () => {
  test.each([
    [["--frobnicate"], /Unknown option '--frobnicate'/],
    [["now"], /Unexpected argument 'now'/],
    [["--speed", "fast"], /--speed takes a number/],
    [["--speed", "0"], /--speed takes a number/],
    [["--port", "99999"], /--port takes a number/],
    [["--date", "tomorrow"], /--date takes a day/],
    [["--date", "2026-02-30"], /--date takes a day/],
    [["--config", "other"], /--config takes packit or example, not "other"/],
    [["--data", "/does/not/exist.json"], /\/does\/not\/exist\.json/],
    [["--state", "package.json"], /package\.json cannot keep the state: .*--state DIR/],
    [["--report", "/does/not/exist/r.json"], /--report \/does\/not\/exist\/r\.json cannot be written/],
    [["--report", "test"], /--report test cannot be written: it is a folder/],
    [["--only", "nobody", "--reason", "why"], /--only nobody: no such repository. There are .*packit/],
  ])("%s", async (options, message) => {
    const { code, output, report } = await rehearse(scratch.path, ...options);

    expect(output).toMatch(message);
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
    expect(report).toBeNull();
  });

  test("a data file tells all of its problems at once", async () => {
    const file = join(scratch.path, "bad.json");
    writeFileSync(file, JSON.stringify({ packit: { main: 7, stable: "x", ahead: "no" }, ogr: null }));

    const { code, output } = await rehearse(scratch.path, "--data", file);

    expect(code).toBe(2);
    for (const path of ["packit.main", "packit.stable", "packit.ahead", "ogr"])
      expect(output).toContain(path);
  });

  test.each(["world/quay.json", "step-functions.json", "dynamodb"])(
    "a folder where %s is not what a rehearsal leaves",
    async (name) => {
      const folder = join(scratch.path, `other-${name.replace("/", "-")}`);
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), "something else");

      const { code, output } = await rehearse(scratch.path, "--state", folder, "--yes");

      expect(output).toMatch(/is not what a rehearsal leaves there: .*--fresh.*--state DIR/s);
      expect(code).toBe(2);
      expect(existsSync(join(folder, name))).toBe(true);
    },
  );

  test("--fresh deletes nothing in a folder where no rehearsal was", async () => {
    const folder = join(scratch.path, "work");
    mkdirSync(join(folder, "world"), { recursive: true });

    const { code, output } = await rehearse(scratch.path, "--state", folder, "--fresh");

    expect(output).toMatch(/--fresh would delete world in .*, and no rehearsal was there/);
    expect(code).toBe(2);
    expect(existsSync(join(folder, "world"))).toBe(true);
  });

  test("a port that is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;

    const { code, output } = await rehearse(scratch.path, "--port", String(port));
    other.close();

    expect(output).toContain(`The port ${port} is in use`);
    expect(code).toBe(2);
  });
});

test("--help tells every option, with exit code 0", async () => {
  const { code, output } = await rehearse(scratch.path, "--help");

  for (const option of [
    "yes",
    "config",
    "data",
    "speed",
    "date",
    "port",
    "state",
    "fresh",
    "stay",
    "report",
    "help",
  ]) {
    expect(output).toContain(`--${option}`);
  }
  expect(code).toBe(0);
});

test("Ctrl-C ends it, and a second process is told that the folder is taken", async () => {
  const first = startRehearsal(scratch.path, "--fresh");
  const printed = await first.printed(/Your decision: http\S+/);
  const link = /http\S+\/approval\S+/.exec(printed)?.[0] ?? "";
  expect((await fetch(link)).status).toBe(200);

  const second = await rehearse(scratch.path);
  expect(second.output).toMatch(/The process \d+ is using .*--state DIR/s);
  expect(second.code).toBe(2);

  first.child.kill("SIGINT");
  expect((await first.ended).code).toBe(130);
  await expect(fetch(link)).rejects.toThrow();
});

test("Ctrl-C while it still starts leaves nothing behind", async () => {
  const first = startRehearsal(scratch.path, "--fresh", "--yes");
  await first.printed(/The whole week is made up/);
  first.child.kill("SIGINT");

  const { code, output } = await first.ended;
  expect(code).toBe(130);
  expect(output).not.toContain("OpenRun");
  expect(existsSync(join(scratch.path, "state", "pid"))).toBe(false);
});

test("nobody reads its output any more: it ends, and gives the folder back", async () => {
  const first = startRehearsal(scratch.path, "--fresh", "--yes");
  await first.printed(/The whole week is made up/);
  first.child.stdout?.destroy();

  const { code, output } = await first.ended;
  expect(output).not.toContain("EPIPE");
  expect(code).toBe(130);
  expect(existsSync(join(scratch.path, "state", "pid"))).toBe(false);
});

test("a fault that finds no occasion is said not to have happened", async () => {
  const { output, report, code } = await rehearse(
    scratch.path,
    ...["--fresh", "--yes", "--only", "ogr", "--reason", "a broken release", "--fail", "build-fails"],
  );

  expect(output).toMatch(/build-fails did not happen: this week gave it no occasion/);
  expect(report?.faults).toEqual([]);
  expect(code).toBe(0);
});
