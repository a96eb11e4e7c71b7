import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { onTestFinished, vi } from "vitest";
import type { Definition } from "../../infra/local/step-functions/definition.ts";
import {
  type StepFunctions,
  type StepFunctionsOptions,
  startStepFunctions,
} from "../../infra/local/step-functions/index.ts";

/** What a Lambda of a test does; `event` is the Payload of its Task. */
export type TestHandler = (event: Record<string, unknown>) => unknown;

export interface TestEngine {
  engine: StepFunctions;
  client: SFNClient;
  arn: string;
  /** Task tokens that the handlers got, in order, with the payload they came in. */
  calls: { functionName: string; payload: Record<string, unknown> }[];
  start(input?: unknown, name?: string): Promise<string>;
  /** Waits until the execution has ended; returns its description. */
  ended(arn: string): Promise<{ status: string; output: unknown; error?: string; cause?: string }>;
  history(arn: string): Promise<HistoryEvent[]>;
  /** The token of the n-th call of a function, once it was called that often. */
  token(functionName: string, index?: number): Promise<string>;
  succeed(taskToken: string, output?: unknown): Promise<unknown>;
}

/** An engine with one state machine, whose Lambdas are `handlers`, and the real client that talks to it over HTTP. */
export async function testEngine(
  definition: Definition,
  handlers: Record<string, TestHandler> = {},
  options: Partial<StepFunctionsOptions> = {},
): Promise<TestEngine> {
  const calls: TestEngine["calls"] = [];
  const engine = await startStepFunctions({
    definitions: [{ name: "test", definition }],
    invoke: async (functionName, value) => {
      const payload = value as Record<string, unknown>;
      calls.push({ functionName, payload });
      return await handlers[functionName]?.(payload);
    },
    speed: 1,
    stateFile: null,
    ...options,
  });
  const client = testClient(engine.url);
  onTestFinished(async () => {
    client.destroy();
    await engine.close();
  });
  const arn = engine.arn("test");
  return {
    engine,
    client,
    arn,
    calls,
    async start(input = {}, name = `run-${calls.length}-${Math.random()}`) {
      const command = new StartExecutionCommand({
        stateMachineArn: arn,
        name,
        input: JSON.stringify(input),
      });
      return (await client.send(command)).executionArn ?? "";
    },
    async ended(executionArn) {
      const description = await vi.waitFor(
        async () => {
          const answer = await client.send(new DescribeExecutionCommand({ executionArn }));
          if (answer.status === "RUNNING") throw new Error(`${executionArn} still runs`);
          return answer;
        },
        { timeout: 10_000, interval: 10 },
      );
      const { status = "", output = "null", error, cause } = description;
      return { status, output: JSON.parse(output), error, cause };
    },
    async history(executionArn) {
      const answer = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
      return answer.events ?? [];
    },
    async token(functionName, index = 0) {
      return await vi.waitFor(
        () => {
          const call = calls.filter((each) => each.functionName === functionName)[index];
          if (!call) throw new Error(`${functionName} was not called ${index + 1} times`);
          return String(call.payload.taskToken);
        },
        { timeout: 10_000, interval: 5 },
      );
    },
    async succeed(taskToken, output = {}) {
      return await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
    },
  };
}

export function testClient(endpoint: string): SFNClient {
  return new SFNClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
}

/** A Task that invokes `functionName` with its whole input as payload. */
export function task(functionName: string, rest: object = { End: true }): Definition["States"][string] {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: functionName, "Payload.$": "$" },
    ...rest,
  };
}

/** A Task that hands its token and input to `functionName`, and waits. */
export function waitingTask(
  functionName: string,
  rest: object = { End: true },
): Definition["States"][string] {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
    Parameters: {
      FunctionName: functionName,
      Payload: { "input.$": "$", "taskToken.$": "$$.Task.Token" },
    },
    ...rest,
  };
}
