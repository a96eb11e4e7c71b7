import { SFNClient } from "@aws-sdk/client-sfn";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createExecutionHistory } from "../../../functions/services/execution-history.ts";
import { AwsError, operation, startAwsJson } from "../../../infra/local/aws-json.ts";

const arn = "arn:aws:states:eu-central-1:210987654321:execution:weekly-deployment:weekly-2026-11-23";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Step Functions with a history of so many events; pages as they are asked for. */
async function serviceWith(count: number) {
  const service = { count, asked: [] as (string | undefined)[], stale: false };
  const request = z.object({
    executionArn: z.string(),
    maxResults: z.number(),
    nextToken: z.string().optional(),
  });
  const server = await startAwsJson({
    target: "AWSStepFunctions",
    version: "1.0",
    operations: {
      GetExecutionHistory: operation(request, ({ executionArn, maxResults, nextToken }) => {
        service.asked.push(nextToken);
        if (executionArn !== arn) throw new AwsError("ExecutionDoesNotExist", "Execution Does Not Exist");
        if (nextToken && service.stale) throw new AwsError("InvalidToken", "Invalid Token");
        const start = Number(nextToken ?? 0);
        const end = Math.min(start + maxResults, service.count);
        const events = Array.from({ length: end - start }, (_, index) => eventAt(start + index + 1));
        return { events, ...(end < service.count ? { nextToken: String(end) } : {}) };
      }),
    },
  });
  const client = new SFNClient({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  closing.push(async () => client.destroy(), server.close);
  return { service, history: createExecutionHistory({ client }) };
}

/** Every second one enters a state with an input that holds a token and a stranger's words. */
function eventAt(id: number) {
  const base = { id, previousEventId: id - 1, timestamp: 1_763_900_000 + id };
  const parameters = '{"taskToken":"secret-token"}';
  if (id % 2 === 0) return { ...base, type: "TaskScheduled", taskScheduledEventDetails: { parameters } };
  const input = '{"repository":"ogr","words":"of a stranger","taskToken":"secret-token"}';
  return { ...base, type: "TaskStateEntered", stateEnteredEventDetails: { name: "MoveStable", input } };
}

describe("the history of an execution", () => {
  test("holds what happened, and nothing of what went in and out but the repository", async () => {
    const { history } = await serviceWith(2);
    const read = await history.read(arn);
    expect(read?.whole).toBe(true);
    expect(read?.events).toMatchObject([
      { id: 1, stateEnteredEventDetails: { name: "MoveStable", input: '{"repository":"ogr"}' } },
      { id: 2, type: "TaskScheduled" },
    ]);
    expect(JSON.stringify(read)).not.toMatch(/secret-token|stranger/);
  });

  test("is read on from the last full page", async () => {
    const { service, history } = await serviceWith(1500);
    expect((await history.read(arn))?.events).toHaveLength(1500);
    service.count = 2100;
    expect((await history.read(arn))?.events.map(({ id }) => id)).toEqual(
      Array.from({ length: 2100 }, (_, index) => index + 1),
    );
    expect(service.asked).toEqual([undefined, "1000", "1000", "2000"]);
  });

  test("that is very long is read in part, and further the next time", async () => {
    const { service, history } = await serviceWith(7200);
    const first = await history.read(arn);
    expect([first?.events.length, first?.whole, service.asked.length]).toEqual([5000, false, 5]);
    const second = await history.read(arn);
    expect([second?.events.length, second?.whole, service.asked.length]).toEqual([7200, true, 8]);
  });

  test("is read anew when the place in it has expired", async () => {
    const { service, history } = await serviceWith(1500);
    await history.read(arn);
    service.stale = true;
    service.count = 900;
    expect((await history.read(arn))?.events).toHaveLength(900);
  });

  test("of an execution that Step Functions has forgotten is null", async () => {
    const { history } = await serviceWith(1);
    expect(await history.read(`${arn}-2`)).toBeNull();
  });
});
