import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { BadConfiguration, PermissionDenied, ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import { createLock } from "../../../functions/store/lock.ts";
import { connect } from "../../../functions/store/table.ts";
import { localTable, startDynamoDB } from "../../../infra/local/dynamodb.ts";
import { clientOf } from "../../support/dynamodb.ts";

describe("a failure of DynamoDB", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  /** An endpoint that answers everything with one error. */
  async function failing(status: number, type: string): Promise<string> {
    const started = createServer((_, response) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: "no" }));
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  test.each([
    [400, "ProvisionedThroughputExceededException", ServiceUnavailable],
    [400, "ThrottlingException", ServiceUnavailable],
    [500, "InternalServerError", ServiceUnavailable],
    [400, "AccessDeniedException", PermissionDenied],
    [400, "ResourceNotFoundException", BadConfiguration],
  ])("%i %s becomes one of ours", async (status, type, expected) => {
    const client = clientOf(await failing(status, type));
    const asked = createLock(connect("some-table", client)).holder();
    await expect(asked).rejects.toThrow(expected);
    await expect(asked).rejects.toThrow(/some-table/);
    client.destroy();
  });

  test("that does not answer at all becomes ServiceUnavailable", async () => {
    const { url, close } = await startDynamoDB({ path: null });
    await close();
    const asked = createLock(connect(localTable, clientOf(url))).holder();
    await expect(asked).rejects.toThrow(ServiceUnavailable);
  });
});

test("the local DynamoDB keeps its items on disk between runs", async () => {
  const path = mkdtempSync(join(tmpdir(), "stablehand-dynamodb-"));
  try {
    const lockOf = (url: string) => createLock(connect(localTable, clientOf(url)));
    const first = await startDynamoDB({ path });
    await lockOf(first.url).take({ run: "a", execution: "arn:a" });
    await first.close();
    const second = await startDynamoDB({ path });
    expect(await lockOf(second.url).owns("a")).toBe(true);
    await second.close();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
