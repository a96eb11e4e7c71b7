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
