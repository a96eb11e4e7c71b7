import { expect, test } from "vitest";
import { createLedger } from "../../../functions/store/ledger.ts";
import { createRuns, type Run } from "../../../functions/store/runs.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();

test("what a repository's images were made of is known from its last build on", async () => {
  const ledger = createLedger(table());
  expect(await ledger.built("packit-service")).toBeNull();
  const built = { commit: "c1", dependencies: { ogr: "o1", packit: "p1" }, run: "weekly-1" };
  await ledger.setBuilt("packit-service", built);
  await ledger.setBuilt("dashboard", { commit: "d1", dependencies: {}, run: "weekly-1" });
  expect(await ledger.built("packit-service")).toEqual(built);
  await ledger.setBuilt("packit-service", { ...built, run: "weekly-2" });
  expect(await ledger.built("packit-service")).toEqual({ ...built, run: "weekly-2" });
});

test("what was applied and what is pinned is known until it is replaced", async () => {
  const ledger = createLedger(table());
  expect([await ledger.appliedObjects(), await ledger.pins()]).toEqual([null, []]);
  const applied = {
    commit: "c1",
    vault: { digest: "d", lines: 3 },
    run: "weekly-1",
    at: "2026-11-23T12:00:00Z",
  };
  await ledger.setAppliedObjects(applied);
  await ledger.setAppliedObjects({ ...applied, commit: "c2", vault: null });
  expect(await ledger.appliedObjects()).toEqual({ ...applied, commit: "c2", vault: null });
  const pin = { stream: "s1", image: "i1", digest: "d1", instead: "d2", run: "weekly-1", at: applied.at };
  await ledger.setPin({ ...pin, stream: "s2" });
  await ledger.setPin(pin);
  await ledger.setPin(pin);
  expect(await ledger.pins()).toEqual([pin, { ...pin, stream: "s2" }]);
});

test("durations are those of finished runs, from approval to end, newest first", async () => {
  const runs = createRuns(table());
  const ended: [hour: number, status: Run["status"], minutes: number | null][] = [
    [1, "finished", 60],
    [2, "failed", 5],
    [3, "finished", 90],
    [4, "finished", null],
    [5, "running", null],
  ];
  for (const [hour, status, minutes] of ended) {
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, hour, minute)).toISOString();
    await runs.open({
      id: `weekly-${hour}`,
      kind: "weekly",
      purpose: "",
      only: [],
      supersedes: null,
      execution: "arn",
      scheduledFor: at(0),
      openedAt: at(0),
      approvedAt: minutes === null ? null : at(10),
      endedAt: status === "running" ? null : at(10 + (minutes ?? 0)),
      status,
      reason: null,
      duty: null,
      decision: null,
      planVersion: null,
      expectedEnd: null,
      windowEnd: at(59),
    });
  }
  expect(await createLedger(table()).durations()).toEqual([90, 60]);
});

test("what was told is changed by several at once without losing anything, and keeps its newest part", async () => {
  const ledger = createLedger(table());
  expect(await ledger.told()).toEqual({ till: null, through: {}, seen: [], open: [] });
  const names = Array.from({ length: 8 }, (_, index) => `packit#${index}`);
  await Promise.all(
    names.map((name) =>
      ledger.changeTold((told) => ({ ...told, seen: [...told.seen, name], till: "2026-11-23" })),
    ),
  );
  expect((await ledger.told()).seen.toSorted()).toEqual(names);

  const many = Array.from({ length: 4000 }, (_, index) => `ogr#${index}`);
  await ledger.changeTold((told) => ({ ...told, seen: [...told.seen, ...many] }));
  const { seen } = await ledger.told();
  expect(seen.at(-1)).toBe("ogr#3999");
  expect(seen.length).toBeLessThan(4000);
});
