import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test, vi } from "vitest";
import type { Definition } from "../../infra/local/step-functions/definition.ts";
import { stateVisits } from "../../infra/local/step-functions/visits.ts";
import { task, testEngine, waitingTask } from "../support/step-functions.ts";

const broken = () => {
  throw Object.assign(new Error("no"), { name: "Broken" });
};

describe("a Parallel whose branch fails", () => {
  const definition: Definition = {
    StartAt: "Outer",
    States: {
      Outer: {
        Type: "Parallel",
        Branches: [
          {
            StartAt: "Inner",
            States: {
              Inner: {
                Type: "Parallel",
                Branches: [
                  { StartAt: "Break", States: { Break: task("break") } },
                  { StartAt: "Aside", States: { Aside: waitingTask("aside") } },
                ],
                End: true,
              },
            },
          },
          { StartAt: "Beside", States: { Beside: waitingTask("beside") } },
        ],
        Catch: [{ ErrorEquals: ["Broken"], ResultPath: "$.failure", Next: "After" }],
        Next: "After",
      },
      After: waitingTask("after"),
    },
  };

  test("is caught, its other branches are over, and their tokens dead", async () => {
    const gate = Promise.withResolvers<void>();
    const { start, ended, token, succeed, history } = await testEngine(definition, {
      break: async () => {
        await gate.promise;
        broken();
      },
    });
    const arn = await start({ run: "r" });
    const others = [await token("aside"), await token("beside")];
    gate.resolve();
    const after = await token("after");
    for (const other of others) {
      await expect(succeed(other)).rejects.toMatchObject({ name: "TaskTimedOut" });
    }
    await succeed(after, "on we go");
    expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: "on we go" });
    const visits = stateVisits(await history(arn));
    expect(visits.map(({ name, scope, outcome }) => `${[...scope, name].join("/")} ${outcome}`)).toEqual([
      "Outer failed",
      "Outer/Inner failed",
      "Outer/Beside aborted",
      "Outer/Inner/Break failed",
      "Outer/Inner/Aside aborted",
      "After succeeded",
    ]);
    expect(visits.at(-1)?.scope).toEqual([]);
    expect(JSON.parse(visits[0]?.output ?? "")).toMatchObject({ run: "r", failure: { Error: "Broken" } });
  });
});

describe("StopExecution", () => {
  test("breaks off the wait before a retry: the Lambda is not called again", async () => {
    const { client, start, ended, calls, history } = await testEngine(
      {
        StartAt: "Work",
        States: {
          Work: task("work", {
            Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 60, MaxAttempts: 3 }],
            Catch: [{ ErrorEquals: ["States.ALL"], Next: "Work" }],
            End: true,
          }),
        },
      },
      { work: broken },
    );
    const executionArn = await start();
    await vi.waitFor(async () => {
      expect((await history(executionArn)).at(-1)?.type).toBe("TaskFailed");
    });
    await client.send(new StopExecutionCommand({ executionArn }));
    expect((await ended(executionArn)).status).toBe("ABORTED");
    const before = await history(executionArn);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await history(executionArn)).toEqual(before);
    expect(calls).toHaveLength(1);
  });

  test("gives up a Lambda in flight, and changes nothing when it comes twice", async () => {
    let reason: unknown;
    const { client, engine, start, ended } = await testEngine(
      { StartAt: "Work", States: { Work: task("work") } },
      {},
      {
        invoke: async (_name, _payload, { signal }) =>
          await new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => {
              reason = signal.reason;
              reject(signal.reason);
            }),
          ),
      },
    );
    const told: string[] = [];
    engine.onExecutionEnded(({ status }) => void told.push(status));
    const executionArn = await start();
    const first = await client.send(new StopExecutionCommand({ executionArn }));
    const second = await client.send(new StopExecutionCommand({ executionArn, cause: "again" }));
    expect(second.stopDate).toEqual(first.stopDate);
    expect(await ended(executionArn)).toMatchObject({ status: "ABORTED", cause: undefined });
    expect(reason).toMatchObject({ name: "Stopped" });
    expect(told).toEqual(["ABORTED"]);
  });
});

test("an execution that takes longer than its state machine allows is timed out", async () => {
  const definition = { StartAt: "Wait", States: { Wait: waitingTask("wait") }, TimeoutSeconds: 1 };
  const { start, ended, token, succeed, history } = await testEngine(definition);
  const arn = await start();
  expect(await ended(arn)).toMatchObject({ status: "TIMED_OUT" });
  expect((await history(arn)).at(-1)?.type).toBe("ExecutionTimedOut");
  await expect(succeed(await token("wait"))).rejects.toMatchObject({ name: "TaskTimedOut" });
});

test("a Fail state ends the execution with its error", async () => {
  const { start, ended, history } = await testEngine({
    StartAt: "Give up",
    States: { "Give up": { Type: "Fail", Error: "Aborted", Cause: "by a person" } },
  });
  const arn = await start();
  expect(await ended(arn)).toMatchObject({ status: "FAILED", error: "Aborted", cause: "by a person" });
  const events = await history(arn);
  expect(events.map(({ type }) => type)).toEqual(["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]);
  expect(stateVisits(events)).toMatchObject([{ outcome: "failed", error: { error: "Aborted" } }]);
});

test("more than may pass between states fails the execution, whatever is caught", async () => {
  const { start, ended } = await testEngine(
    {
      StartAt: "Work",
      States: {
        Work: task("work", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Fine" }], Next: "Fine" }),
        Fine: { Type: "Succeed" },
      },
    },
    { work: () => "x".repeat(300_000) },
  );
  expect(await ended(await start())).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
});

test("a Wait takes its seconds from the input, compressed", async () => {
  const { start, ended } = await testEngine(
    { StartAt: "Soak", States: { Soak: { Type: "Wait", SecondsPath: "$.soak.seconds", End: true } } },
    {},
    { speed: 300 },
  );
  const startedAt = performance.now();
  await ended(await start({ soak: { seconds: 120 } }));
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThan(390);
  expect(took).toBeLessThan(5000);
});
