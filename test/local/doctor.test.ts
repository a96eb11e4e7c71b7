import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { set } from "../support/doctor-break.ts";
import { breaks } from "../support/doctor-breaks.ts";
import { type DoctorWorld, startDoctorWorld } from "../support/doctor-world.ts";

/** The emulated world, with each thing broken in turn: the doctor names exactly that thing, and what to do. */

let world: DoctorWorld;
beforeAll(async () => {
  world = await startDoctorWorld();
});
afterAll(async () => await world.close());

test("nothing is broken: everything is looked at, and all of it is fine", async () => {
  const { findings, ready, nextRun } = await world.look();
  expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([skippedDeliveries]);
  expect(ready).toBe(true);
  expect(nextRun).toMatch(/T1[12]:00:00\.000Z$/);
  expect(findings.length).toBeGreaterThan(45);
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
});

/** GitHub has sent nothing yet in this world. */
const skippedDeliveries = expect.objectContaining({ id: "github.deliveries", verdict: "skipped" });

describe("one thing is broken", () => {
  test.each(breaks)("$what", async ({ how, is, says, todo }) => {
    await how(world);
    const { findings, ready } = await world.look();
    const wrong = findings.filter(({ verdict }) => verdict !== "ok" && verdict !== "skipped");
    expect(Object.fromEntries(wrong.map(({ id, verdict }) => [id, verdict]))).toEqual(is);
    const [id] = Object.keys(is);
    const found = wrong.find((each) => each.id === id);
    expect(found?.summary).toMatch(says);
    expect(found?.remedy ?? found?.summary).toMatch(todo);
    expect(ready).toBe(Object.values(is).every((verdict) => verdict === "warning"));
  });
});

test("a clock that is off", async () => {
  const { findings, ready } = await world.look({ now: () => Date.now() - 600_000 });
  const clock = findings.find(({ id }) => id === "runtime.clock");
  expect(clock).toMatchObject({ verdict: "failed", remedy: expect.stringContaining("NTP") });
  expect(clock?.summary).toMatch(/^This machine's clock is \d{3} seconds behind (GitHub|Slack|Quay)'s\.$/);
  expect(ready).toBe(false);
  expect(await world.problems({ now: () => Date.now() - 600_000 })).toEqual({
    "runtime.clock": "failed",
    "github.deliveries": "skipped",
  });
});

test("a token that may not see notifications is no failure: it need not", async () => {
  set(world.system.world.quay.settings, "administers", false);
  const problems = await world.problems();
  expect(Object.keys(problems).filter((id) => id.startsWith("quay."))).toHaveLength(5);
  expect(new Set(Object.values(problems))).toEqual(new Set(["skipped"]));
  expect((await world.look()).ready).toBe(true);
});
