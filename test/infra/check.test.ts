import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const biome = resolve("node_modules/.bin/biome");
let clone: string;
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "stablehand-check-"));
  cpSync("biome.json", join(clone, "biome.json"));
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** What `npm run check` says of a clone in which this file is not formatted. */
function check(file: string): { status: number | null; output: string } {
  const path = join(clone, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{"a":\n1}');
  const options = ["check", "--error-on-warnings", "--vcs-enabled=false", "."];
  const { status, stdout, stderr } = spawnSync(biome, options, { cwd: clone, encoding: "utf8" });
  rmSync(path);
  return { status, output: stdout + stderr };
}

test.each(["package.json", "functions/facts.json", "infra/config/packit.json", "test/fixtures/week.json"])(
  "%s is checked",
  (file) => {
    const { status, output } = check(file);
    expect(status).toBe(1);
    expect(output).toContain(`${file} format`);
  },
);

test("a report that a rehearsal left beside the code does not make the check fail", () => {
  const { status, output } = check("report.json");
  expect(output).not.toContain("report.json");
  expect(status).toBe(0);
});
