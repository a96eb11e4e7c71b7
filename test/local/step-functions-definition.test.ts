import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import { compile, type Speeds, valueAt } from "../../infra/local/step-functions/compile.ts";
import { type Definition, loadDefinition, type State } from "../../infra/local/step-functions/definition.ts";
import { startStepFunctions } from "../../infra/local/step-functions/index.ts";
import { subsetProblems } from "../../infra/local/step-functions/subset.ts";
import { task, waitingTask } from "../support/step-functions.ts";

async function load(yaml: string, substitutions: Record<string, string> = {}): Promise<Definition> {
  const folder = await mkdtemp(join(tmpdir(), "definition-"));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const path = join(folder, "flow.asl.yaml");
  await writeFile(path, yaml);
  return loadDefinition(path, substitutions);
}

function only(state: State): Definition {
  return { StartAt: "Only", States: { Only: state } };
}

describe("loadDefinition", () => {
  test("fills in placeholders wherever they stand, with YAML's anchors resolved", async () => {
    const definition = await load(
      `
StartAt: A
States:
  A: { Type: Task, Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "\${Work}" }, Retry: &retry [{ ErrorEquals: [Busy] }], Next: B }
  B: { Type: Task, Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "\${Work}-\${Other}" }, Retry: *retry, End: true }
`,
      { Work: "work", Other: "other" },
    );
    expect(definition.States.B).toMatchObject({
      Parameters: { FunctionName: "work-other" },
      Retry: [{ ErrorEquals: ["Busy"] }],
    });
  });

  test("tells every problem at once", async () => {
    const yaml = `
StartAt: A
States:
  A: { Type: Task, Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "\${Missing}" }, Next: Nowhere }
  B: { Type: Pass, Next: Elsewhere }
`;
    const problems = [/no substitution for \$\{Missing\}/, /Nowhere/, /Elsewhere/];
    const thrown = await load(yaml).catch((error: Error) => error);
    for (const problem of problems) expect((thrown as Error).message).toMatch(problem);
  });

  test("takes the state machines of the project, with the functions of the catalog", () => {
    const folder = new URL("../../statemachine/", import.meta.url);
    const names = Object.fromEntries(Object.keys(catalog).map((name) => [name, name]));
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".asl.yaml"))) {
      expect(loadDefinition(new URL(file, folder).pathname, names).StartAt).toBeTruthy();
    }
  });

  test("says what is wrong with YAML, and with a file that is not there", async () => {
    await expect(load("StartAt: [")).rejects.toMatchObject({ name: "InvalidDefinition" });
    expect(() => loadDefinition("/nowhere.yaml", {})).toThrow(/cannot be read/);
  });
});

describe("what the engine would run in another way than AWS is refused", () => {
  const branch = { StartAt: "In", States: { In: { Type: "Pass" as const, End: true } } };
  test.each<[string, State, RegExp]>([
    ["another service", { Type: "Task", Resource: "arn:aws:states:::sns:publish", End: true }, /Resource/],
    ["a Lambda by its ARN", task("f", { Resource: lambdaArn, End: true }), /Resource/],
    ["a function from the input", task("f", { Parameters: fromInput, End: true }), /FunctionName/],
    ["a wait without its token", { ...task("f"), Resource: waitResource }, /exactly once/],
    ["a token where nobody waits", { ...waitingTask("f"), Resource: invokeResource }, /only to states/],
    ["a negative test", choice({ Variable: "$.a", IsPresent: false }), /IsPresent: false never/],
    ["the same in And", choice({ And: [{ Variable: "$.a", IsNull: false }] }), /IsNull: false never/],
    ["ResultPath $", { Type: "Pass", ResultPath: "$", End: true }, /ResultPath/],
    ["a Result of nothing", { Type: "Pass", Result: 0, End: true }, /Result/],
    ["a heartbeat", waitingTask("f", { HeartbeatSeconds: 5, End: true }), /HeartbeatSeconds/],
    ["a timeout from the input", task("f", { TimeoutSecondsPath: "$.t", End: true }), /TimeoutSecondsPath/],
    [
      "States.TaskFailed",
      task("f", { Retry: [{ ErrorEquals: ["States.TaskFailed"] }], End: true }),
      /Timeout/,
    ],
    ["the state's name", task("f", { Parameters: stateName, End: true }), /State\.Name is not known/],
    ["the item outside its selector", { Type: "Map", ItemProcessor: itemInside, End: true }, /Map\.Item/],
    ["tolerated failures", { ...map(branch), ToleratedFailureCount: 1 }, /Tolerated/],
  ])("%s", (_, state, problem) => {
    const { Next: _next, ...rest } = state;
    const definition: Definition =
      state.Type === "Choice"
        ? { StartAt: "Only", States: { Only: state, Done: { Type: "Succeed" } } }
        : only(rest as State);
    expect(subsetProblems(definition).join("\n")).toMatch(problem);
  });

  test("and so is a function that there is not, before anything runs", async () => {
    const definitions = [{ name: "flow", definition: only(task("gone")) }];
    const options = { definitions, invoke: async () => null, speed: 1, stateFile: null };
    await expect(startStepFunctions({ ...options, functions: ["here"] })).rejects.toThrow(
      /Only: there is no function gone/,
    );
  });
});

describe("speed", () => {
  const speeds: Speeds = {
    speed: 100,
    peopleStates: new Set(["Ask"]),
    peopleSpeed: 2,
    askingStates: new Set(["Poll"]),
  };
  const compiled = compile(
    {
      StartAt: "Plain",
      States: {
        Plain: task("f", { TimeoutSeconds: 60, Retry: [{ ErrorEquals: ["Busy"] }], Next: "Machine" }),
        Machine: waitingTask("f", { TimeoutSeconds: 600, Next: "Short" }),
        Short: waitingTask("f", { TimeoutSeconds: 2, Next: "Signal" }),
        Signal: waitingTask("f", { TimeoutSeconds: 60, Next: "Poll" }),
        Poll: waitingTask("f", { TimeoutSeconds: 60, Next: "Ask" }),
        Ask: waitingTask("f", { TimeoutSeconds: 600, Next: "Pause" }),
        Pause: { Type: "Wait", Seconds: 500, Next: "Blink" },
        Blink: { Type: "Wait", Seconds: 1, Next: "Until" },
        Until: { Type: "Wait", SecondsPath: "$.wait[0].seconds", End: true },
      },
    },
    speeds,
  );

  test("compresses what machines wait for, with floors, and leaves plain Tasks and people alone", () => {
    const timeouts = [...compiled.tasks].map(([name, plan]) => [name, plan.timeoutSeconds]);
    expect(timeouts).toEqual([
      ["Plain", 60],
      ["Machine", 6],
      ["Short", 2],
      ["Signal", 3],
      ["Poll", 0.75],
      ["Ask", 300],
    ]);
    const { Pause, Blink, Plain } = compiled.definition.States;
    expect([Pause?.Seconds, Blink?.Seconds]).toEqual([5, 0.2]);
    expect(Plain?.Retry?.[0]?.IntervalSeconds).toBe(0.05);
    expect(compiled.waitPaths.get("Until")).toEqual({ path: "$.wait[0].seconds", speed: 100 });
  });

  test("leaves no timeout to the engine", () => {
    for (const state of Object.values(compiled.definition.States)) {
      if (state.Type === "Task") expect(state.TimeoutSeconds).toBeGreaterThan(2_000_000);
    }
  });
});

test("valueAt reads plain reference paths", () => {
  const input = { wait: [{ seconds: 3 }] };
  expect(valueAt("$.wait[0].seconds", input)).toBe(3);
  expect(valueAt("$", input)).toBe(input);
  expect(valueAt("$.none.seconds", input)).toBeUndefined();
  expect(valueAt("$.wait[*].seconds", input)).toBeUndefined();
});

const lambdaArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const invokeResource = "arn:aws:states:::lambda:invoke";
const waitResource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
const fromInput = { "FunctionName.$": "$.name" };
const stateName = { FunctionName: "f", Payload: { "state.$": "$$.State.Name" } };
const itemInside = {
  StartAt: "In",
  States: {
    In: { Type: "Pass" as const, Parameters: { "item.$": "$$.Map.Item.Value" }, End: true },
  },
};

function choice(rule: object): State {
  return { Type: "Choice", Choices: [{ ...rule, Next: "Done" }], Default: "Done" };
}

function map(iterator: Definition): State {
  return { Type: "Map", ItemProcessor: iterator, End: true };
}
