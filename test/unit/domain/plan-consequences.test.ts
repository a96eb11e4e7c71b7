import { describe, expect, it } from "vitest";
import { consequencesOf } from "../../../functions/domain/plan-consequences.ts";
import type { PlanChanges } from "../../../functions/domain/promotion-plan.ts";
import { planOf, repositoryState, sha } from "../../support/repository-states.ts";

const build = { dispatch: true };
const plan = planOf([
  repositoryState("ogr", { ahead: 2 }),
  repositoryState("specfile", { ahead: 1, own: 1 }),
  repositoryState("sandcastle", { build, waitsFor: ["ogr"] }),
  repositoryState("dashboard", { build: { dispatch: false }, waitsFor: ["specfile"] }),
  repositoryState("service", { ahead: 3, build, waitsFor: ["ogr", "specfile"] }),
]);
const nothing: PlanChanges = { commits: {}, leaveOut: [], force: [] };

describe("the consequences of an approver's changes", () => {
  it.each<[string, Partial<PlanChanges>, string[]]>([
    ["nothing is changed", {}, []],
    ["another commit is chosen", { commits: { ogr: sha("ogr", 1) } }, []],
    ["what a rebuild is for is left out", { leaveOut: ["ogr"] }, ["sandcastle is not rebuilt"]],
    ["a rebuild itself is left out", { leaveOut: ["sandcastle"] }, []],
    [
      "what installs others that move is left out",
      { leaveOut: ["service"] },
      ["the images of service are rebuilt all the same"],
    ],
    ["all of it is left out", { leaveOut: ["ogr", "service"] }, ["sandcastle is not rebuilt"]],
    [
      "a branch is forced that others install",
      { force: ["specfile"] },
      ["a person has to start the build of dashboard"],
    ],
    ["the changes contradict each other", { leaveOut: ["specfile"], force: ["specfile"] }, []],
  ])("when %s", (_, changes, expected) => {
    expect(consequencesOf(plan, { ...nothing, ...changes })).toEqual(expected);
  });
});
