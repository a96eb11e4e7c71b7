import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges } from "../../../functions/domain/plan-changes.ts";
import type { PlanChanges, PromotionPlan } from "../../../functions/domain/promotion-plan.ts";
import { actions, planned, planOf, repositoryState, sha } from "../../support/repository-states.ts";

const none: PlanChanges = { commits: {}, leaveOut: [], force: [] };
const dispatchable = { build: { dispatch: true } };

function changed(plan: PromotionPlan, changes: Partial<PlanChanges>): PromotionPlan {
  const result = applyChanges(plan, { ...none, ...changes });
  if (!result.ok) throw new Error(result.problems.join("; "));
  return result.plan;
}

function problems(plan: PromotionPlan, changes: Partial<PlanChanges>): string[] {
  const result = applyChanges(plan, { ...none, ...changes });
  return result.ok ? [] : result.problems;
}

describe("without changes", () => {
  it("is the same plan", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 2 }),
      repositoryState("dashboard", { ahead: 1, own: 1 }),
      repositoryState("service", { ...dispatchable, waitsFor: ["ogr"] }),
    ]);
    expect(changed(plan, {})).toEqual(plan);
  });
});

describe("another commit", () => {
  const plan = planOf([repositoryState("ogr", { ahead: 4 })]);

  it("moves to it and tells only what it brings", () => {
    const ogr = planned(changed(plan, { commits: { ogr: sha("ogr", 1) } }), "ogr");
    expect(ogr).toMatchObject({
      action: "move",
      from: sha("ogr", 0),
      to: sha("ogr", 1),
      authors: ["author-1"],
    });
    expect(ogr.commits.map((each) => each.sha)).toEqual([sha("ogr", 1)]);
    expect(ogr.pullRequests).toEqual([{ number: 101, title: "Change 1" }]);
  });

  it("brings what was merged below it, and not what was merged above", () => {
    const base = { authorLogin: "ada", authorName: "Ada", date: "2026-11-20T10:00:00Z" };
    const commits = [
      { ...base, sha: "m2", message: "second (#2)", parents: ["m1", "t2"] },
      { ...base, sha: "t2", message: "topic 2", parents: ["b"] },
      { ...base, sha: "m1", message: "first (#1)", parents: ["b", "t1"] },
      { ...base, sha: "t1", message: "topic 1", parents: ["b"] },
    ];
    const merged = planOf([
      repositoryState("ogr", { stable: "b", main: "m2", comparison: { commits, ownCommits: [], files: [] } }),
    ]);
    const ogr = planned(changed(merged, { commits: { ogr: "m1" } }), "ogr");
    expect(ogr.commits.map((each) => each.sha)).toEqual(["m1", "t1"]);
    expect(problems(merged, { commits: { ogr: "t2" } })).toEqual(["ogr: the commit t2 cannot be chosen"]);
  });

  it("is none below the merge that brought the stable branch into main: the move would be no fast-forward", () => {
    const base = { authorLogin: "ada", authorName: "Ada", date: "2026-11-20T10:00:00Z" };
    const commits = [
      { ...base, sha: "m4", message: "fourth", parents: ["m3"] },
      { ...base, sha: "m3", message: "third", parents: ["m2"] },
      { ...base, sha: "m2", message: "Merge branch 'stable'", parents: ["m1", "hotfix"] },
      { ...base, sha: "m1", message: "first", parents: ["b"] },
    ];
    const merged = planOf([
      repositoryState("ogr", {
        stable: "hotfix",
        main: "m4",
        comparison: { commits, ownCommits: [], files: [] },
      }),
    ]);
    expect(problems(merged, { commits: { ogr: "m1" } })).toEqual(["ogr: the commit m1 cannot be chosen"]);
    expect(problems(merged, { commits: { ogr: "m2" } })).toEqual([]);
    expect(problems(merged, { commits: { ogr: "m3" } })).toEqual([]);
  });

  it("has another digest", () => {
    expect(changed(plan, { commits: { ogr: sha("ogr", 1) } }).digest).not.toBe(plan.digest);
  });
});

describe("leaving out", () => {
  it("no longer rebuilds what only that move would have rebuilt", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("service", { ...dispatchable, waitsFor: ["ogr"] }),
    ]);
    const less = changed(plan, { leaveOut: ["ogr"] });
    expect(actions(less)).toEqual({ ogr: "leftOut", service: "none" });
    expect(planned(less, "ogr").reason).toBe("the approver leaves it where it is");
    expect(less.waves).toEqual([]);
  });

  it("rebuilds instead of moving when its dependency moves", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("service", { ...dispatchable, ahead: 1, waitsFor: ["ogr"] }),
    ]);
    const less = changed(plan, { leaveOut: ["service"] });
    expect(planned(less, "service")).toMatchObject({ action: "rebuild", to: sha("service", 0) });
    expect(planned(less, "service").reason).toBe(
      "the approver leaves it where it is; its dependency ogr moves",
    );
    expect(less.waves).toEqual([["ogr"], ["service"]]);
  });

  it("says that images stay behind where a rebuild cannot be dispatched", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("dashboard", { build: { dispatch: false }, ahead: 1, waitsFor: ["ogr"] }),
    ]);
    const dashboard = planned(changed(plan, { leaveOut: ["dashboard"] }), "dashboard");
    expect(dashboard.action).toBe("leftOut");
    expect(dashboard.reason).toContain("a person has to re-run it");
  });

  it("leaves out a rebuild altogether", () => {
    const plan = planOf([
      repositoryState("ogr", { ahead: 1 }),
      repositoryState("service", { ...dispatchable, waitsFor: ["ogr"] }),
    ]);
    const less = changed(plan, { leaveOut: ["service"] });
    expect(actions(less)).toEqual({ ogr: "move", service: "leftOut" });
    expect(planned(less, "service").reason).toBe("the approver leaves its images as they are");
  });
});

describe("forcing", () => {
  const plan = planOf([
    repositoryState("dashboard", { ahead: 3, own: 1 }),
    repositoryState("ogr", { ahead: 1 }),
  ]);

  it("moves a diverged one to main, or to the chosen commit", () => {
    const forced = planned(changed(plan, { force: ["dashboard"] }), "dashboard");
    expect(forced).toMatchObject({ action: "move", to: sha("dashboard", 3), force: true, reason: "" });
    const chosen = changed(plan, { force: ["dashboard"], commits: { dashboard: sha("dashboard", 2) } });
    expect(planned(chosen, "dashboard")).toMatchObject({ to: sha("dashboard", 2), force: true });
  });

  it("moves one back whose stable branch only is ahead", () => {
    const ahead = planOf([repositoryState("dashboard", { own: 1 })]);
    const back = planned(changed(ahead, { force: ["dashboard"] }), "dashboard");
    expect(back).toMatchObject({ action: "move", to: sha("dashboard", 0), force: true, commits: [] });
  });
});

describe("changes that make no sense", () => {
  const plan = planOf([
    repositoryState("dashboard", { ahead: 3, own: 1 }),
    repositoryState("ogr", { ahead: 1 }),
    repositoryState("even"),
  ]);

  it.each<[string, Partial<PlanChanges>, string[]]>([
    ["an unknown repository", { leaveOut: ["nix"], force: ["nix"] }, ["nix is not in the plan"]],
    ["an unknown repository's commit", { commits: { toString: "x" } }, ["toString is not in the plan"]],
    [
      "an unknown commit",
      { commits: { ogr: "f".repeat(40) } },
      ["ogr: the commit ffffffffffff cannot be chosen"],
    ],
    [
      "an abbreviated commit",
      { commits: { ogr: sha("ogr", 1).slice(0, 10) } },
      [expect.stringContaining("cannot be chosen")],
    ],
    [
      "a commit of an even one",
      { commits: { even: sha("even", 0) } },
      [expect.stringContaining("cannot be chosen")],
    ],
    [
      "forcing one that did not diverge",
      { force: ["ogr"] },
      ["ogr: it did not diverge, there is nothing to force"],
    ],
    [
      "choosing for a diverged one without forcing",
      { commits: { dashboard: sha("dashboard", 1) } },
      ["dashboard: it diverged, so choosing a commit needs forcing too"],
    ],
    [
      "contradictions, all at once",
      { commits: { ogr: sha("ogr", 1) }, leaveOut: ["ogr", "dashboard"], force: ["dashboard"] },
      ["dashboard: force it or leave it out, not both", "ogr: choose a commit or leave it out, not both"],
    ],
  ])("refuses %s", (_, changes, expected) => {
    expect(problems(plan, changes)).toEqual(expected);
  });
});

/** Random plans: repository n may wait for those before it. */
const states = fc
  .array(
    fc.record({
      ahead: fc.integer({ min: 0, max: 3 }),
      own: fc.integer({ min: 0, max: 1 }),
      dispatch: fc.option(fc.boolean()),
      waits: fc.array(fc.nat(5), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ ahead, own, dispatch, waits }, index) =>
      repositoryState(`r${index}`, {
        ahead,
        own,
        build: dispatch === null ? null : { dispatch },
        waitsFor: [...new Set(waits.filter((each) => each < index).map((each) => `r${each}`))],
      }),
    ),
  );
const names = fc.uniqueArray(
  fc.nat(5).map((each) => `r${each}`),
  { maxLength: 4 },
);
const wishes = fc.record({
  commits: fc.dictionary(fc.constantFrom("r0", "r1", "r2"), fc.nat(3), { noNullPrototype: true }),
  leaveOut: names,
  force: names,
});

describe("for any plan and any changes", () => {
  it("plans nothing that the approver did not see or say", () => {
    fc.assert(
      fc.property(states, wishes, (list, wish) => {
        const plan = planOf(list);
        const commits = Object.fromEntries(
          Object.entries(wish.commits).map(([name, n]) => [name, sha(name, n)]),
        );
        const result = applyChanges(plan, { ...wish, commits });
        if (!result.ok) return;
        for (const after of result.plan.repositories) {
          const before = planned(plan, after.name);
          expect(after.from).toBe(before.from);
          if (after.action !== "move") {
            expect(after.force).toBe(false);
            continue;
          }
          expect(wish.leaveOut).not.toContain(after.name);
          expect(after.to).toBe(commits[after.name] ?? before.main);
          expect(after.force).toBe(before.ownCommits.length > 0);
          if (after.force) expect(wish.force).toContain(after.name);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("keeps waves that hold exactly what is planned, after what they wait for", () => {
    fc.assert(
      fc.property(states, names, (list, leaveOut) => {
        const known = leaveOut.filter((name) => list.some((each) => each.name === name));
        const plan = changed(planOf(list), { leaveOut: known });
        const wave = new Map(plan.waves.flatMap((each, index) => each.map((name) => [name, index] as const)));
        const busy = plan.repositories.filter((each) => ["move", "rebuild"].includes(each.action));
        expect([...wave.keys()].sort()).toEqual(busy.map((each) => each.name).sort());
        for (const { name, waitsFor } of busy) {
          for (const { repository } of waitsFor) {
            const other = wave.get(repository);
            if (other !== undefined) expect(other).toBeLessThan(wave.get(name) ?? -1);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("rebuilds exactly what stays, can be dispatched, and installs what moves", () => {
    fc.assert(
      fc.property(states, (list) => {
        const plan = planOf(list);
        for (const each of plan.repositories) {
          const cause = each.waitsFor.some(({ repository }) => planned(plan, repository).action === "move");
          const expected = each.action !== "move" && each.buildsImages && each.dispatch && cause;
          expect(each.action === "rebuild").toBe(expected);
        }
      }),
    );
  });
});
