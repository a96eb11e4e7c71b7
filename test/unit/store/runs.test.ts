import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { Decision } from "../../../functions/domain/decision.ts";
import type { PlannedCommit, PromotionPlan } from "../../../functions/domain/promotion-plan.ts";
import { NotFound, RequestRefused } from "../../../functions/runtime/errors.ts";
import { createRuns, type Run, type Runs } from "../../../functions/store/runs.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();
let clock: Date;
let id: string;
let runs: Runs;

beforeEach(() => {
  clock = new Date("2026-11-23T12:00:00Z");
  id = `weekly-${randomUUID()}`;
  runs = createRuns(table(), () => clock);
});

function run(change: Partial<Run> = {}): Run {
  return {
    id,
    kind: "weekly",
    purpose: "",
    only: [],
    supersedes: null,
    execution: `arn:${id}`,
    scheduledFor: "2026-11-23T12:00:00Z",
    openedAt: "2026-11-23T12:00:01Z",
    endedAt: null,
    status: "running",
    reason: null,
    duty: { login: "ada", how: "assigned", note: null },
    decision: null,
    approvedAt: null,
    planVersion: null,
    expectedEnd: null,
    windowEnd: "2026-11-23T14:00:00Z",
    ...change,
  };
}

function decision(by: string): Decision {
  return {
    question: "approval-1",
    answer: "approve",
    by,
    at: clock.toISOString(),
    via: "page",
    planDigest: "d",
    changes: { commits: {}, leaveOut: [], force: [] },
    until: null,
    comment: null,
  };
}

describe("a run", () => {
  test("is opened once: a step that runs again gets what is stored", async () => {
    expect(await runs.open(run())).toEqual(run());
    await runs.update(id, { planVersion: 1 });
    expect(await runs.open(run({ reason: "again" }))).toEqual(run({ planVersion: 1 }));
    expect(await runs.get(id)).toEqual(run({ planVersion: 1 }));
  });

  test("changes by single attributes, so two writers do not undo each other", async () => {
    await runs.open(run());
    await Promise.all([runs.update(id, { planVersion: 2 }), runs.update(id, { decision: "approve" })]);
    expect(await runs.get(id)).toEqual(run({ planVersion: 2, decision: "approve" }));
  });

  test("that is not there cannot be changed", async () => {
    await expect(runs.update(id, { reason: "x" })).rejects.toThrow(NotFound);
    await expect(runs.end(id, { status: "failed", reason: null })).rejects.toThrow(NotFound);
    expect(await runs.get(id)).toBeNull();
  });

  test("ends as the first one says who ends it", async () => {
    await runs.open(run());
    const finished = run({ status: "finished", endedAt: clock.toISOString() });
    expect(await runs.end(id, { status: "finished", reason: null })).toEqual({ first: true, run: finished });
    clock = new Date("2026-11-23T12:00:05Z");
    expect(await runs.end(id, { status: "failed", reason: "x" })).toEqual({ first: false, run: finished });
  });

  test("is listed, newest first", async () => {
    const later = createRuns(table());
    // Later than every other test's.
    await later.open(run({ id: `${id}-2`, openedAt: "2027-01-02T00:00:00Z" }));
    await later.open(run({ id: `${id}-1`, openedAt: "2027-01-01T00:00:00Z" }));
    await later.open(run({ id: `${id}-3`, openedAt: "2027-01-03T00:00:00Z" }));
    expect((await later.list(2)).map((each) => each.id)).toEqual([`${id}-3`, `${id}-2`]);
  });
});

describe("a decision", () => {
  test("of two at once has one winner, whom both get to see", async () => {
    const outcomes = await Promise.all(["ada", "ben"].map((by) => runs.decide(id, decision(by))));
    const winners = outcomes.filter((each) => each.won);
    expect(winners).toHaveLength(1);
    const stands = winners[0]?.decision;
    expect(outcomes.map((each) => each.decision)).toEqual([stands, stands]);
    expect(await runs.decision(id, "approval-1")).toEqual(stands);
  });

  test("on another question is another one", async () => {
    await runs.decide(id, decision("ada"));
    expect(await runs.decide(id, { ...decision("ben"), question: "approval-2" })).toMatchObject({
      won: true,
    });
    expect(await runs.decision(id, "approval-3")).toBeNull();
  });
});

describe("a plan", () => {
  function plan(version: number, commits: PlannedCommit[]): PromotionPlan {
    return {
      version,
      createdAt: clock.toISOString(),
      digest: `digest ${version}`,
      branches: { main: "main", stable: "stable" },
      only: [],
      repositories: [
        {
          name: "packit",
          action: "move",
          reason: "",
          from: "a",
          to: "b",
          commits,
          pullRequests: [],
          authors: [],
          migrations: [],
          changesWorkflows: false,
          ownCommits: [],
          force: false,
          main: "b",
          waitsFor: [],
          buildsImages: false,
          dispatch: false,
          buildBy: null,
          lastBuilt: null,
          newestBuild: null,
        },
      ],
      waves: [["packit"]],
      expected: { minutes: 75, fromRuns: 0 },
    };
  }

  function commits(count: number, title: () => string): PlannedCommit[] {
    return Array.from({ length: count }, (_, index) => ({
      sha: index.toString(16).padStart(40, "0"),
      title: title(),
      author: "Žofie 🎉",
      date: clock.toISOString(),
      parents: [],
      pullRequest: index,
      firstParent: true,
      skipsWorkflows: false,
    }));
  }

  test("bigger than an item of DynamoDB comes back as it was", async () => {
    const big = plan(
      1,
      commits(3000, () => "Fix the thing that was broken, at length".repeat(4)),
    );
    expect(JSON.stringify(big).length).toBeGreaterThan(400 * 1024);
    await runs.savePlan(id, big);
    await runs.saveApproved(id, big);
    expect(await runs.plan(id, 1)).toEqual(big);
    expect(await runs.approved(id)).toEqual(big);
  });

  test("that does not even fit compressed is refused in words", async () => {
    const huge = plan(1, commits(20_000, randomUUID));
    await expect(runs.savePlan(id, huge)).rejects.toThrow(RequestRefused);
    await expect(runs.savePlan(id, huge)).rejects.toThrow(/The plan of weekly-.* is too big to store/);
  });

  test("is kept beside its earlier versions", async () => {
    await runs.savePlan(id, plan(1, []));
    await runs.savePlan(id, plan(2, []));
    expect((await runs.plan(id, 1))?.digest).toBe("digest 1");
    expect((await runs.plan(id, 2))?.digest).toBe("digest 2");
    expect(await runs.plan(id, 3)).toBeNull();
    expect(await runs.approved(id)).toBeNull();
  });
});

test("reports are kept by name", async () => {
  const report = {
    environment: "staging" as const,
    takenAt: clock.toISOString(),
    verdict: "ok" as const,
    checks: [],
  };
  await runs.saveReport(id, "staging", report);
  expect(await runs.report(id, "staging")).toEqual(report);
  expect(await runs.report(id, "baseline")).toBeNull();
});

describe("a repository's progress", () => {
  test("starts as planned, and keeps what is not set anew", async () => {
    await runs.saveRepository(id, "dashboard", { dispatchedRun: 7 });
    await runs.saveRepository(id, "dashboard", { stage: "building", note: "run 7" });
    await runs.saveRepository(id, "ogr", { images: {} });
    const dashboard = {
      repository: "dashboard",
      stage: "building",
      note: "run 7",
      dispatchedRun: 7,
      updatedAt: clock.toISOString(),
    };
    expect(await runs.repository(id, "dashboard")).toEqual(dashboard);
    expect(await runs.repositories(id)).toEqual([
      dashboard,
      {
        repository: "ogr",
        stage: "planned",
        note: null,
        images: {},
        updatedAt: clock.toISOString(),
      },
    ]);
    expect(await runs.repository(id, "packit")).toBeNull();
  });
});

describe("a fact", () => {
  test("is what was written first, whoever else writes at the same time", async () => {
    const outcomes = await Promise.all([1, 2, 3].map((value) => runs.remember(id, "topic", { value })));
    expect(outcomes.filter((each) => each.first)).toHaveLength(1);
    const stands = await runs.recall(id, "topic");
    expect(outcomes.map((each) => each.value)).toEqual([stands, stands, stands]);
  });

  test.each([[null], [""], [0], [false], [[]], [{ a: null, b: [1, "x"] }]])("may be %j", async (value) => {
    expect(await runs.remember(id, "fact", value)).toEqual({ first: true, value });
    expect(await runs.remember(id, "fact", "other")).toEqual({ first: false, value });
    expect(await runs.recall(id, "fact")).toEqual(value);
  });
});

test("events come in the order of time; one with a key of its own only once", async () => {
  await runs.record(id, { code: "b", text: "second", key: "z" });
  clock = new Date("2026-11-23T11:00:00Z");
  await runs.record(id, { code: "a", text: "first", who: "ada", state: "AskApproval" });
  clock = new Date("2026-11-23T13:00:00Z");
  await runs.record(id, { code: "b", text: "second, again", key: "z" });
  await runs.record(id, { code: "c", text: "third", key: "a" });
  const events = await runs.events(id);
  expect(events.map((each) => each.text)).toEqual(["first", "second", "third"]);
  expect(events[0]).toEqual({
    at: "2026-11-23T11:00:00.000Z",
    code: "a",
    text: "first",
    who: "ada",
    state: "AskApproval",
  });
});
