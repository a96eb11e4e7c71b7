import { startAwsJson } from "../aws-json.ts";
import { operations } from "./api.ts";
import { loadExecutions, saveExecutions } from "./archive.ts";
import { type Compiled, compile } from "./compile.ts";
import { assertRunnable, type Definition, InvalidDefinition } from "./definition.ts";
import { Execution, type ExecutionRecord, type Transition } from "./execution.ts";
import { type Invoke, Tokens } from "./task.ts";

export interface StepFunctionsOptions {
  /** Parsed state machines whose placeholders are filled in; see `loadDefinition`. */
  definitions: { name: string; definition: Definition }[];
  /** Calls a Lambda; rejects with what its handler threw. */
  invoke: Invoke;
  /** When given: the functions that there are. A Task that names another one is refused at the start. */
  functions?: string[];
  /** Timeouts of waiting Tasks (at least 3 s, less above a speed of 1000), Wait states' Seconds (0.2 s) and Retry intervals (0.05 s) are divided by it. */
  speed: number;
  /** States that wait for people; `peopleSpeed` (default 1) counts for their timeouts and seconds. */
  peopleStates?: string[];
  peopleSpeed?: number;
  /** States whose wait no signal ends, only their being entered again: these are, after 0.75 s at the earliest. */
  askingStates?: string[];
  /** Keeps the executions between processes; null: in memory only. */
  stateFile: string | null;
  region?: string;
  /** The first subscriber, which misses nothing. */
  onTransition?: (transition: Transition) => void;
  /** 0 or absent: any free one. */
  port?: number;
}

export type { Transition } from "./execution.ts";

export type EndedExecution = Omit<ExecutionRecord, "events">;

export interface StepFunctions {
  /** For AWS_ENDPOINT_URL_SFN. */
  url: string;
  /** ARN of a state machine. @throws Error when there is none of this name. */
  arn(name: string): string;
  /** Executions that an earlier process left behind: ABORTED now, and nobody was told. */
  abandoned: EndedExecution[];
  /** Returns what ends the subscription. */
  onTransition(listener: (transition: Transition) => void): () => void;
  /** Called once per execution that ends, however it ends, after the API says so. Returns what ends the subscription. */
  onExecutionEnded(listener: (execution: EndedExecution) => void | Promise<void>): () => void;
  /** Gives up what runs (the next process finds it ABORTED), saves, and stops serving. */
  close(): Promise<void>;
}

export interface Machine {
  name: string;
  arn: string;
  definition: Definition;
  compiled: Compiled;
  createdAt: number;
}

const account = "000000000000";

/**
 * Step Functions on one machine: its API (AWS JSON 1.0 on 127.0.0.1) in front of an interpreter.
 *
 * @throws InvalidDefinition for a definition that the interpreter would not run as AWS does.
 */
export async function startStepFunctions(options: StepFunctionsOptions): Promise<StepFunctions> {
  const region = options.region ?? "us-east-1";
  const machines = new Map(
    options.definitions.map((each) => {
      const machine = createMachine(each, options, region);
      return [machine.arn, machine];
    }),
  );
  const { stateFile } = options;
  const { executions: records, abandoned } = stateFile
    ? loadExecutions(stateFile)
    : { executions: [], abandoned: [] };
  const running = new Map<string, Execution>();
  const tokens = new Tokens();
  const transitions = new Set<(transition: Transition) => void>(
    options.onTransition ? [options.onTransition] : [],
  );
  const ends = new Set<(execution: EndedExecution) => void | Promise<void>>();

  function start(machine: Machine, name: string, input: string): ExecutionRecord {
    const arn = `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
    const execution = new Execution(
      { arn, name, stateMachineArn: machine.arn, input },
      {
        stateMachineName: machine.name,
        compiled: machine.compiled,
        tokens,
        region,
        invoke: options.invoke,
        onTransition: (transition) => tell(transitions, transition),
        onEnded: ({ record }) => {
          running.delete(record.arn);
          if (stateFile) saveExecutions(stateFile, records);
          tell(ends, summary(record));
        },
      },
    );
    records.push(execution.record);
    running.set(arn, execution);
    execution.begin();
    // So that the next process knows of it, should this one be killed.
    if (stateFile) saveExecutions(stateFile, records);
    return execution.record;
  }

  const server = await startAwsJson({
    target: "AWSStepFunctions",
    version: "1.0",
    operations: operations({ machines, records, running, tokens, start }),
    port: options.port,
  });

  return {
    url: server.url,
    arn: (name) => {
      const found = [...machines.values()].find((each) => each.name === name);
      if (!found) throw new Error(`There is no state machine ${name}.`);
      return found.arn;
    },
    abandoned: abandoned.map(summary),
    onTransition: (listener) => subscribe(transitions, listener),
    onExecutionEnded: (listener) => subscribe(ends, listener),
    close: async () => {
      for (const execution of running.values()) execution.abandon();
      running.clear();
      if (stateFile) saveExecutions(stateFile, records);
      await server.close();
    },
  };
}

function createMachine(
  { name, definition }: { name: string; definition: Definition },
  options: StepFunctionsOptions,
  region: string,
): Machine {
  assertRunnable(name, definition);
  const compiled = compile(definition, {
    speed: options.speed,
    peopleStates: new Set(options.peopleStates),
    peopleSpeed: options.peopleSpeed ?? 1,
    askingStates: new Set(options.askingStates),
  });
  const known = options.functions && new Set(options.functions);
  const missing = [...compiled.tasks].filter(([, { functionName }]) => known && !known.has(functionName));
  if (missing.length > 0) {
    throw new InvalidDefinition(
      name,
      missing.map(([state, { functionName }]) => `${state}: there is no function ${functionName}`),
    );
  }
  const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  return { name, arn, definition, compiled, createdAt: Date.now() };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A listener's failure is its own: the execution goes on, and the process tells. */
function tell<T>(listeners: Set<(value: T) => void | Promise<void>>, value: T): void {
  const warn = (thrown: unknown) =>
    process.emitWarning(thrown instanceof Error ? thrown : new Error(String(thrown)));
  for (const listener of listeners) {
    try {
      Promise.resolve(listener(value)).catch(warn);
    } catch (thrown) {
      warn(thrown);
    }
  }
}

function summary({ events: _, ...rest }: ExecutionRecord): EndedExecution {
  return { ...rest };
}
