import { randomUUID } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { RequestRefused } from "../runtime/errors.ts";
import type { Store } from "./table.ts";

/**
 * What the store does to single items. Reads are consistent. An item holds its value in the attribute `body`, or, where
 * parts of it are changed one by one, flat.
 */
export interface Key {
  pk: string;
  sk: string;
}

/** Named conditions of writes. */
export interface Condition {
  expression: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

export const absent: Condition = { expression: "attribute_not_exists(pk)" };
export const present: Condition = { expression: "attribute_exists(pk)" };

/** Attributes that are ours; everything else of a flat item is its value. */
const technical = new Set(["pk", "sk", "list", "startedAt", "expiresAt", "writer"]);

/** How long items stay, from their last write on. */
const keptDays = { run: 400, signal: 60 };

export function expiry(kind: keyof typeof keptDays, now: Date): number {
  return Math.floor(now.getTime() / 1000) + keptDays[kind] * 24 * 60 * 60;
}

type Item = Record<string, unknown>;

async function item(store: Store, key: Key): Promise<Item | null> {
  const { doc, table } = store;
  const found = await doc.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
  return found.Item ?? null;
}

// What is read was written by this module's callers under the same key, so its type is the one they wrote.

export async function readBody<T>(store: Store, key: Key): Promise<T | null> {
  const found = await item(store, key);
  return found ? (found.body as T) : null;
}

export async function readFlat<T>(store: Store, key: Key): Promise<T | null> {
  const found = await item(store, key);
  return found && flat<T>(found);
}

export async function readAllBodies<T>(store: Store, pk: string, prefix: string): Promise<T[]> {
  return (await readAll(store, pk, prefix)).map((each) => each.body as T);
}

export async function readAllFlat<T>(store: Store, pk: string, prefix: string): Promise<T[]> {
  return (await readAll(store, pk, prefix)).map((each) => flat<T>(each));
}

async function readAll({ doc, table }: Store, pk: string, prefix: string): Promise<Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await doc.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: "pk = :pk and begins_with(sk, :prefix)",
        ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from);
  return items;
}

/** The value of a flat item: all but our own attributes. */
export function flat<T>(found: Item): T {
  return Object.fromEntries(Object.entries(found).filter(([name]) => !technical.has(name))) as T;
}

export async function write({ doc, table }: Store, key: Key, attributes: Item): Promise<void> {
  await doc.send(new PutCommand({ TableName: table, Item: { ...key, ...attributes } }));
}

/** @returns whether the condition held, and so the item was written. */
export async function writeIf(
  { doc, table }: Store,
  condition: Condition,
  key: Key,
  attributes: Item,
): Promise<boolean> {
  const command = new PutCommand({
    TableName: table,
    Item: { ...key, ...attributes },
    ...asInput(condition),
  });
  return await held(doc.send(command));
}

/**
 * The first write of an item stands.
 *
 * The SDK repeats a request whose answer was lost, and the repetition then fails on our own item: `writer` tells that
 * case from somebody else's item.
 * @returns whether it was ours, and the item that stands.
 */
export async function writeFirst(
  store: Store,
  key: Key,
  attributes: Item,
): Promise<{ first: boolean; item: Item }> {
  const mine: Item = { ...attributes, writer: randomUUID() };
  if (await writeIf(store, absent, key, mine)) return { first: true, item: mine };
  const stored = await item(store, key);
  // Gone again between the two: its time to live ran out.
  if (!stored) return await writeFirst(store, key, attributes);
  return { first: stored.writer === mine.writer, item: stored };
}

/**
 * Sets single attributes; `defaults` only where the item lacks them. Attributes that are undefined stay as they are.
 * @returns the whole value after it, or null when the condition did not hold.
 */
export async function patch<T>(
  { doc, table }: Store,
  key: Key,
  attributes: Item,
  { defaults = {}, condition }: { defaults?: Item; condition?: Condition } = {},
): Promise<T | null> {
  const names: Record<string, string> = {};
  const values: Item = {};
  const set: string[] = [];
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const missing = Object.entries(defaults).filter(([name]) => attributes[name] === undefined);
  for (const [index, [name, value]] of [...given, ...missing].entries()) {
    names[`#a${index}`] = name;
    values[`:a${index}`] = value;
    const always = index < given.length;
    set.push(`#a${index} = ${always ? `:a${index}` : `if_not_exists(#a${index}, :a${index})`}`);
  }
  const command = new UpdateCommand({
    TableName: table,
    Key: key,
    UpdateExpression: `SET ${set.join(", ")}`,
    ConditionExpression: condition?.expression,
    ExpressionAttributeNames: { ...names, ...condition?.names },
    ExpressionAttributeValues: { ...values, ...condition?.values },
    ReturnValues: "ALL_NEW",
  });
  try {
    const { Attributes: after } = await doc.send(command);
    return flat<T>(after ?? {});
  } catch (thrown) {
    if (thrown instanceof ConditionalCheckFailedException) return null;
    throw thrown;
  }
}

/** @returns whether the condition held, and so the item is gone. */
export async function removeIf({ doc, table }: Store, condition: Condition, key: Key): Promise<boolean> {
  return await held(doc.send(new DeleteCommand({ TableName: table, Key: key, ...asInput(condition) })));
}

function asInput({ expression, names, values }: Condition) {
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

async function held(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (thrown) {
    if (thrown instanceof ConditionalCheckFailedException) return false;
    throw thrown;
  }
}

/** DynamoDB takes items of 400 KB; some room is for the other attributes. */
const largestBody = 399_000;

/**
 * JSON, compressed, for values that may be bigger than an item.
 * @throws RequestRefused when it does not even fit then.
 */
export function compressed(value: unknown, what: string): Uint8Array {
  const body = gzipSync(JSON.stringify(value));
  if (body.length <= largestBody) return body;
  const size = Math.round(body.length / 1000);
  throw new RequestRefused(
    `${what} is too big to store: ${size} KB compressed, ${largestBody / 1000} at most.`,
  );
}

export async function readCompressed<T>(store: Store, key: Key): Promise<T | null> {
  const body = await readBody<Uint8Array>(store, key);
  return body && decompressed<T>(body);
}

export async function readAllCompressed<T>(store: Store, pk: string, prefix: string): Promise<T[]> {
  return (await readAllBodies<Uint8Array>(store, pk, prefix)).map((body) => decompressed<T>(body));
}

function decompressed<T>(body: Uint8Array): T {
  return JSON.parse(gunzipSync(body).toString("utf8")) as T;
}
