import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { tableDefinition } from "../../functions/store/table.ts";
import { brokenState } from "./bad-command.ts";

/** The table's name on this machine: what STABLEHAND_TABLE is set to. */
export const localTable = "stablehand";

export interface LocalDynamoDB {
  /** For AWS_ENDPOINT_URL_DYNAMODB. */
  url: string;
  close(): Promise<void>;
}

/**
 * DynamoDB on this machine, with our table in it.
 * @param path folder that keeps it between runs; null: in memory.
 */
export async function startDynamoDB({ path }: { path: string | null }): Promise<LocalDynamoDB> {
  if (path) makeFolder(path);
  const server = dynalite({ path: path ?? undefined, createTableMs: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    const closed = new Promise<void>((resolve, reject) =>
      server.close((error) => (error ? reject(error) : resolve())),
    );
    // Clients keep their connections open; the database is closed only after the last of them. One with a request is
    // left to end it: a query whose database is closed under it takes the process down.
    server.closeIdleConnections();
    const ending = setInterval(() => server.closeIdleConnections(), 10);
    await closed.finally(() => clearInterval(ending));
  };
  try {
    await createTable(url);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { url, close };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw brokenState(path, cause);
  }
}

async function createTable(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  try {
    await client.send(new CreateTableCommand(tableInput(localTable)));
  } catch (thrown) {
    // Kept on disk by an earlier run.
    if (!(thrown instanceof ResourceInUseException)) throw thrown;
  }
  try {
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: localTable });
  } finally {
    client.destroy();
  }
}

/** The table definition as CreateTable wants it. */
export function tableInput(name: string): CreateTableCommandInput {
  const { partitionKey, sortKey, indexes } = tableDefinition;
  const attributes = new Set([
    partitionKey,
    sortKey,
    ...indexes.flatMap((each) => [each.partitionKey, each.sortKey]),
  ]);
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: keySchema(partitionKey, sortKey),
    AttributeDefinitions: [...attributes].map((each) => ({ AttributeName: each, AttributeType: "S" })),
    GlobalSecondaryIndexes: indexes.map((each) => ({
      IndexName: each.name,
      KeySchema: keySchema(each.partitionKey, each.sortKey),
      Projection: { ProjectionType: "ALL" },
    })),
  };
}

function keySchema(partitionKey: string, sortKey: string): CreateTableCommandInput["KeySchema"] {
  return [
    { AttributeName: partitionKey, KeyType: "HASH" },
    { AttributeName: sortKey, KeyType: "RANGE" },
  ];
}
