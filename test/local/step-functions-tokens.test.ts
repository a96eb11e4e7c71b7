import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import type { Definition } from "../../infra/local/step-functions/definition.ts";
import { task, testEngine, waitingTask } from "../support/step-functions.ts";

const waitOnce: Definition = { StartAt: "Wait", States: { Wait: waitingTask("wait") } };

describe("a task token", () => {
  test("lets the state go on with what came with it, and not with what the Lambda returned", async () => {
    const { start, ended, token, succeed } = await testEngine(waitOnce, { wait: () => "ignored" });
    const arn = await start();
    await succeed(await token("wait"), { answer: 42 });
    expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: { answer: 42 } });
  });

  test("is dead once it was used", async () => {
    const { start, ended, token, succeed } = await testEngine(waitOnce);
    const arn = await start();
    const used = await token("wait");
    const answers = await Promise.allSettled([succeed(used, 1), succeed(used, 2)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await ended(arn);
    await expect(succeed(used)).rejects.toMatchObject({ name: "TaskTimedOut" });
  });

  test("is dead from the moment in which its state timed out, and the next visit has another one", async () => {
    const again = { Retry: [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 1 }], TimeoutSeconds: 1 };
    const definition = {
      StartAt: "Wait",
      States: { Wait: waitingTask("wait", { ...again, End: true }) },
    };
    const { start, ended, token, succeed } = await testEngine(definition, {}, { speed: 1000 });
    const arn = await start();
    const first = await token("wait");
    const second = await token("wait", 1);
    expect(second).not.toBe(first);
    await expect(succeed(first)).rejects.toMatchObject({ name: "TaskTimedOut" });
    await succeed(second, "late but there");
    expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: "late but there" });
  });

  test("outlives compressed time while the Lambda that got it is at work", async () => {
    const again = { Retry: [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 1 }], TimeoutSeconds: 600 };
    const definition = { StartAt: "Wait", States: { Wait: waitingTask("wait", { ...again, End: true }) } };
    const took: Promise<unknown>[] = [];
    const engine = await testEngine(
      definition,
      {
        // Longer than the state's 600 s at this speed.
        wait: async () => {
          const work = new Promise((resolve) => setTimeout(resolve, 1200));
          took.push(work);
          await work;
        },
      },
      { speed: 100_000 },
    );
    const arn = await engine.start();
    const first = await engine.token("wait");
    await took[0];
    await engine.succeed(await engine.token("wait", 1), "the second time");

    expect(await engine.ended(arn)).toMatchObject({ status: "SUCCEEDED", output: "the second time" });
    await expect(engine.succeed(first)).rejects.toMatchObject({ name: "TaskTimedOut" });
    const events = (await engine.history(arn)).map(({ type }) => type);
    // It was submitted before it timed out: the Lambda had returned.
    expect(events.indexOf("TaskSubmitted")).toBeLessThan(events.indexOf("TaskTimedOut"));
  });

  test("may be used before the Lambda that got it has returned, even when that throws afterwards", async () => {
    const gate = Promise.withResolvers<void>();
    const definition = {
      StartAt: "Wait",
      States: { Wait: waitingTask("wait", { Next: "After" }), After: task("after") },
    };
    const { start, ended, token, succeed } = await testEngine(definition, {
      wait: async () => {
        await gate.promise;
        throw new Error("too late to matter");
      },
      after: () => gate.resolve(),
    });
    const arn = await start();
    await succeed(await token("wait"), "early");
    expect((await ended(arn)).status).toBe("SUCCEEDED");
  });

  test("is dead when the Lambda that got it throws", async () => {
    const { start, ended, token, succeed } = await testEngine(waitOnce, {
      wait: () => {
        throw new RangeError("no");
      },
    });
    const arn = await start();
    expect(await ended(arn)).toMatchObject({ status: "FAILED", error: "RangeError" });
    await expect(succeed(await token("wait"))).rejects.toMatchObject({ name: "TaskTimedOut" });
  });

  test("is dead when its execution was stopped", async () => {
    const { client, start, token, succeed, ended } = await testEngine(waitOnce);
    const executionArn = await start();
    const held = await token("wait");
    await client.send(new StopExecutionCommand({ executionArn, error: "Enough", cause: "a person" }));
    await expect(succeed(held)).rejects.toMatchObject({ name: "TaskTimedOut" });
    expect(await ended(executionArn)).toMatchObject({
      status: "ABORTED",
      error: "Enough",
      cause: "a person",
    });
  });

  test("is refused as the real service does, when it is none or the output is no JSON", async () => {
    const { client, start, token, succeed } = await testEngine(waitOnce);
    await start();
    const taskToken = await token("wait");
    await expect(succeed("nonsense")).rejects.toMatchObject({ name: "InvalidToken" });
    const unknown = taskToken.replace(/.{8}$/, "AAAAAAAA");
    await expect(succeed(unknown)).rejects.toMatchObject({ name: "TaskDoesNotExist" });
    const noJson = new SendTaskSuccessCommand({ taskToken, output: "{" });
    await expect(client.send(noJson)).rejects.toMatchObject({ name: "InvalidOutput" });
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));
    await succeed(taskToken);
  });

  test("can fail its state, which Catch sees under the error's name", async () => {
    const definition: Definition = {
      StartAt: "Wait",
      States: {
        Wait: waitingTask("wait", {
          Catch: [{ ErrorEquals: ["Rejected"], ResultPath: "$.failure", Next: "Caught" }],
          End: true,
        }),
        Caught: { Type: "Pass", End: true },
      },
    };
    const { client, start, ended, token } = await testEngine(definition);
    const arn = await start({ run: "r" });
    const taskToken = await token("wait");
    await client.send(new SendTaskFailureCommand({ taskToken, error: "Rejected", cause: "by hand" }));
    const { output } = await ended(arn);
    expect(output).toEqual({ run: "r", failure: { Error: "Rejected", Cause: "by hand" } });
  });

  test("belongs to one visit: of hundreds that wait at once, none crosses", async () => {
    const count = 400;
    const definition: Definition = {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          ItemsPath: "$.items",
          MaxConcurrency: count,
          ItemProcessor: {
            StartAt: "First",
            States: {
              First: waitingTask("first", { ResultPath: "$.first", Next: "Second" }),
              Second: waitingTask("second", { ResultPath: "$.second", End: true }),
            },
          },
          End: true,
        },
      },
    };
    const items = Array.from({ length: count }, (_, index) => ({ id: index + 1 }));
    const { start, ended, calls, token, succeed } = await testEngine(definition);
    const arn = await start({ items });
    for (const [name, sign] of [
      ["first", 1],
      ["second", -1],
    ] as const) {
      await token(name, count - 1);
      const waiting = calls.filter(({ functionName }) => functionName === name).reverse();
      await Promise.all(
        waiting.map(async ({ payload }) => {
          const { id } = payload.input as { id: number };
          await succeed(String(payload.taskToken), sign * id);
        }),
      );
    }
    const { status, output } = await ended(arn);
    expect(status).toBe("SUCCEEDED");
    expect(output).toEqual(items.map(({ id }) => ({ id, first: id, second: -id })));
    expect(new Set(calls.map(({ payload }) => payload.taskToken)).size).toBe(2 * count);
  });
});
