import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { madeUpWeek, readWeek, type SeedRepository } from "../../infra/local/world/data.ts";
import { startGitHubFixture, testConfig } from "../support/github-world.ts";
import { sharedData } from "../support/shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "stablehand-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(folder, "week.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const read = (content: unknown) => readWeek(fileOf(content), testConfig);

/** A sha of one digit. */
const sha = (digit: string) => digit.repeat(40);

const commit = (digit: string, parents: string[], more = {}) => ({
  sha: sha(digit),
  date: "2026-11-17T10:00:00+01:00",
  message: `Commit ${digit}`,
  parents: parents.map(sha),
  ...more,
});

/** Base 0; the main branch has 1 and 2. */
const ordinary = {
  main: sha("2"),
  stable: sha("0"),
  mergeBase: sha("0"),
  stableDate: "2026-11-16T12:00:00+00:00",
  fastForward: true,
  aheadCount: 2,
  ahead: [commit("2", ["1"]), commit("1", ["0"])],
};

function repository(content: unknown, name = "ogr"): SeedRepository {
  const found = read({ [name]: content }).repositories.find((each) => each.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

/** Parents come first, nothing points to nowhere, and both heads are there. */
function expectWhole({ base, ahead, behind, main, stable }: SeedRepository): void {
  for (const list of [ahead, behind]) {
    const known = new Set([base.sha]);
    for (const each of list) {
      expect(each.parents.length).toBeGreaterThan(0);
      for (const parent of each.parents) expect(known).toContain(parent);
      expect(known).not.toContain(each.sha);
      known.add(each.sha);
    }
  }
  expect(main).toBe(ahead.at(-1)?.sha ?? base.sha);
  expect(stable).toBe(behind.at(-1)?.sha ?? base.sha);
}

describe("reading a week", () => {
  it("puts parents first, and dates into UTC", () => {
    const { ahead, main, stable, base } = repository(ordinary);
    expect(ahead.map((each) => each.sha)).toEqual([sha("1"), sha("2")]);
    expect(ahead[0]).toMatchObject({ date: "2026-11-17T09:00:00.000Z", parents: [sha("0")], author: null });
    expect({ main, stable, base: base.sha }).toEqual({ main: sha("2"), stable: sha("0"), base: sha("0") });
    expect(base.date).toBe("2026-11-16T12:00:00.000Z");
  });

  it("keeps merges, and lets parents outside the data stand on the base", () => {
    const merge = repository({
      ...ordinary,
      main: sha("3"),
      ahead: [commit("3", ["2", "1"]), commit("2", ["9"]), commit("1", ["0"])],
    });
    expect(merge.ahead.at(-1)?.parents).toEqual([sha("2"), sha("1")]);
    expect(merge.ahead.find((each) => each.sha === sha("2"))?.parents).toEqual([sha("0")]);
    const { notes } = read({ ogr: { ...ordinary, ahead: [commit("2", ["1"]), commit("1", ["9"])] } });
    expect(notes).toContain(
      "ogr: 1 commit with a parent outside the data: it stands on the merge base instead.",
    );
  });

  it("reads a diverged repository", () => {
    const diverged = repository({
      ...ordinary,
      stable: sha("5"),
      fastForward: false,
      behind: [commit("5", ["4"]), commit("4", ["0"])],
    });
    expect(diverged.behind.map((each) => each.sha)).toEqual([sha("4"), sha("5")]);
    expectWhole(diverged);
  });

  it("makes up what a cut list lacks, and says so", () => {
    const cut = read({ ogr: { ...ordinary, aheadCount: 9 } });
    expect(cut.notes).toContain(
      "ogr: the data holds 2 of the 9 commits that only main has; the rest is left out.",
    );
    const headless = { ...ordinary, main: sha("8"), stable: sha("7"), fastForward: false, behind: [] };
    const { repositories, notes } = read({ ogr: headless });
    const [ogr] = repositories;
    expect(ogr?.ahead.at(-1)).toMatchObject({ sha: sha("8"), parents: [sha("2")] });
    expect(ogr?.behind).toMatchObject([{ sha: sha("7"), parents: [sha("0")] }]);
    expect(notes).toContain("ogr: the data lacks the head commit of main, so it is made up.");
    if (ogr) expectWhole(ogr);
  });

  it("needs nothing but the two heads", () => {
    const even = repository({ main: sha("1"), stable: sha("1") });
    expect(even).toMatchObject({ ahead: [], behind: [], main: sha("1"), stable: sha("1") });
    const moved = repository({ main: sha("2"), stable: sha("1") });
    expect(moved).toMatchObject({ main: sha("2"), stable: sha("1"), behind: [] });
    expect(moved.ahead).toHaveLength(1);
    const bare = repository({ main: sha("2"), stable: sha("1"), ahead: [{ sha: sha("2") }] });
    expect(bare.ahead).toMatchObject([{ sha: sha("2"), message: "", parents: [sha("1")] }]);
  });

  it("trusts the lists more than a merge base that does not fit them", () => {
    const forward = repository({ ...ordinary, mergeBase: sha("9") });
    expect(forward).toMatchObject({ base: { sha: sha("0") }, stable: sha("0"), behind: [] });
    const even = repository({ main: sha("1"), stable: sha("1"), mergeBase: sha("9") });
    expect(even).toMatchObject({ base: { sha: sha("1") }, ahead: [], behind: [] });
    const back = repository({
      main: sha("0"),
      stable: sha("5"),
      aheadCount: 0,
      behind: [commit("5", ["0"])],
    });
    expect(back).toMatchObject({ base: { sha: sha("0") }, main: sha("0"), ahead: [], stable: sha("5") });
  });

  it("keeps odd messages as they are", () => {
    const messages = [
      "Fix\r\n\r\nRELEASE NOTES BEGIN\r\n\uFFFC ☕ žluťoučký\r\n",
      "",
      "x".repeat(100_000),
      "-",
      "\n\n",
    ];
    const ahead = messages.map((message, index) => commit(String(index + 1), [String(index)], { message }));
    const seed = repository({ ...ordinary, main: sha("5"), aheadCount: 5, ahead: ahead.toReversed() });
    expect(seed.ahead.map((each) => each.message)).toEqual(messages);
  });

  it("takes authors where the data has them", () => {
    const named = (author: unknown) =>
      repository({ ...ordinary, main: sha("1"), ahead: [commit("1", ["0"], { author })] });
    expect(named("Jan Novák").ahead[0]?.author).toBe("Jan Novák");
    expect(named({ login: "jan", name: "Jan" }).ahead[0]?.author).toBe("jan");
    expect(named({ name: " " }).ahead[0]?.author).toBeNull();
  });

  it("reports repositories that only one side knows", () => {
    const { repositories, notes } = read({ ogr: ordinary, unheard: ordinary });
    expect(repositories.map((each) => each.name)).toEqual(testConfig.repositories.map((each) => each.name));
    expect(notes).toContain("unheard: not in the configuration, left out.");
    expect(notes).toContain("packit: not in the data, made up with nothing to deploy.");
  });
});

describe("bad data", () => {
  it.each([
    [
      "a file that is not there",
      () => readWeek(join(folder, "none.json"), testConfig),
      /none\.json cannot be read/,
    ],
    ["something else than JSON", () => read("{ nope"), /week\.json cannot be read/],
    ["a list", () => read([ordinary]), /no object of repositories/],
    ["nothing of ours", () => read({ other: ordinary }), /none of the configured repositories/],
    [
      "a commit twice",
      () => read({ ogr: { ...ordinary, ahead: [commit("2", ["1"]), commit("2", ["1"])] } }),
      /ogr\.ahead\.1\.sha: stands twice/,
    ],
    [
      "a circle",
      () => read({ ogr: { ...ordinary, ahead: [commit("2", ["1"]), commit("1", ["2"])] } }),
      /ogr\.ahead: the parents form a circle/,
    ],
    [
      "the merge base among the new ones",
      () => read({ ogr: { ...ordinary, ahead: [commit("2", ["0"]), commit("0", [])] } }),
      /ogr\.ahead\.1\.sha: is the merge base/,
    ],
    [
      "the head of stable among the new ones",
      () => read({ ogr: { ...ordinary, stable: sha("1"), fastForward: false } }),
      /ogr\.ahead\.1\.sha: is the head of the other branch/,
    ],
    [
      "commits ahead of nothing",
      () => read({ ogr: { ...ordinary, main: sha("0") } }),
      /ogr\.ahead: lists commits/,
    ],
  ])("is refused: %s", (_what, reading, message) => {
    expect(reading).toThrow(
      expect.objectContaining({ name: "BadConfiguration", message: expect.stringMatching(message) }),
    );
  });

  it("tells every problem at once, with its place", () => {
    const reading = () =>
      read({
        ogr: { ...ordinary, main: "abc", ahead: [{ ...commit("2", ["1"]), date: "yesterday" }] },
        packit: { stable: sha("1") },
        specfile: "even",
      });
    expect(reading).toThrow(/has 4 problems/);
    for (const place of ["ogr.main:", "ogr.ahead.0.date:", "packit.main:", "specfile:"])
      expect(reading).toThrow(place);
  });
});

describe("any week", () => {
  /** Commits whose parents are any of the earlier ones or unknown, listed in any order, cut anywhere. */
  const history = fc
    .array(
      fc.record({
        parents: fc.array(fc.nat(), { maxLength: 3 }),
        dated: fc.boolean(),
        unknown: fc.boolean(),
      }),
      { maxLength: 30 },
    )
    .chain((drafts) =>
      fc.tuple(fc.constant(drafts), fc.shuffledSubarray(drafts.map((_draft, index) => index))),
    );
  const name = (side: string, index: number) => (side + index.toString(16)).padStart(40, "0");

  it("gives whole histories", () => {
    fc.assert(
      fc.property(
        history,
        history,
        fc.boolean(),
        ([ahead, listedAhead], [behind, listedBehind], withBase) => {
          const list = (side: string, drafts: typeof ahead, listed: number[]) =>
            listed.map((index) => ({
              sha: name(side, index),
              parents: (drafts[index]?.parents ?? [])
                .map((parent) => (index === 0 ? sha("0") : name(side, parent % index)))
                .concat(drafts[index]?.unknown ? [sha("e")] : []),
              ...(drafts[index]?.dated ? { date: "2026-11-17T10:00:00Z" } : {}),
            }));
          const read = repository({
            main: ahead.length > 0 ? name("a", ahead.length - 1) : sha("0"),
            stable: behind.length > 0 ? name("b", behind.length - 1) : sha("0"),
            ...(withBase || ahead.length === 0 || behind.length === 0 ? { mergeBase: sha("0") } : {}),
            ahead: list("a", ahead, listedAhead),
            behind: list("b", behind, listedBehind),
          });
          expectWhole(read);
        },
      ),
    );
  });
});

describe("the made-up week", () => {
  const now = new Date("2026-11-23T12:00:00Z");
  const week = madeUpWeek(testConfig, now);
  const named = (name: string) => week.repositories.find((each) => each.name === name);

  it("exercises the plan: even, moved and merged repositories, a migration, release notes", () => {
    const counts = Object.fromEntries(week.repositories.map((each) => [each.name, each.ahead.length]));
    expect(counts).toMatchObject({
      ogr: 0,
      specfile: 0,
      packit: 2,
      dashboard: 3,
      "packit-service-fedmsg": 0,
      sandcastle: 0,
      "packit-service": 4,
    });
    for (const each of week.repositories) expectWhole(each);
    expect(named("packit")?.ahead[1]?.parents).toHaveLength(2);
    const files = named("packit-service")?.ahead.flatMap((each) => Object.keys(each.files ?? {}));
    expect(files).toContainEqual(expect.stringMatching(/^alembic\/versions\//));
    expect(
      named("packit-service")
        ?.ahead.map((each) => each.message)
        .join(),
    ).toContain("RELEASE NOTES BEGIN");
  });

  it("lies in the week before the run, and is the same for the same time", () => {
    const dates = week.repositories.flatMap(({ base, ahead }) => [base, ...ahead]).map((each) => each.date);
    expect(dates.toSorted().at(0)).toBe("2026-11-16T12:00:00.000Z");
    expect(Date.parse(dates.toSorted().at(-1) ?? "")).toBeLessThan(now.getTime());
    expect(madeUpWeek(testConfig, now)).toEqual(week);
    expect(named("dashboard")?.main).toBe(
      madeUpWeek(testConfig).repositories.find((each) => each.name === "dashboard")?.main,
    );
  });
});

describe("odd messages in the emulated GitHub", () => {
  it("come out as they went in", async () => {
    const messages = [
      "Fix\r\n\r\nRELEASE NOTES BEGIN\r\n\uFFFC ☕ žluťoučký\r\n",
      "",
      "x".repeat(100_000),
      "Fix <!channel> & `rm`",
      "Fix",
      "Fix",
    ];
    const ahead = messages.map((message, index) => commit(String(index + 1), [String(index)], { message }));
    const github = await startGitHubFixture(
      read({ ogr: { ...ordinary, main: sha("6"), ahead: ahead.toReversed() } }),
    );
    try {
      const { commits, files } = await github.hub.compare("ogr", "stable", "main");
      expect(commits.map((each) => each.message)).toEqual(messages.toReversed());
      expect(files).toHaveLength(messages.length);
    } finally {
      await github.close();
    }
  });
});

const realWeek = sharedData("stable.json");

describe.skipIf(realWeek === null)("the real week", () => {
  it("is read whole", () => {
    const { repositories, notes } = readWeek(realWeek ?? "", testConfig);
    expect(repositories).toHaveLength(testConfig.repositories.length);
    for (const each of repositories) expectWhole(each);
    expect(notes.join()).not.toContain("left out");
  });
});
