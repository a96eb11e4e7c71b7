import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { Definition, State } from "./definition.ts";

/**
 * The interpreter, made observable.
 *
 * aws-local-stepfunctions reports events through an asynchronous log in which a state inside two Maps carries the outer
 * index only, and it calls a Task's override without saying for which iteration. Both are needed here: the history has
 * to say what belongs to which iteration, and a task token belongs to one visit of one state. The engine runs every
 * scope (the whole, each iteration, each branch) by `StateMachine.execute`, so that method is wrapped: a scope gets an
 * observer of its own, and events reach it at once and in order. Runs that this file did not start are left alone.
 */

export type EngineEvent =
  | { type: "StateEntered"; state: { name: string; type: State["Type"]; input: unknown } }
  | { type: "StateExited"; state: { name: string; type: State["Type"]; input: unknown; output: unknown } }
  | {
      type: "StateFailed";
      state: { name: string; type: State["Type"]; input: unknown };
      Error: string;
      Cause: unknown;
    }
  | { type: "StateRetried"; state: { name: string; type: State["Type"]; input: unknown } }
  | { type: "StateCaught"; state: { name: string; type: State["Type"]; input: unknown } }
  | { type: "ExecutionSucceeded"; output: unknown }
  | { type: "ExecutionFailed"; Error: string; Cause: unknown }
  | { type: "ExecutionAborted" };

/** What the engine tells about one scope, and asks of it. */
export interface ScopeObserver {
  /** Called in the moment it happens. */
  event(event: EngineEvent): void;
  /** Does the work of a Task state. `input` is what its Parameters make. */
  task(name: string, input: unknown): Promise<unknown>;
  /** Token of the Task that is being entered; read while its Parameters are made. */
  token(): string;
  /** Milliseconds that a Wait state takes, or undefined: what the definition says. */
  wait(name: string): number | undefined;
  /**
   * A scope inside this one begins: iteration `index` of a Map, or a branch of a Parallel.
   * @throws Stopped when it must not begin any more.
   */
  open(index: number, input: unknown): ScopeObserver;
}

/** Ends a scope whatever its Retry and Catch say: the engine reads the two fields. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly isRetryable = false;
  readonly isCatchable = false;
}

const observerKey = Symbol("observer");

interface RunOptions {
  /** Of the scope around; that of the whole run until it has begun. */
  [observerKey]?: { observer: ScopeObserver; begun: boolean };
  context?: object;
  overrides?: object;
}
interface ExecuteOptions {
  runOptions?: RunOptions;
  abortSignal: AbortSignal;
  eventLogger: { dispatch(event: { type: string }): void };
}
type Execute = (
  this: { definition: Definition },
  input: unknown,
  options: ExecuteOptions,
  cleanUp: () => void,
) => Promise<unknown>;

const engine = StateMachine.prototype as unknown as { execute: Execute };
const execute = engine.execute;
if (typeof execute !== "function" || execute.length !== 3) {
  throw new Error("aws-local-stepfunctions is not the version 3.0.0 that this layer is made for");
}
/** How many iterations a Map visit has begun: the engine makes one machine a visit, and begins them in order. */
const iterations = new WeakMap<object, number>();

engine.execute = function (input, options, cleanUp) {
  const around = options.runOptions?.[observerKey];
  if (!around) return execute.call(this, input, options, cleanUp);
  let observer = around.observer;
  if (around.begun) {
    const index = iterations.get(this) ?? 0;
    iterations.set(this, index + 1);
    try {
      if (options.abortSignal.aborted) throw new Stopped("The execution has ended.");
      observer = around.observer.open(index, input);
    } catch (stopped) {
      cleanUp();
      return Promise.reject(stopped);
    }
  }
  // Nothing reaches the log: what observers got must not be forwarded to the scope around.
  options.eventLogger.dispatch = (event) => {
    if (observed.has(event.type)) observer.event(event as EngineEvent);
  };
  const runOptions = {
    ...options.runOptions,
    [observerKey]: { observer, begun: true },
    context: contextFor(options.runOptions?.context, observer),
    overrides: overridesFor(this.definition, observer),
  };
  return execute.call(this, input, { ...options, runOptions }, cleanUp);
};

const observed = new Set<string>([
  "StateEntered",
  "StateExited",
  "StateFailed",
  "StateRetried",
  "StateCaught",
  "ExecutionSucceeded",
  "ExecutionFailed",
  "ExecutionAborted",
] satisfies EngineEvent["type"][]);

/** The token is a getter on `Token`: the engine copies the context of a scope, but not the objects in it. */
function contextFor(context: object | undefined, observer: ScopeObserver): object {
  const task = {
    get Token() {
      return observer.token();
    },
  };
  return { ...context, Task: task };
}

/** Every Task of the scope goes to the observer, so none can reach a real Lambda. */
function overridesFor(definition: Definition, observer: ScopeObserver): object {
  const taskResourceLocalHandlers: Record<string, (input: unknown) => Promise<unknown>> = {};
  const waitTimeOverrides: Record<string, number | undefined> = {};
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type === "Task")
      taskResourceLocalHandlers[name] = async (input) => await observer.task(name, input);
    if (state.Type === "Wait") {
      Object.defineProperty(waitTimeOverrides, name, { get: () => observer.wait(name), enumerable: true });
    }
  }
  return { taskResourceLocalHandlers, waitTimeOverrides };
}

/**
 * Interprets a definition until it ends; the end is told to the observer.
 * @returns a function that stops it: no further event comes.
 */
export function interpret(
  definition: Definition,
  input: unknown,
  context: { Execution: object; StateMachine: object },
  observer: ScopeObserver,
): () => void {
  const machine = new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  const options: RunOptions = { [observerKey]: { observer, begun: false }, context };
  const run = machine.run(input as never, { ...options, noThrowOnAbort: true } as never);
  run.result.catch(() => undefined);
  return run.abort;
}
