import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createStepFunctions } from "../../functions/services/step-functions.ts";
import type { Definition } from "../../infra/local/step-functions/definition.ts";
import type { EndedExecution, Transition } from "../../infra/local/step-functions/index.ts";
import { task, testClient, testEngine, waitingTask } from "../support/step-functions.ts";

const waitOnce: Definition = { StartAt: "Wait", States: { Wait: waitingTask("wait") } };

describe("StartExecution", () => {
  test("is idempotent by name and input while the execution runs, and refuses the name otherwise", async () => {
    const { start, ended, token, succeed, calls } = await testEngine(waitOnce);
    const first = await start({ a: 1 }, "weekly-2026-11-23");
    expect(await start({ a: 1 }, "weekly-2026-11-23")).toBe(first);
    const refusal = { name: "ExecutionAlreadyExists" };
    await expect(start({ a: 2 }, "weekly-2026-11-23")).rejects.toMatchObject(refusal);
    await succeed(await token("wait"));
    await ended(first);
    await expect(start({ a: 1 }, "weekly-2026-11-23")).rejects.toMatchObject(refusal);
    expect(calls).toHaveLength(1);
  });

  test("refuses wrong names, inputs, state machines and operations", async () => {
    const { client, engine, arn: stateMachineArn, start } = await testEngine(waitOnce);
    await expect(start({}, "a b")).rejects.toMatchObject({ name: "InvalidName" });
    const noJson = new StartExecutionCommand({ stateMachineArn, input: "{" });
    await expect(client.send(noJson)).rejects.toMatchObject({ name: "InvalidExecutionInput" });
    // 262,144 bytes are the limit; an umlaut has two.
    const long = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify("ü".repeat(131_072)) });
    await expect(client.send(long)).rejects.toMatchObject({ name: "ValidationException" });
    const other = new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}-other` });
    await expect(client.send(other)).rejects.toMatchObject({ name: "StateMachineDoesNotExist" });
    const missing = new DescribeExecutionCommand({ executionArn: `${stateMachineArn}:none` });
    await expect(client.send(missing)).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
    const answer = await fetch(engine.url, {
      method: "POST",
      headers: { "x-amz-target": "AWSStepFunctions.CreateActivity" },
      body: "{}",
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: "UnknownOperationException" });
  });
});

test("executions are listed newest first, by status and in pages", async () => {
  const { client, arn: stateMachineArn, start, ended, token, succeed } = await testEngine(waitOnce);
  const done = await start({}, "one");
  await succeed(await token("wait"));
  await ended(done);
  await start({}, "two");
  await start({}, "three");
  const list = async (rest: object) =>
    await client.send(new ListExecutionsCommand({ stateMachineArn, ...rest }));
  const names = (answer: Awaited<ReturnType<typeof list>>) => answer.executions?.map(({ name }) => name);
  expect(names(await list({}))).toEqual(["three", "two", "one"]);
  expect(names(await list({ statusFilter: "SUCCEEDED" }))).toEqual(["one"]);
  const first = await list({ maxResults: 2 });
  expect(names(await list({ maxResults: 2, nextToken: first.nextToken }))).toEqual(["one"]);
});

test("state machines are listed and described with their definition", async () => {
  const { client, arn: stateMachineArn } = await testEngine(waitOnce);
  const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
  expect(stateMachines).toMatchObject([{ name: "test", stateMachineArn }]);
  const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(JSON.parse(described.definition ?? "")).toEqual(waitOnce);
});

test("the end of an execution is told once, after the API says so", async () => {
  const { engine, client, start, ended } = await testEngine(
    { StartAt: "Work", States: { Work: task("work") } },
    {
      work: () => {
        throw new Error("broken");
      },
    },
  );
  const told: [EndedExecution, string | undefined][] = [];
  engine.onExecutionEnded(async (execution) => {
    const command = new DescribeExecutionCommand({ executionArn: execution.arn });
    told.push([execution, (await client.send(command)).status]);
  });
  await ended(await start({}, "one"));
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told[0]).toMatchObject([{ name: "one", status: "FAILED", error: "Error" }, "FAILED"]);
});

test("transitions say what happened, where, and for which repository", async () => {
  let calls = 0;
  const definition: Definition = {
    StartAt: "Outer",
    States: {
      Outer: {
        Type: "Map",
        ItemsPath: "$.waves",
        ItemSelector: { "repositories.$": "$$.Map.Item.Value" },
        ItemProcessor: {
          StartAt: "Inner",
          States: {
            Inner: {
              Type: "Map",
              ItemsPath: "$.repositories",
              ItemSelector: { "repository.$": "$$.Map.Item.Value" },
              ItemProcessor: {
                StartAt: "Work",
                States: {
                  Work: task("work", { Retry: [{ ErrorEquals: ["Busy"] }], End: true }),
                },
              },
              End: true,
            },
          },
        },
        End: true,
      },
    },
  };
  const { engine, start, ended } = await testEngine(
    definition,
    {
      work: ({ repository }) => {
        if (repository === "ogr" && ++calls === 1) throw Object.assign(new Error(""), { name: "Busy" });
      },
    },
    { speed: 1000 },
  );
  const transitions: Transition[] = [];
  engine.onTransition((transition) => transitions.push(transition));
  await ended(await start({ waves: [["ogr"], ["specfile", "packit"]] }));
  const of = (mapItem: string) =>
    transitions
      .filter((each) => each.mapItem === mapItem)
      .map(({ type, state, error }) => [type, state, error].filter(Boolean).join(" "));
  expect(of("ogr")).toEqual(["entered Work", "failed Work Busy", "retried Work", "exited Work"]);
  expect(of("packit")).toEqual(["entered Work", "exited Work"]);
  expect(of("#1")).toEqual(["entered Inner", "exited Inner"]);
});

test("executions outlive the process: what ran is aborted, and its token is unknown", async () => {
  const folder = await mkdtemp(join(tmpdir(), "step-functions-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const stateFile = join(folder, "deep", "executions.json");
  const before = await testEngine(waitOnce, {}, { stateFile });
  const finished = await before.start({}, "finished");
  await before.succeed(await before.token("wait"), "fine");
  await before.ended(finished);
  const left = await before.start({}, "left");
  const oldToken = await before.token("wait", 1);
  await before.engine.close();

  const after = await testEngine(waitOnce, {}, { stateFile });
  expect(after.engine.abandoned).toMatchObject([{ name: "left", status: "ABORTED" }]);
  expect(await after.ended(finished)).toMatchObject({ status: "SUCCEEDED", output: "fine" });
  expect(await after.ended(left)).toMatchObject({ status: "ABORTED" });
  const events = await after.history(left);
  expect(events.map(({ type }) => type).slice(-2)).toEqual(["TaskSubmitted", "ExecutionAborted"]);
  await expect(after.succeed(oldToken)).rejects.toMatchObject({ name: "TaskDoesNotExist" });
});

describe("the service of the functions", () => {
  test("resumes, starts and asks for the status through the same API", async () => {
    const { client, arn, token, ended } = await testEngine(waitOnce);
    const service = createStepFunctions({ client, stateMachine: () => arn });
    const started = await service.startExecution({ name: "weekly-1", input: { run: "weekly-1" } });
    expect(started.started).toBe(true);
    expect(await service.executionStatus(started.arn)).toBe("RUNNING");
    const taken = await service.startExecution({ name: "weekly-1", input: { run: "other" } });
    expect(taken).toEqual({ started: false, arn: started.arn });
    const taskToken = await token("wait");
    expect(await service.succeed(taskToken, { key: "k" })).toBe("resumed");
    expect(await service.succeed(taskToken, { key: "k" })).toBe("dead");
    expect(await service.succeed("nonsense", {})).toBe("dead");
    await ended(started.arn);
    expect(await service.executionStatus(started.arn)).toBe("SUCCEEDED");
    expect(await service.executionStatus(`${started.arn}-none`)).toBeNull();
  });

  test("is unavailable when nobody answers", async () => {
    const service = createStepFunctions({
      client: testClient("http://127.0.0.1:1"),
      stateMachine: () => "arn:aws:states:us-east-1:000000000000:stateMachine:test",
    });
    const unavailable = { name: "ServiceUnavailable" };
    await expect(service.succeed("token", {})).rejects.toMatchObject(unavailable);
    await expect(service.executionStatus("arn")).rejects.toMatchObject(unavailable);
    await expect(service.startExecution({ name: "x", input: {} })).rejects.toMatchObject(unavailable);
  });
});
