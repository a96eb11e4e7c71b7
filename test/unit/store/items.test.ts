import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, expect, test } from "vitest";
import {
  readAllBodies,
  readAllFlat,
  readBody,
  readFlat,
  write,
  writeFirst,
} from "../../../functions/store/items.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();

/** What was asked, in order. */
let asked: object[];
beforeAll(() => {
  table().doc.middlewareStack.add(
    (next) => async (args) => {
      asked.push(args.input as object);
      return await next(args);
    },
    { step: "initialize", name: "whatWasAsked" },
  );
});
beforeEach(() => {
  asked = [];
});

test("every read is consistent: DynamoDB may answer what was before, which the local one never does", async () => {
  const key = { pk: randomUUID(), sk: "one" };
  await write(table(), key, { body: 1 });
  asked = [];
  await readBody(table(), key);
  await readFlat(table(), key);
  await readAllBodies(table(), key.pk, "o");
  await readAllFlat(table(), key.pk, "o");
  expect(asked.map((each) => ({ ...each }))).toEqual(
    Array(4).fill(expect.objectContaining({ ConsistentRead: true })),
  );

  asked = [];
  expect(await writeFirst(table(), key, { body: 2 })).toMatchObject({ first: false, item: { body: 1 } });
  expect(asked.at(-1)).toMatchObject({ Key: key, ConsistentRead: true });
});

test("a query is read to its end, page by page: one page holds 1 MB", async () => {
  const pk = randomUUID();
  const numbers = Array.from({ length: 12 }, (_, index) => index);
  const padding = "x".repeat(100_000);
  for (const number of numbers) {
    await write(table(), { pk, sk: `part#${String(number).padStart(2, "0")}` }, { body: number, padding });
  }
  asked = [];
  expect(await readAllBodies(table(), pk, "part#")).toEqual(numbers);
  expect(asked.length).toBeGreaterThan(1);
});
