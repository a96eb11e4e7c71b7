import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { config, parseConfig } from "../../../functions/runtime/config.ts";
import { BadConfiguration } from "../../../functions/runtime/errors.ts";
import { forgetLazyValues } from "../../../functions/runtime/lazy.ts";
import { packit } from "../../../infra/config/packit.ts";

/** The configuration of the Packit team with one value set (or, with undefined, removed) at a path. */
function packitWith(...changes: [path: string, value: unknown][]): unknown {
  const copy: unknown = structuredClone(packit);
  for (const [path, value] of changes) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let target = copy as Record<string, unknown>;
    for (const key of keys) target = target[key] as Record<string, unknown>;
    if (value === undefined) delete target[last];
    else target[last] = value;
  }
  return copy;
}

/** The problems that are told, one line each. */
function problems(value: unknown): string[] {
  try {
    parseConfig(value);
    return [];
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BadConfiguration);
    const [head, ...lines] = (thrown as BadConfiguration).message.split("\n");
    const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
    expect(head).toBe(`The configuration has ${count}:`);
    return lines.map((line) => line.trim());
  }
}

describe("a good configuration", () => {
  it("is that of the Packit team, with defaults filled in", () => {
    const parsed = parseConfig(packit);
    expect(parsed.github).toMatchObject({
      apiUrl: "https://api.github.com",
      mainBranch: "main",
      stableBranch: "stable",
    });
    expect(parsed.limits).toMatchObject({ buildMinutes: 120, rpmMinutes: 60 });
    expect(parsed.repositories.map((each) => [each.name, each.moved])).toContainEqual(["tokman", false]);
    const worker = parsed.repositories
      .flatMap((each) => each.build?.images ?? [])
      .find((each) => each.name === "packit-worker");
    expect(worker).toEqual({
      name: "packit-worker",
      architectures: ["amd64", "arm64"],
      uniqueTag: "stable-{sha7}-{epoch}",
      stream: "packit-worker",
      runsMigrations: false,
    });
  });

  it("can be parsed again, as it comes out of the bundle", () => {
    const parsed = parseConfig(packit);
    expect(parseConfig(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  it("may leave out what is optional", () => {
    expect(problems(packitWith(["matrix", undefined], ["limits", undefined], ["freeze", {}]))).toEqual([]);
  });

  it("loses the slash at the end of its addresses", () => {
    const value = packitWith(["clusters.production.serviceUrl", "https://prod.packit.dev/"]);
    expect(parseConfig(value).clusters.production.serviceUrl).toBe("https://prod.packit.dev");
  });
});

describe("a wrong value is told with its path", () => {
  it.each<[string, unknown, string]>([
    ["service", undefined, "service: is missing"],
    ["extra", 1, "extra: is no known setting"],
    [
      "schedule.weekday",
      "sunday",
      'schedule.weekday: Invalid option: expected one of "monday"|"tuesday"|"wednesday"|"thursday"|"friday"',
    ],
    ["schedule.time", "25:00", "schedule.time: is no time of day, such as 13:00"],
    ["schedule.timeZone", "Mars", "schedule.timeZone: is no IANA time zone, such as Europe/Prague"],
    ["freeze.country", "Czechia", "freeze.country: is no ISO country code, such as CZ"],
    ["freeze.country", "XQ", "freeze.country: is no ISO country code: XQ"],
    ["freeze.dates.0.to", "2026-12-01", "freeze.dates.0.to: is before from"],
    ["freeze.dates.0.from", "2026-02-30", "freeze.dates.0.from: Invalid ISO date"],
    ["people", [], "people: Too small: expected array to have >=1 items"],
    ["people.0.slack", "ada", "people.0.slack: is no Slack member id, such as U012AB3CD"],
    ["people.1.github", "ada-packit", "people.1.github: stands twice: ada-packit"],
    ["people.1.github", "Ada-Packit", "people.1.github: stands twice: Ada-Packit"],
    ["people.1.slack", "U00000ADA", "people.1.slack: stands twice: U00000ADA"],
    ["people.0.matrix", "ada", "people.0.matrix: is no Matrix id, such as @name:example.org"],
    ["duty.repository", "agile", "duty.repository: is not owner/repository"],
    ["duty.backup", "zoe", "duty.backup: is not in the list of people: zoe"],
    ["repositories.1.name", "ogr", "repositories.1.name: stands twice: ogr"],
    ["repositories.3.name", "Packit", "repositories.3.name: stands twice: Packit"],
    ["repositories.1.rpm", "python-ogr", "repositories.1.rpm: stands twice: python-ogr"],
    [
      "repositories.2.waitsFor.0.repository",
      "nix",
      "repositories.2.waitsFor.0.repository: is not in the list of repositories: nix",
    ],
    [
      "repositories.2.waitsFor.1.repository",
      "ogr",
      "repositories.2.waitsFor.1.repository: stands twice: ogr",
    ],
    [
      "repositories.6.waitsFor.3.until",
      "rpm",
      "repositories.6.waitsFor.3.repository: sandcastle has no rpm to wait for",
    ],
    [
      "repositories.3.build.workflow",
      "build.yml",
      'repositories.3.build.workflow: Invalid string: must start with ".github/workflows/"',
    ],
    [
      "repositories.3.build.images.0.uniqueTag",
      "{sha7}-{date}",
      "repositories.3.build.images.0.uniqueTag: {date} is not filled in: only {sha7}, {epoch}",
    ],
    [
      "repositories.4.build.images.0.name",
      "dashboard",
      "repositories.5.build.images.0.name: stands twice: dashboard",
    ],
    [
      "repositories.3.build.images.0.stream",
      "tokman",
      "repositories.7.build.images.0.stream: stands twice: tokman",
    ],
    ["clusters.staging.apiUrl", "ftp://x", "clusters.staging.apiUrl: Invalid URL"],
    ["slack.channel", "#packit", "slack.channel: is no Slack channel id, such as C012AB3CD"],
    ["github.stableBranch", "main", "github.stableBranch: is the main branch too: main"],
    ["clusters.staging.tag", "prod", "clusters.staging.tag: is production's too: prod"],
    [
      "post.path",
      "weekly/{weekyear}.md",
      "post.path: {weekyear} is not filled in: only {month}, {year}, {week}, {weeks}, {weekYear}, {since}, {till}",
    ],
    [
      "post.title",
      "Packit in {Month}",
      "post.title: {Month} is not filled in: only {month}, {year}, {week}, {weeks}, {weekYear}, {since}, {till}",
    ],
    [
      "post.heading",
      "{week} {day}",
      "post.heading: {day} is not filled in: only {month}, {year}, {week}, {weeks}, {weekYear}, {since}, {till}",
    ],
    ["topic", "{service} on {day}", "topic: {day} is not filled in: only {service}, {topic}"],
    [
      "health.queues.workerImage",
      "packit-wroker",
      "health.queues.workerImage: is no image of any repository: packit-wroker",
    ],
    ["health.validation.repository", "hello-world", "health.validation.repository: is not owner/repository"],
    ["limits", { buildMinutes: -1 }, "limits.buildMinutes: Too small: expected number to be >0"],
  ])("%s = %j", (path, value, line) => {
    expect(problems(packitWith([path, value]))).toContain(line);
  });

  it("but not the case of a login, which GitHub does not mind", () => {
    expect(problems(packitWith(["duty.backup", "Ben-Packit"]))).toEqual([]);
  });

  it("when nobody may approve", () => {
    const people = (packit.people ?? []).map((each) => ({ ...each, approver: false }));
    expect(problems(packitWith(["people", people]))).toEqual(["people: nobody is an approver"]);
  });

  it("when RPMs are named without Copr", () => {
    expect(problems(packitWith(["copr", undefined]))).toEqual([
      "repositories.0.rpm: needs the copr settings",
      "repositories.1.rpm: needs the copr settings",
      "repositories.2.rpm: needs the copr settings",
    ]);
  });

  it.each([undefined, null, 3, "x", []])("when it is %j as a whole", (value) => {
    expect(problems(value)).toHaveLength(1);
    expect(problems(value)[0]).toMatch(/^\(whole\): /);
  });
});

describe("repositories that wait in a circle", () => {
  const rpm = (repository: string) => ({ repository, until: "rpm" });

  it("are named in their order", () => {
    expect(problems(packitWith(["repositories.0.waitsFor", [rpm("packit")]]))).toEqual([
      "repositories.0.waitsFor: waits in a circle: ogr → packit → ogr",
    ]);
  });

  it("are named where the circle is, not where a way leads into it", () => {
    const value = packitWith(
      ["repositories.0.waitsFor", [rpm("specfile")]],
      ["repositories.1.waitsFor", [rpm("packit")]],
      ["repositories.2.waitsFor", [rpm("specfile")]],
    );
    expect(problems(value)).toEqual([
      "repositories.1.waitsFor: waits in a circle: specfile → packit → specfile",
    ]);
  });

  it("may be one that waits for itself", () => {
    expect(problems(packitWith(["repositories.0.waitsFor", [rpm("ogr")]]))).toEqual([
      "repositories.0.waitsFor: waits in a circle: ogr → ogr",
    ]);
  });

  it("are named where a name stands twice, too", () => {
    const value = packitWith(["repositories.0.waitsFor", [rpm("packit")]], ["repositories.3.name", "ogr"]);
    expect(problems(value)).toEqual([
      "repositories.3.name: stands twice: ogr",
      "repositories.0.waitsFor: waits in a circle: ogr → packit → ogr",
    ]);
  });

  it("are all told", () => {
    const value = packitWith(
      ["repositories.0.waitsFor", [rpm("packit")]],
      ["repositories.4.waitsFor", [{ repository: "sandcastle", until: "moved" }]],
    );
    expect(problems(value)).toEqual([
      "repositories.0.waitsFor: waits in a circle: ogr → packit → ogr",
      "repositories.4.waitsFor: waits in a circle: sandcastle → sandcastle",
    ]);
  });

  it("count when they are retired too", () => {
    const value = packitWith(
      ["repositories.7.waitsFor", [{ repository: "hardly", until: "moved" }]],
      ["repositories.8.waitsFor", [{ repository: "tokman", until: "moved" }]],
    );
    expect(problems(value)).toEqual(["repositories.7.waitsFor: waits in a circle: tokman → hardly → tokman"]);
  });
});

describe("several problems", () => {
  it("are told at once: wrong shapes do not hide wrong references", () => {
    const value = packitWith(
      ["service", undefined],
      ["schedule.time", "noon"],
      ["duty.backup", "zoe"],
      ["repositories.0.waitsFor", [{ repository: "packit", until: "rpm" }]],
      ["repositories.2.waitsFor.1", { repository: "nix", until: "soon" }],
    );
    expect(problems(value)).toEqual([
      "service: is missing",
      "schedule.time: is no time of day, such as 13:00",
      'repositories.2.waitsFor.1.until: Invalid option: expected one of "rpm"|"moved"',
      "duty.backup: is not in the list of people: zoe",
      "repositories.2.waitsFor.1.repository: is not in the list of repositories: nix",
      "repositories.0.waitsFor: waits in a circle: ogr → packit → ogr",
    ]);
  });

  it.each(Object.keys(packit).filter((key) => key !== "repositories"))(
    "are told whether %s is there or not",
    (key) => {
      const value = packitWith(["repositories.3.name", "ogr"], [key, undefined]);
      expect(problems(value)).toContain("repositories.3.name: stands twice: ogr");
    },
  );

  it("do not make others up: what cannot be read is not said to be missing elsewhere", () => {
    expect(problems(packitWith(["people.1.github", 3]))).toEqual([
      "people.1.github: Invalid input: expected string, received number",
    ]);
    expect(problems(packitWith(["repositories.0.name", 3]))).toEqual([
      "repositories.0.name: Invalid input: expected string, received number",
    ]);
    expect(problems(packitWith(["repositories", "none"], ["people", null], ["freeze", 1]))).toHaveLength(3);
    expect(problems(packitWith(["freeze.dates.0.from", "2027-1-9"]))).toEqual([
      "freeze.dates.0.from: Invalid ISO date",
    ]);
  });
});

describe("config", () => {
  const folder = mkdtempSync(join(tmpdir(), "stablehand-config-"));
  const path = join(folder, "config.json");
  afterEach(() => {
    forgetLazyValues();
    delete process.env.STABLEHAND_CONFIG;
    rmSync(path, { force: true });
  });

  it("reads the file in the bundle once", () => {
    process.env.STABLEHAND_CONFIG = path;
    writeFileSync(path, JSON.stringify(packit));
    expect(config().service).toBe("Packit Service");
    rmSync(path);
    expect(config().service).toBe("Packit Service");
  });

  it("says which variable is not set, that a file is not there, or is no JSON", () => {
    expect(() => config()).toThrow("The environment variable STABLEHAND_CONFIG is not set");
    process.env.STABLEHAND_CONFIG = path;
    expect(() => config()).toThrow(/^The configuration file cannot be read: ENOENT/);
    writeFileSync(path, "{");
    expect(() => config()).toThrow(BadConfiguration);
  });
});
