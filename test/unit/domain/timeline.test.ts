import { describe, expect, test } from "vitest";
import { type StateVisit, stateVisits } from "../../../functions/domain/state-visits.ts";
import { looksOf, stateTitle, timelineOf } from "../../../functions/domain/timeline.ts";
import { drawFlows } from "../../../infra/flow-drawing.ts";

const drawing = drawFlows().find(({ flow }) => flow === "weekly-deployment");
if (!drawing) throw new Error("The weekly deployment is not drawn.");
const weekly = drawing;

const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second));

function visit(name: string, from: number, to: number | null, changes: Partial<StateVisit> = {}): StateVisit {
  return {
    name,
    type: "Task",
    scope: [],
    item: null,
    startedAt: at(from),
    endedAt: to === null ? null : at(to),
    outcome: to === null ? "running" : "succeeded",
    attempts: 1,
    input: null,
    output: null,
    error: null,
    ...changes,
  };
}

const timeline = (visits: StateVisit[], items: string[] = []) => timelineOf(visits, weekly, items);
const row = (visits: StateVisit[], name: string) =>
  timeline(visits).states.find((each) => each.name === name);

describe("the timeline of a run", () => {
  test("has what is ahead from the beginning, in the order of the flow, and of failures what came to pass", () => {
    const names = timeline([]).states.map((each) => each.name);
    expect(names.slice(0, 4)).toEqual(["OpenRun", "InspectAndPlan", "InspectStaging", "PlanPromotion"]);
    expect(names).toContain("CloseRun");
    expect(names).not.toContain("AskAboutRun");
    expect(names).not.toContain("MoveStable");
    expect(row([visit("AskAboutRun", 5, null)], "AskAboutRun")?.bars).toMatchObject([
      { look: "waiting", to: null },
    ]);
  });

  test("takes a wait that asks again for one", () => {
    const timedOut = { outcome: "timedOut", error: { error: "States.Timeout", cause: "" } } as const;
    const visits = [
      visit("AskApproval", 10, 20, timedOut),
      visit("AskApproval", 20, 30, timedOut),
      visit("AskApproval", 30, 33),
    ];
    expect(row(visits, "AskApproval")?.bars).toEqual([
      {
        state: "AskApproval",
        from: at(10).getTime(),
        to: at(33).getTime(),
        look: "waited",
        attempts: 1,
        error: null,
      },
    ]);
  });

  test("tells a failure by its error's name, and what came after it", () => {
    const failed = {
      outcome: "failed",
      attempts: 3,
      error: { error: "PermissionDenied", cause: "secret" },
    } as const;
    const bars = row([visit("PinMonorepo", 1, 4, failed), visit("PinMonorepo", 9, 10)], "PinMonorepo")?.bars;
    expect(bars).toMatchObject([
      { look: "failed", error: "PermissionDenied", attempts: 3 },
      { look: "done", error: null },
    ]);
    expect(JSON.stringify(bars)).not.toContain("secret");
  });

  test("gives each repository a row with all of its states, those that are planned from the beginning", () => {
    const visits = [
      visit("MoveStable", 1, 2, { item: "ogr", scope: ["Promote #0 ogr"] }),
      visit("Promoted", 2, 2, { type: "Pass", item: "ogr", scope: ["Promote #0 ogr"] }),
      visit("AwaitBuild", 3, null, { item: "ogr", scope: ["FollowBuilds #0 ogr"] }),
    ];
    const { items } = timeline(visits, ["packit", "ogr"]);
    expect(items.map(({ name, bars }) => [name, bars.map(({ state, look }) => `${state} ${look}`)])).toEqual([
      ["packit", []],
      ["ogr", ["MoveStable done", "AwaitBuild waiting"]],
    ]);
  });

  test("colours a state by its worst iteration, and forgets a failure that came right", () => {
    const failed = { outcome: "failed", error: { error: "BuildFailed", cause: "" } } as const;
    const visits = [
      visit("ConfirmBuild", 1, 2, { item: "ogr", ...failed }),
      visit("ConfirmBuild", 3, 4, { item: "packit" }),
      visit("ConfirmBuild", 5, 6, { item: "ogr" }),
    ];
    expect(looksOf(visits.slice(0, 2), weekly).get("ConfirmBuild")).toEqual({ look: "failed", times: 2 });
    expect(looksOf(visits, weekly).get("ConfirmBuild")).toEqual({ look: "done", times: 3 });
  });
});

test("an iteration is known by the repository in its first state's input", () => {
  const visits = stateVisits([
    { id: 1, previousEventId: 0, type: "ExecutionStarted" },
    { id: 2, previousEventId: 0, type: "MapStateEntered", stateEnteredEventDetails: { name: "Promote" } },
    { id: 3, previousEventId: 2, type: "MapStateStarted" },
    {
      id: 4,
      previousEventId: 3,
      type: "MapIterationStarted",
      mapIterationStartedEventDetails: { name: "Promote", index: 0 },
    },
    {
      id: 5,
      previousEventId: 4,
      type: "TaskStateEntered",
      stateEnteredEventDetails: { name: "MoveStable", input: '{"repository":"ogr"}' },
    },
  ]);
  expect(visits.map(({ name, item }) => [name, item])).toEqual([
    ["Promote", null],
    ["MoveStable", "ogr"],
  ]);
});

test("names of states are read as words", () => {
  expect(["AwaitRollout", "OpenRun", "rolledBack"].map(stateTitle)).toEqual([
    "Await rollout",
    "Open run",
    "rolled back",
  ]);
});
