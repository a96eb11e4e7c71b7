import { expect, test } from "vitest";
import { createLive } from "../../../functions/store/live.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();
const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();

test("one at a time has the lease, until it is given back or expires", async () => {
  const live = createLive(table());
  await live.mark("r1", "m1");
  expect(await live.take("r1", "a", at(0), at(15))).toMatchObject({ mark: "m1" });
  expect(await live.take("r1", "b", at(1), at(16))).toBeNull();
  expect(await live.take("r1", "a", at(2), at(17))).toMatchObject({ holder: "a" });
  expect(await live.release("r1", "b", null)).toBe(false);
  expect(await live.release("r1", "a", "m1")).toBe(true);
  expect(await live.take("r1", "b", at(3), at(18))).toMatchObject({ holder: "b" });
  expect(await live.take("r1", "a", at(19), at(34))).toMatchObject({ holder: "a" });
});

test("who holds the lease learns of a newer mark when it gives it back", async () => {
  const live = createLive(table());
  await live.mark("r2", "m1");
  await live.take("r2", "a", at(0), at(15));
  await live.mark("r2", "m2");
  expect(await live.take("r2", "b", at(1), at(16))).toBeNull();
  expect(await live.release("r2", "a", "m1")).toBe(false);
  expect(await live.take("r2", "a", at(2), at(17))).toMatchObject({ mark: "m2" });
  expect(await live.release("r2", "a", "m2")).toBe(true);
});

test("a phase keeps its beginning for as long as it lasts", async () => {
  const live = createLive(table());
  await live.enter("r3", "AwaitRollout", at(0));
  await live.enter("r3", "AwaitRollout", at(30));
  expect(await live.get("r3")).toMatchObject({ phase: "AwaitRollout", since: at(0) });
  await live.enter("r3", "InspectProduction", at(40));
  await live.save("r3", { channel: "C1", ts: "1.0", shown: "digest" });
  expect(await live.get("r3")).toMatchObject({ phase: "InspectProduction", since: at(40), ts: "1.0" });
});
