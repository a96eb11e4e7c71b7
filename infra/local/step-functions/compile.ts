import { type Definition, type State, statesOf } from "./definition.ts";
import { resources } from "./subset.ts";

/** How much faster than life things go. */
export interface Speeds {
  /** For machines: timeouts of waiting Tasks, Wait states' Seconds, Retry intervals are divided by it. */
  speed: number;
  /** States that wait for people: these go by `peopleSpeed`. */
  peopleStates: ReadonlySet<string>;
  peopleSpeed: number;
  /** States whose wait no signal ends, only their being entered again. */
  askingStates: ReadonlySet<string>;
}

/** What this layer knows about a Task state, and the engine need not. */
export interface TaskPlan {
  functionName: string;
  resource: string;
  /** Waits for SendTaskSuccess or SendTaskFailure. */
  waits: boolean;
  /** Compressed; null: no limit. */
  timeoutSeconds: number | null;
  /** That is shorter than in life. */
  compressed: boolean;
}

export interface Compiled {
  /** For the engine: without timeouts (this layer has the timers), compressed waits and retries. */
  definition: Definition;
  /** All its states, by name. */
  states: Map<string, State>;
  tasks: Map<string, TaskPlan>;
  /** Wait states whose seconds stand in their input, with what these are divided by. */
  waitPaths: Map<string, { path: string; speed: number }>;
  timeoutSeconds: number | null;
}

/** Of a waiting Task that asks again, seconds: its Lambda works at its usual pace. */
const leastAsking = 0.75;
/** Where a signal ends the wait, there is no haste. Where the world runs very fast, it is entered more often. */
const leastTimeout = (speed: number) => Math.min(3, Math.max(leastAsking, 3000 / speed));
const leastWait = 0.2;
const leastRetry = 0.05;
/** `setTimeout` takes no more: 24 days. The engine gives a Task without a timeout 60 s. */
export const longestSeconds = 2_147_483;

/** Divides, but not below a floor, unless life itself is below it. */
function compress(seconds: number, speed: number, floor: number): number {
  return Math.min(seconds, Math.max(seconds / speed, floor));
}

/** The seconds of a Wait state, compressed. */
export function waitSeconds(seconds: number, speed: number): number {
  return compress(seconds, speed, leastWait);
}

/** Cuts a definition into what the engine interprets and what this layer does itself. The argument stays as it is. */
export function compile(source: Definition, speeds: Speeds): Compiled {
  const definition = structuredClone(source);
  const timeoutSeconds = definition.TimeoutSeconds ?? null;
  delete definition.TimeoutSeconds;
  const states = new Map(statesOf(definition));
  const compiled: Compiled = { definition, states, tasks: new Map(), waitPaths: new Map(), timeoutSeconds };
  for (const [name, state] of states) {
    const speed = speeds.peopleStates.has(name) ? speeds.peopleSpeed : speeds.speed;
    const least = speeds.askingStates.has(name) ? leastAsking : leastTimeout(speed);
    if (state.Type === "Task") compileTask(name, state, { speed, least }, compiled);
    if (state.Type === "Wait") compileWait(name, state, speed, compiled);
    for (const retrier of state.Retry ?? []) {
      retrier.IntervalSeconds = compress(retrier.IntervalSeconds ?? 1, speeds.speed, leastRetry);
      if (retrier.MaxDelaySeconds !== undefined) {
        retrier.MaxDelaySeconds = compress(retrier.MaxDelaySeconds, speeds.speed, leastRetry);
      }
    }
  }
  return compiled;
}

function compileTask(
  name: string,
  state: State,
  { speed, least }: { speed: number; least: number },
  compiled: Compiled,
): void {
  const { resource, waits } = resources[state.Resource as keyof typeof resources];
  const { FunctionName } = state.Parameters as { FunctionName: string };
  const limit = state.TimeoutSeconds ?? null;
  const timeoutSeconds = limit !== null && waits ? compress(limit, speed, least) : limit;
  compiled.tasks.set(name, {
    functionName: FunctionName,
    resource,
    waits,
    timeoutSeconds,
    compressed: timeoutSeconds !== limit,
  });
  state.TimeoutSeconds = longestSeconds;
}

function compileWait(name: string, state: State, speed: number, compiled: Compiled): void {
  if (state.Seconds) state.Seconds = Math.min(waitSeconds(state.Seconds, speed), longestSeconds);
  if (state.SecondsPath) compiled.waitPaths.set(name, { path: state.SecondsPath, speed });
}

/** The value at a reference path (`$.a.b[0]`); undefined where there is none, or the path is of another kind. */
export function valueAt(path: string | null | undefined, input: unknown): unknown {
  if (path === undefined || path === "$") return input;
  if (path === null || !/^\$(\.[\w-]+|\[\d+\])+$/.test(path)) return undefined;
  let value = input;
  for (const [, key = ""] of path.matchAll(/[.[]([\w-]+)\]?/g)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
