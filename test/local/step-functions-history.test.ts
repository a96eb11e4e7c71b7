import { GetExecutionHistoryCommand, type HistoryEvent, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import type { Definition } from "../../infra/local/step-functions/definition.ts";
import { stateVisits } from "../../infra/local/step-functions/visits.ts";
import { task, testEngine, waitingTask } from "../support/step-functions.ts";

/** `type<previousEventId>` of each event, in order. */
function chain(events: HistoryEvent[]): string[] {
  return events.map(({ type, previousEventId }) => `${type}<${previousEventId}`);
}

const mapOfWaits: Definition = {
  StartAt: "Each",
  States: {
    Each: {
      Type: "Map",
      ItemsPath: "$.items",
      ItemProcessor: { StartAt: "Work", States: { Work: waitingTask("work") } },
      End: true,
    },
  },
};

describe("the history", () => {
  test("has the events of the real service for a Task, its retry and its end", async () => {
    let calls = 0;
    const definition: Definition = {
      StartAt: "Work",
      States: {
        Work: task("work", {
          ResultSelector: { "value.$": "$.Payload" },
          Retry: [{ ErrorEquals: ["Busy"], IntervalSeconds: 5, MaxAttempts: 2 }],
          Next: "Done",
        }),
        Done: { Type: "Succeed" },
      },
    };
    const { start, ended, history } = await testEngine(
      definition,
      {
        work: () => {
          calls++;
          if (calls === 1) throw Object.assign(new Error("not now"), { name: "Busy" });
          return { calls };
        },
      },
      { speed: 1000 },
    );
    const arn = await start({ run: "r" });
    expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: { value: { calls: 2 } } });
    const events = await history(arn);
    expect(chain(events)).toEqual([
      "ExecutionStarted<0",
      "TaskStateEntered<0",
      "TaskScheduled<2",
      "TaskStarted<3",
      "TaskFailed<4",
      "TaskScheduled<5",
      "TaskStarted<6",
      "TaskSucceeded<7",
      "TaskStateExited<8",
      "SucceedStateEntered<9",
      "SucceedStateExited<10",
      "ExecutionSucceeded<11",
    ]);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(events[1]?.stateEnteredEventDetails).toMatchObject({ name: "Work", input: '{"run":"r"}' });
    expect(events[4]?.taskFailedEventDetails).toMatchObject({
      error: "Busy",
      cause: JSON.stringify({ errorType: "Busy", errorMessage: "not now" }),
      resource: "invoke",
      resourceType: "lambda",
    });
    expect(JSON.parse(events[7]?.taskSucceededEventDetails?.output ?? "")).toEqual({
      ExecutedVersion: "$LATEST",
      Payload: { calls: 2 },
      StatusCode: 200,
    });
    expect(events[0]?.timestamp).toBeInstanceOf(Date);
  });

  test("follows each iteration and branch by itself", async () => {
    const definition: Definition = {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          ItemsPath: "$.items",
          MaxConcurrency: 1,
          ItemProcessor: { StartAt: "Note", States: { Note: { Type: "Pass", End: true } } },
          ResultPath: null,
          Next: "Both",
        },
        Both: {
          Type: "Parallel",
          Branches: [
            { StartAt: "Left", States: { Left: { Type: "Pass", End: true } } },
            { StartAt: "Right", States: { Right: { Type: "Wait", Seconds: 1, End: true } } },
          ],
          End: true,
        },
      },
    };
    const { start, ended, history } = await testEngine(definition, {}, { speed: 100 });
    const arn = await start({ items: [{ repository: "ogr" }, { repository: "specfile" }] });
    expect((await ended(arn)).status).toBe("SUCCEEDED");
    const events = await history(arn);
    expect(chain(events)).toEqual([
      "ExecutionStarted<0",
      "MapStateEntered<0",
      "MapStateStarted<2",
      "MapIterationStarted<3",
      "PassStateEntered<4",
      "PassStateExited<5",
      "MapIterationSucceeded<6",
      "MapIterationStarted<3",
      "PassStateEntered<8",
      "PassStateExited<9",
      "MapIterationSucceeded<10",
      "MapStateSucceeded<11",
      "MapStateExited<12",
      "ParallelStateEntered<13",
      "ParallelStateStarted<14",
      "PassStateEntered<15",
      expect.stringMatching(/^(PassStateExited<16|WaitStateEntered<15)$/),
      expect.stringMatching(/^(PassStateExited<16|WaitStateEntered<15)$/),
      expect.stringMatching(/^WaitStateExited<1[78]$/),
      "ParallelStateSucceeded<19",
      "ParallelStateExited<20",
      "ExecutionSucceeded<21",
    ]);
    expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 2 });
    expect(events[7]?.mapIterationStartedEventDetails).toEqual({ name: "Each", index: 1 });
    expect(stateVisits(events).map(({ name, scope }) => [...scope, name].join("/"))).toEqual([
      "Each",
      "Each #0 ogr/Note",
      "Each #1 specfile/Note",
      "Both",
      "Both/Left",
      "Both/Right",
    ]);
  });

  test("shows a failed iteration, and its siblings as aborted with dead tokens", async () => {
    const gate = Promise.withResolvers<void>();
    const { start, ended, history, token, succeed } = await testEngine(mapOfWaits, {
      work: async ({ input }) => {
        if (input !== "bad") return;
        await gate.promise;
        throw new TypeError("broken");
      },
    });
    const arn = await start({ items: ["good", "bad"] });
    const good = await token("work");
    gate.resolve();
    expect(await ended(arn)).toMatchObject({ status: "FAILED", error: "TypeError" });
    await expect(succeed(good)).rejects.toMatchObject({ name: "TaskTimedOut" });
    const types = (await history(arn)).map(({ type }) => type);
    expect(types.slice(-6)).toEqual([
      "TaskFailed",
      "MapIterationFailed",
      "TaskStateAborted",
      "MapIterationAborted",
      "MapStateFailed",
      "ExecutionFailed",
    ]);
    expect(stateVisits(await history(arn)).map(({ name, outcome }) => [name, outcome])).toEqual([
      ["Each", "failed"],
      ["Work", "aborted"],
      ["Work", "failed"],
    ]);
  });

  test("begins no further iteration after one has failed", async () => {
    const definition = structuredClone(mapOfWaits);
    Object.assign(definition.States.Each ?? {}, { MaxConcurrency: 1 });
    const { start, ended, calls } = await testEngine(definition, {
      work: () => {
        throw new TypeError("broken");
      },
    });
    expect((await ended(await start({ items: [1, 2, 3] }))).status).toBe("FAILED");
    expect(calls).toHaveLength(1);
  });

  test("ends with the abort of what StopExecution found running, and nothing after it", async () => {
    const { client, start, history, token } = await testEngine(mapOfWaits);
    const executionArn = await start({ items: [1, 2] });
    await token("work", 1);
    await client.send(new StopExecutionCommand({ executionArn, cause: "enough" }));
    const types = (await history(executionArn)).map(({ type }) => type);
    expect(types.slice(-6)).toEqual([
      "TaskStateAborted",
      "MapIterationAborted",
      "TaskStateAborted",
      "MapIterationAborted",
      "MapStateAborted",
      "ExecutionAborted",
    ]);
  });

  test("comes in pages, backwards, and without data", async () => {
    const { client, start, ended, history } = await testEngine({
      StartAt: "Only",
      States: { Only: { Type: "Pass", End: true } },
    });
    const executionArn = await start({ run: "r" });
    await ended(executionArn);
    const all = await history(executionArn);
    const ids: (number | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const answer = await client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 2, nextToken, reverseOrder: true }),
      );
      ids.push(...(answer.events ?? []).map(({ id }) => id));
      nextToken = answer.nextToken;
    } while (nextToken);
    expect(ids).toEqual(all.map(({ id }) => id).reverse());
    const bare = await client.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
    );
    expect(bare.events?.[1]?.stateEnteredEventDetails).toEqual({ name: "Only" });
    const wrong = new GetExecutionHistoryCommand({ executionArn, nextToken: "nonsense" });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: "InvalidToken" });
  });
});
