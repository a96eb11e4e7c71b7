import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll } from "vitest";
import { connect, type Store } from "../../functions/store/table.ts";
import { type LocalDynamoDB, localTable, startDynamoDB, tableInput } from "../../infra/local/dynamodb.ts";

/** A client of a local DynamoDB, which tries once: nothing here is lost on the way. */
export function clientOf(url: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: url,
    maxAttempts: 1,
    // moto knows AWS's own regions alone.
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

/** Another DynamoDB than the embedded one, for all these tests: moto's, in test/peers. */
const elsewhere = process.env.PEERS_DYNAMODB;

/**
 * A real DynamoDB API in memory for the tests of a file. They share its table, so each uses names of its own.
 * @returns the connection, once the file's `beforeAll` ran.
 */
export function useDynamoDB(): () => Store {
  let server: LocalDynamoDB;
  let client: DynamoDBClient;
  let store: Store;
  beforeAll(async () => {
    // Every resumed wait is logged: thousands of lines where orders are tried.
    process.env.POWERTOOLS_LOG_LEVEL ??= "SILENT";
    server = elsewhere
      ? { url: elsewhere, close: async () => undefined }
      : await startDynamoDB({ path: null });
    client = clientOf(server.url);
    store = connect(elsewhere ? await newTable(client) : localTable, client);
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
  });
  return () => store;
}

/** The server is shared with other files, the table is not. */
async function newTable(client: DynamoDBClient): Promise<string> {
  const name = `stablehand-${randomUUID()}`;
  await client.send(new CreateTableCommand(tableInput(name)));
  return name;
}
