import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planPromotion, type RepositoryState } from "../../../functions/domain/promotion-plan.ts";
import {
  actions,
  commitsAbove,
  planInput,
  planned,
  planOf,
  repositoryState,
  sha,
} from "../../support/repository-states.ts";

const dispatchable = { build: { dispatch: true } };

describe("what happens to a repository", () => {
  it("moves one whose main is ahead to the head of main", () => {
    const plan = planOf([repositoryState("ogr", { ahead: 3 })]);
    const ogr = planned(plan, "ogr");
    expect(ogr).toMatchObject({
      action: "move",
      reason: "",
      from: sha("ogr", 0),
      to: sha("ogr", 3),
      force: false,
    });
    expect(ogr.commits.map((each) => each.sha)).toEqual([sha("ogr", 3), sha("ogr", 2), sha("ogr", 1)]);
    expect(plan.waves).toEqual([["ogr"]]);
  });

  it("has nothing to do for an even one, and leaves retired ones out of the plan", () => {
    const plan = planOf([
      repositoryState("ogr"),
      repositoryState("tokman", { ahead: 2, moved: false }),
      repositoryState("hardly", { moved: false, main: null, stable: null }),
    ]);
    expect(plan.repositories).toHaveLength(1);
    expect(planned(plan, "ogr")).toMatchObject({ action: "none", reason: "stable already equals main" });
    expect(plan.waves).toEqual([]);
  });

  it("leaves a diverged one where it is and shows its own commits", () => {
    const plan = planOf([repositoryState("dashboard", { ahead: 2, own: 2 })]);
    expect(planned(plan, "dashboard")).toMatchObject({
      action: "leftOut",
      reason: "stable has 2 commits that main lacks",
      to: sha("dashboard", 2),
      force: false,
      ownCommits: [{ containedInMain: true }, { containedInMain: false }],
    });
    expect(plan.waves).toEqual([]);
  });

  it("counts a stable branch that is ahead of main as diverged", () => {
    const plan = planOf([repositoryState("dashboard", { ahead: 0, own: 1 })]);
    expect(planned(plan, "dashboard")).toMatchObject({
      action: "leftOut",
      reason: "stable has a commit that main lacks",
    });
  });

  it("tells every branch that is missing, and one that was not compared", () => {
    const result = planPromotion(
      planInput([
        repositoryState("ogr", { main: null, stable: null }),
        repositoryState("packit", { stable: null }),
        repositoryState("specfile", { ahead: 1, comparison: null }),
      ]),
    );
    expect(result).toEqual({
      ok: false,
      problems: [
        "ogr has neither main nor stable, or GitHub does not show it: check its name, and that the App may see it",
        "packit has no branch stable: create it there, or set the repository to `moved: false`",
        "specfile: stable and main differ, but were not compared",
      ],
    });
  });
});

describe("rebuilds", () => {
  const service = (rest: Omit<Partial<RepositoryState>, "waitsFor"> = {}) =>
    repositoryState("service", { ...dispatchable, ...rest, waitsFor: ["ogr", "specfile"] });

  it("rebuilds an even one when what it installs moves", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("specfile", { ahead: 1 }),
      service(),
    ]);
    const rebuilt = planned(plan, "service");
    expect(rebuilt).toMatchObject({
      action: "rebuild",
      reason: "its dependencies ogr and specfile move",
      buildBy: "dispatch",
    });
    expect(rebuilt.to).toBe(rebuilt.from);
    expect(plan.waves).toEqual([["ogr", "specfile"], ["service"]]);
  });

  it("rebuilds nothing that builds no images", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("packit", { waitsFor: ["ogr"] }),
    ]);
    expect(actions(plan)).toEqual({ ogr: "move", packit: "none" });
  });

  it("says that a person has to re-run a workflow without dispatch", () => {
    const plan = planOf([repositoryState("ogr", { ahead: 1 }), service({ build: { dispatch: false } })]);
    expect(planned(plan, "service")).toMatchObject({ action: "none", buildBy: "person" });
    expect(planned(plan, "service").reason).toContain("its dependency ogr moves");
    expect(planned(plan, "service").reason).toContain("a person has to re-run it");
  });

  it("rebuilds images of an older commit, which an earlier run left half done", () => {
    const plan = planOf([service({ lastBuilt: { commit: "a".repeat(40), dependencies: {} } })]);
    expect(planned(plan, "service")).toMatchObject({ action: "rebuild" });
    expect(planned(plan, "service").reason).toBe(
      "its images were last built from aaaaaaa, not from what stable is now",
    );
  });

  it.each([
    [{ id: 7, status: "completed", conclusion: "failure" }, "failed, and its failed jobs are run again"],
    [
      { id: 7, status: "completed", conclusion: "cancelled" },
      "was cancelled, and its failed jobs are run again",
    ],
    [{ id: 7, status: "in_progress", conclusion: null }, "is under way and is followed"],
    [{ id: 7, status: "completed", conclusion: "success" }, "has succeeded and is rolled out"],
  ])(
    "takes over the build that an earlier move started where none can be dispatched: %j",
    (newestBuild, words) => {
      const lastBuilt = { commit: "a".repeat(40), dependencies: {} };
      const undispatched = { build: { dispatch: false }, lastBuilt, newestBuild };
      const plan = planOf([service(undispatched)]);

      expect(planned(plan, "service")).toMatchObject({ action: "rebuild", buildBy: "rerun" });
      expect(planned(plan, "service").reason).toContain(`its build (workflow run 7) ${words}`);
      expect(plan.waves).toEqual([["service"]]);

      const withMovingDependency = planOf([repositoryState("ogr", { ahead: 1 }), service(undispatched)]);
      expect(planned(withMovingDependency, "service")).toMatchObject({ action: "none", buildBy: "person" });
    },
  );

  it("rebuilds images of older dependencies, but not for one that the ledger does not know", () => {
    const known = {
      commit: sha("service", 0),
      dependencies: { ogr: "b".repeat(40), retired: "c".repeat(40) },
    };
    const plan = planOf([repositoryState("ogr"), repositoryState("specfile"), service({ lastBuilt: known })]);
    expect(planned(plan, "service")).toMatchObject({
      action: "rebuild",
      reason: "its images were last built with another commit of ogr",
    });
  });

  it("leaves images alone that were built from what is there", () => {
    const lastBuilt = { commit: sha("service", 0), dependencies: { ogr: sha("ogr", 0) } };
    const plan = planOf([repositoryState("ogr"), repositoryState("specfile"), service({ lastBuilt })]);
    expect(actions(plan).service).toBe("none");
  });

  it("rebuilds a diverged one that stays while its dependency moves", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("service", { ...dispatchable, ahead: 1, own: 1, waitsFor: ["ogr"] }),
    ]);
    expect(planned(plan, "service")).toMatchObject({
      action: "rebuild",
      from: sha("service-own", 1),
      to: sha("service-own", 1),
    });
  });

  it.each([
    [true, "dispatch"],
    [false, "person"],
  ])("knows that a push of a commit with [skip ci] builds nothing (dispatch: %s)", (dispatch, buildBy) => {
    const state = repositoryState("service", { ahead: 1, build: { dispatch } });
    const [commit] = state.comparison?.commits ?? [];
    if (commit) commit.message = "Translations [skip ci]";
    expect(planned(planOf([state]), "service")).toMatchObject({ action: "move", buildBy });
  });
});

describe("what is told of the commits", () => {
  const merged = [
    {
      sha: "m2",
      message: "Merge pull request #12 from ada/topic\n\nA nicer title",
      parents: ["m1", "t1"],
      author: "bot",
    },
    { sha: "t1", message: "work on it", parents: ["base"], author: "ada" },
    { sha: "m1", message: "docs(#9): tables (#11)", parents: ["base"], author: "ben" },
  ].map(({ author, ...rest }) => ({
    ...rest,
    authorLogin: author,
    authorName: author,
    date: "2026-11-20T10:00:00Z",
  }));
  const state = repositoryState("packit", {
    stable: "base",
    main: "m2",
    migrations: "alembic/versions",
    comparison: {
      commits: merged,
      ownCommits: [],
      files: [
        { path: "alembic/versions/0001_new.py", status: "added" },
        { path: "alembic/versions/0000_old.py", status: "modified" },
        { path: "alembic/versions-notes/0001.md", status: "added" },
        { path: ".github/workflows/build.yml", status: "modified" },
      ],
    },
  });

  it("marks the first-parent line, and reads pull requests and authors", () => {
    const packit = planned(planOf([state]), "packit");
    expect(
      packit.commits.map(({ sha, firstParent, pullRequest }) => [sha, firstParent, pullRequest]),
    ).toEqual([
      ["m2", true, 12],
      ["t1", false, null],
      ["m1", true, 11],
    ]);
    expect(packit.pullRequests).toEqual([
      { number: 12, title: "A nicer title" },
      { number: 11, title: "docs(#9): tables" },
    ]);
    expect(packit.authors).toEqual(["bot", "ada", "ben"]);
  });

  it("finds new migrations and changed workflows", () => {
    expect(planned(planOf([state]), "packit")).toMatchObject({
      migrations: ["alembic/versions/0001_new.py"],
      changesWorkflows: true,
    });
  });

  it("takes a migration for new that GitHub takes for another one renamed", () => {
    const folder = "alembic/versions";
    const renamed = (path: string, previousPath: string, patch?: string) => ({
      path,
      status: "renamed",
      previousPath,
      ...(patch === undefined ? {} : { patch }),
    });
    const files = [
      renamed(`${folder}/0002_new.py`, `${folder}/0001_gone.py`, "@@ -1 +1 @@\n-a\n+b"),
      renamed(`${folder}/0003_moved_in.py`, "drafts/0003.py"),
      renamed(`${folder}/0000_better_name.py`, `${folder}/0000_old.py`),
      renamed("docs/0001.py", `${folder}/0001.py`),
    ];
    const comparison = { commits: merged, ownCommits: [], files };
    expect(planned(planOf([{ ...state, comparison }]), "packit").migrations).toEqual([
      `${folder}/0002_new.py`,
      `${folder}/0003_moved_in.py`,
    ]);
  });
});

describe("the plan as a whole", () => {
  it("expects what earlier runs took", () => {
    const result = planPromotion(planInput([repositoryState("ogr")], { durations: [60, 90, 70] }));
    expect(result.ok && result.plan.expected).toEqual({ minutes: 70, fromRuns: 3 });
  });

  it("binds name, action, from, to and force, whatever the order and the rest", () => {
    const states = [
      repositoryState("a", { ahead: 1 }),
      repositoryState("b", { ahead: 2 }),
      repositoryState("c"),
    ];
    const plan = planOf(states);
    expect(plan.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(planOf([...states].reverse()).digest).toBe(plan.digest);
    const later = planPromotion(
      planInput(states, { version: 2, createdAt: "2026-11-24T12:00:00Z", durations: [5] }),
    );
    expect(later.ok && later.plan.digest).toBe(plan.digest);
  });

  it("has another digest as soon as anything that is bound differs", () => {
    const state = fc.record({ ahead: fc.integer({ min: 0, max: 3 }), own: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.tuple(state, state), fc.tuple(state, state), (one, other) => {
        const plans = [one, other].map((states) =>
          planOf(states.map((each, index) => repositoryState(`r${index}`, each))),
        );
        const bound = plans.map((plan) =>
          JSON.stringify(
            plan.repositories.map(({ name, action, from, to, force }) => [name, action, from, to, force]),
          ),
        );
        expect(plans[0]?.digest === plans[1]?.digest).toBe(bound[0] === bound[1]);
      }),
    );
  });

  it("plans the real week as the data tells it", ({ skip }) => {
    const file =
      process.env.STABLEHAND_DATA ?? resolve(import.meta.dirname, "../../../../shared/data/stable.json");
    const path = file.endsWith(".json") ? file : `${file}/stable.json`;
    if (!existsSync(path)) skip(`${path} is not there`);
    const week: Record<string, RealRepository> = JSON.parse(readFileSync(path, "utf8"));
    const plan = planOf(Object.entries(week).map(([name, real]) => stateOf(name, real)));
    for (const [name, real] of Object.entries(week)) {
      const found = planned(plan, name);
      expect(found.action).toBe(real.even ? "none" : real.fastForward ? "move" : "leftOut");
      expect(
        found.commits.map(({ sha, firstParent, pullRequest }) => [sha, firstParent, pullRequest]),
      ).toEqual(real.ahead.map(({ sha, firstParent, pr }) => [sha, firstParent, pr]));
    }
  });
});

interface RealRepository {
  main: string;
  stable: string;
  even: boolean;
  fastForward: boolean;
  ahead: {
    sha: string;
    message: string;
    date: string;
    parents: string[];
    pr: number | null;
    firstParent: boolean;
  }[];
  behind: { sha: string }[];
}

function stateOf(name: string, real: RealRepository): RepositoryState {
  return repositoryState(name, {
    main: real.main,
    stable: real.stable,
    comparison: {
      commits: real.ahead.map((each) => ({ ...each, authorLogin: null, authorName: "unknown" })),
      ownCommits: real.behind.map(({ sha }) => ({ sha, title: "", author: "", containedInMain: false })),
      files: [],
    },
  });
}

it("never depends on more than it is given: long histories are planned in time", () => {
  const count = 3000;
  const state = repositoryState("ogr", { ahead: 1 });
  const commits = commitsAbove("ogr", count);
  const plan = planOf([
    { ...state, main: sha("ogr", count), comparison: { commits, ownCommits: [], files: [] } },
  ]);
  expect(planned(plan, "ogr").commits).toHaveLength(count);
});
