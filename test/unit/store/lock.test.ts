import { beforeEach, describe, expect, test } from "vitest";
import { createLock, type Lock } from "../../../functions/store/lock.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();
const takenAt = "2026-11-23T12:00:00.000Z";
const taker = (run: string) => ({ run, execution: `arn:${run}` });
const holder = (run: string) => ({ ...taker(run), takenAt });
let lock: Lock;

beforeEach(async () => {
  lock = createLock(table(), () => new Date(takenAt));
  const present = await lock.holder();
  if (present) await lock.release(present.run);
});

describe("taking it", () => {
  test("works for one of 50 who race, and tells the others who has it", async () => {
    const runs = Array.from({ length: 50 }, (_, index) => `run ${index}`);
    const attempts = await Promise.all(runs.map((run) => lock.take(taker(run))));
    const winners = runs.filter((_, index) => attempts[index]?.taken);
    expect(winners).toHaveLength(1);
    const [winner = ""] = winners;
    expect(await lock.holder()).toEqual(holder(winner));
    const losers = attempts.filter((each) => !each.taken);
    expect(losers).toEqual(Array(49).fill({ taken: false, holder: holder(winner) }));
  });

  test("works again for the run that has it", async () => {
    await lock.take(taker("a"));
    expect(await lock.take(taker("a"))).toEqual({ taken: true });
  });
});

describe("taking it over", () => {
  test("works for one of those who race, and the old run owns it no more", async () => {
    await lock.take(taker("dead"));
    const runs = ["a", "b", "c"];
    const attempts = await Promise.all(
      runs.map((run) => lock.takeOver({ from: taker("dead"), ...taker(run) })),
    );
    expect(attempts.filter((each) => each.taken)).toHaveLength(1);
    expect(await lock.owns("dead")).toBe(false);
    const winner = runs[attempts.findIndex((each) => each.taken)] ?? "";
    expect(await lock.owns(winner)).toBe(true);
  });

  test("from somebody who is not the holder does nothing", async () => {
    await lock.take(taker("alive"));
    const attempt = await lock.takeOver({ from: taker("dead"), ...taker("a") });
    expect(attempt).toEqual({ taken: false, holder: holder("alive") });
  });

  test("from another execution of the holder's name does nothing", async () => {
    await lock.take(taker("a"));
    const from = { run: "a", execution: "arn:other" };
    expect(await lock.takeOver({ from, ...taker("b") })).toMatchObject({ taken: false });
  });

  test("works when it was released meanwhile", async () => {
    expect(await lock.takeOver({ from: taker("dead"), ...taker("a") })).toEqual({ taken: true });
  });
});

describe("releasing it", () => {
  test("frees it, and again does nothing", async () => {
    await lock.take(taker("a"));
    expect(await lock.release("a")).toBe(true);
    expect(await lock.release("a")).toBe(false);
    expect(await lock.holder()).toBeNull();
  });

  test("leaves another run's lock alone", async () => {
    await lock.take(taker("a"));
    expect(await lock.release("b")).toBe(false);
    expect(await lock.owns("a")).toBe(true);
  });
});
