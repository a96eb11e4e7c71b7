import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseConfig } from "../../functions/runtime/config.ts";
import { configs, deployed } from "../../infra/config/index.ts";
import { generated, withGenerated } from "../../infra/docs/generate.ts";

it.each(generated())("$file has the $marker of today: npm run docs", ({ file, marker, text }) => {
  const content = readFileSync(file, "utf8");
  expect(withGenerated(content, marker, text) === content, "npm run docs was not run").toBe(true);
});

it("the table of settings tells types, defaults and meanings", () => {
  const table = generated().find(({ marker }) => marker === "settings")?.text ?? "";
  for (const row of [
    "| `service` | text | **needed** | What is deployed, as people call it. |",
    '| `github.apiUrl` | text | `"https://api.github.com"` |  |',
    "| `copr` | object or null | `null` | Null: nothing is installed from Copr. |",
    "| `clusters.staging.tag` | text | **needed** | Tag of its image streams, and of the images at Quay that they follow. |",
    "| `health.restarts` | number | `3` | So many restarts of one pod are a warning, and within its first hour a failure. |",
    "| `cleanup.keepDays` | number | `60` | What is younger stays. |",
    "| `sentry.projects` | list of texts | `[]` | Slugs of the projects; empty: all that the token may read. |",
    "| `limits.pushMinutes` | number | `15` | No pushed image within this time after its build: the step gives up. |",
  ]) {
    expect(table).toContain(`${row}\n`);
  }
});

it("the flow is drawn with its inner scopes", () => {
  const section = generated().find(({ marker }) => marker === "flows")?.text ?? "";
  expect(section).toContain("  [*] --> OpenRun\n");
  expect(section).toMatch(/ {2}state Promote \{\n {4}\[\*\] --> AwaitDependencies\n/);
});

it("every team's configuration is one", () => {
  for (const config of Object.values(configs)) expect(parseConfig(config).service).toMatch(/\w/);
  expect(Object.keys(configs)).toContain(deployed);
});

it("the README names only commands that there are", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  for (const file of ["README.md", "CONTRIBUTING.md", "infra/config/README.md", "statemachine/README.md"]) {
    const named = [...readFileSync(file, "utf8").matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(
      ([, name]) => name as string,
    );
    for (const name of named) expect(Object.keys(scripts), `npm run ${name} in ${file}`).toContain(name);
  }
});
