import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sourceFolder } from "../../../infra/codebuild/projects.ts";

/** The scripts that decide what may leave a build job, run as the job runs them. */

const folder = mkdtempSync(join(tmpdir(), "stablehand-scripts-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, options: { words?: string[]; input?: string; env?: Record<string, string> }) {
  const { words = [], input = "", env = {} } = options;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(sourceFolder, script), ...words], {
    input,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr, result: () => JSON.parse(Buffer.from(stdout, "base64").toString("utf8")) };
}

describe("the vault's changelog", () => {
  const digestOf = (lines: string[]) => createHash("sha256").update(lines.join("\n")).digest("hex");
  const known = ["# Changes", "", "one: canary", "two: canary"];
  const items = (lines: string[], more: object[] = []) =>
    JSON.stringify([
      { type: 2, name: "! Changelog !", notes: `${lines.join("\n")}\n\n`, fields: [{ value: "canary" }] },
      { type: 1, name: "! Changelog !", login: { password: "canary" } },
      { type: 2, name: "about ! Changelog !", notes: "canary" },
      ...more,
    ]);
  const read = (lines: string[], env: Record<string, string> = {}) =>
    run("changelog.mjs", { input: items(lines), env: { NOTE: "! Changelog !", ...env } });
  const since = { KNOWN_DIGEST: digestOf(known), KNOWN_LINES: String(known.length) };

  test.each([
    ["at the top", ["three", ...known]],
    ["at the end", [...known, "three"]],
    ["below its heading", [...known.slice(0, 2), "three", "", ...known.slice(2)]],
  ])("tells what was added %s, and nothing else", (_, lines) => {
    const { status, result, stdout } = read(lines, since);
    expect(status).toBe(0);
    expect(result()).toEqual({
      digest: digestOf(lines),
      lines: lines.length,
      since: "added",
      added: ["three"],
      more: 0,
    });
    expect(Buffer.from(stdout, "base64").toString("utf8")).not.toContain("canary");
  });

  test("tells no line where an earlier state is not known, is the same, or was changed", () => {
    expect(read(known).result()).toMatchObject({ since: "first", added: [], lines: 4 });
    expect(read(known, since).result()).toMatchObject({ since: "same", added: [] });
    expect(read(["# Changes", "", "one: canary", "2: canary", "three"], since).result()).toMatchObject({
      since: "rewritten",
      added: [],
    });
    expect(read(known.slice(1), since).result()).toMatchObject({ since: "rewritten", added: [] });
  });

  test("lets out so many lines of so many characters", () => {
    const many = Array.from({ length: 60 }, (_, index) => `${index} ${"x".repeat(500)}`);
    const { added, more } = read([...known, ...many], since).result();
    expect(added).toHaveLength(20);
    expect(more).toBe(40);
    for (const line of added) expect(line.length).toBe(160);
  });

  test.each([
    ["nothing of that name", "[]"],
    ["two of that name", items(known, [{ type: 2, name: "! Changelog !", notes: "canary" }])],
    ["no JSON", "canary: vault is locked"],
  ])("fails without a word of what was read, with %s", (_, input) => {
    const { status, stdout, stderr } = run("changelog.mjs", { input, env: { NOTE: "! Changelog !" } });
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).not.toContain("canary");
  });
});

describe("Ansible's output", () => {
  const outcomeOf = (output: string, succeeding = "0") => {
    const file = join(folder, "output");
    writeFileSync(file, output);
    return run("outcome.mjs", { words: ["ended", succeeding, file] }).result();
  };
  const fatal = 'fatal: [localhost]: FAILED! => {"token": "canary"}';

  test("is told by the names of its failed tasks alone", () => {
    const output = [
      "TASK [Fine] ****",
      "ok: [localhost] => canary",
      "TASK [deploy : Deploy packit-worker] *********",
      'failed: [localhost] (item=canary) => {"msg": "canary"}',
      'failed: [localhost] (item=other) => {"msg": "canary"}',
      "TASK [Not important] ****",
      fatal,
      "...ignoring",
      "RUNNING HANDLER [Restart nginx] ****",
      fatal,
    ].join("\n");
    expect(outcomeOf(output)).toEqual({
      outcome: "failed",
      tasks: ["deploy : Deploy packit-worker", "Restart nginx"],
    });
  });

  test("names no task when it broke before the first one, or in none", () => {
    expect(outcomeOf(fatal)).toEqual({ outcome: "failed", tasks: ["before the first task"] });
    expect(outcomeOf("make: *** [deploy] Error 127")).toEqual({ outcome: "failed", tasks: [] });
    expect(outcomeOf(fatal, "1")).toEqual({ outcome: "applied", tasks: [] });
  });
});

describe("the playbook's variables", () => {
  const render = (template: string) => {
    const [from, to] = [join(folder, "template.yml"), join(folder, "prod.yml")];
    writeFileSync(from, template);
    const env = { API_KEY: 'sha256~"quoted"' };
    return { ...run("render-variables.mjs", { words: [from, to], env }), to };
  };

  test("are the template with the token in its place, and only their owner may read them", () => {
    const { status, stdout, to } = render(
      '# comment\nhost: https://api.example.com:6443\napi_key: ""\nwith: 1\n',
    );
    expect([status, stdout]).toEqual([0, "https://api.example.com:6443"]);
    expect(readFileSync(to, "utf8")).toBe(
      '# comment\nhost: https://api.example.com:6443\napi_key: "sha256~\\"quoted\\""\nwith: 1\n',
    );
    expect(statSync(to).mode & 0o077).toBe(0);
  });

  test.each(["host: https://api.example.com:6443\n", 'api_key: ""\n', "host: $(id)\napi_key: x\n"])(
    "are refused from %j",
    (template) => {
      const { status, stderr } = render(template);
      expect(status).toBe(1);
      expect(stderr).toMatch(/has no line/);
    },
  );
});
