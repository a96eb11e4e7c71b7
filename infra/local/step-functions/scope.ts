import { type Compiled, valueAt, waitSeconds } from "./compile.ts";
import type { State } from "./definition.ts";
import { type EngineEvent, type ScopeObserver, Stopped } from "./engine.ts";
import { dataDetails, type History } from "./history.ts";
import { Attempt, type Invoke, type Tokens } from "./task.ts";

export type TransitionType = "entered" | "exited" | "failed" | "retried" | "timedOut";
export type ScopeResult = { output: unknown } | { error: string; cause: string };

/** What the scopes of one execution share. */
export interface ScopeWorld {
  compiled: Compiled;
  history: History;
  tokens: Tokens;
  region: string;
  invoke: Invoke;
  transition(type: TransitionType, state: string, mapItem: string | undefined, error?: string): void;
  /** The outermost scope came to its end by itself. */
  ended(result: ScopeResult): void;
}

/** One visit of a state, through all its attempts. */
interface Visit {
  name: string;
  type: State["Type"];
  input: unknown;
  /** Of a Task. */
  attempt: Attempt | null;
  /** Of a Map or Parallel: the scopes inside, and the event that they follow. */
  inner: Set<Scope>;
  started: number;
  /** The attempt has failed, or a scope inside has: nothing more begins here until it is tried again. */
  failed: boolean;
}

interface Around {
  scope: Scope;
  visit: Visit;
  /** Number of the iteration; null in a branch of a Parallel. */
  index: number | null;
}

/** States whose end by an abort has an event of its own. */
const abortable = new Set<State["Type"]>(["Task", "Wait", "Map", "Parallel"]);

/**
 * The whole execution, an iteration of a Map, or a branch of a Parallel: it is in one state at a time. Writes what
 * happens in it to the history, where each event names the one before it in the same scope.
 */
export class Scope implements ScopeObserver {
  readonly #world: ScopeWorld;
  readonly #around: Around | null;
  readonly #mapItem: string | undefined;
  #last = 0;
  #visit: Visit | null = null;
  #closed = false;

  constructor(world: ScopeWorld, around: Around | null = null, input: unknown = null) {
    this.#world = world;
    this.#around = around;
    if (!around) return;
    this.#last = around.visit.started;
    this.#mapItem = around.scope.#mapItem;
    if (around.index === null) return;
    this.#mapItem = labelOf(input) ?? this.#mapItem ?? `#${around.index}`;
    this.#add("MapIterationStarted", this.#iteration());
  }

  event(event: EngineEvent): void {
    if (this.#closed) return;
    if (event.type === "StateEntered") this.#entered(event.state);
    else if (event.type === "StateExited") this.#exited(event.state);
    else if (event.type === "StateFailed") this.#failed(event.Error);
    else if (event.type === "StateRetried") this.#retried();
    else if (event.type === "ExecutionSucceeded") this.#ended({ output: event.output });
    else if (event.type === "ExecutionFailed") {
      this.#ended({ error: event.Error, cause: textOf(event.Cause) });
    } else if (event.type === "ExecutionAborted") this.stop();
  }

  task(_name: string, input: unknown): Promise<unknown> {
    const attempt = this.#closed ? null : this.#visit?.attempt;
    if (!attempt) return Promise.reject(new Stopped("The execution has ended."));
    return attempt.run(input, this.#world.region, this.#world.invoke);
  }

  token(): string {
    const attempt = this.#closed ? null : this.#visit?.attempt;
    if (!attempt) throw new Stopped("Only a Task that is being entered has a token.");
    return attempt.token;
  }

  wait(name: string): number | undefined {
    const plan = this.#world.compiled.waitPaths.get(name);
    if (!plan) return undefined;
    const seconds = valueAt(plan.path, this.#visit?.input);
    return typeof seconds === "number" && seconds > 0 ? waitSeconds(seconds, plan.speed) * 1000 : undefined;
  }

  open(index: number, input: unknown): ScopeObserver {
    const visit = this.#visit;
    if (this.#closed || !visit || visit.failed) throw new Stopped("A sibling has failed before.");
    const isIteration = visit.type === "Map";
    const inner = new Scope(this.#world, { scope: this, visit, index: isIteration ? index : null }, input);
    visit.inner.add(inner);
    return inner;
  }

  /** Ends it where it is: tokens die, timers and Lambdas in flight are given up, no further event is written. */
  stop(): void {
    if (this.#closed) return;
    const visit = this.#visit;
    if (visit) {
      for (const inner of visit.inner) inner.stop();
      visit.attempt?.stop();
      if (abortable.has(visit.type)) this.#add(`${visit.type}StateAborted`);
    }
    if (this.#around && this.#around.index !== null) this.#add("MapIterationAborted", this.#iteration());
    this.#closed = true;
  }

  #entered({ name, type, input }: { name: string; type: State["Type"]; input: unknown }): void {
    this.#add(`${type}StateEntered`, { name, ...dataDetails("input", input) });
    this.#visit = { name, type, input, attempt: null, inner: new Set(), started: 0, failed: false };
    this.#begin(this.#visit);
    this.#transition("entered");
  }

  #retried(): void {
    if (!this.#visit) return;
    this.#visit.failed = false;
    this.#visit.inner.clear();
    this.#begin(this.#visit);
    this.#transition("retried");
  }

  /** Begins an attempt. */
  #begin(visit: Visit): void {
    const { compiled, tokens } = this.#world;
    const plan = visit.type === "Task" ? compiled.tasks.get(visit.name) : undefined;
    if (plan) visit.attempt = new Attempt(plan, tokens, (type, details) => this.#add(type, details));
    if (visit.type === "Map") this.#add("MapStateStarted", this.#length(visit));
    if (visit.type === "Parallel") this.#add("ParallelStateStarted");
    visit.started = this.#last;
  }

  /** How many items a Map has, where its paths are plain ones. */
  #length({ name, input }: Visit): Record<string, unknown> {
    const state = this.#world.compiled.states.get(name);
    const items = valueAt(state?.ItemsPath, valueAt(state?.InputPath, input));
    return Array.isArray(items) ? { length: items.length } : {};
  }

  #failed(error: string): void {
    const visit = this.#visit;
    if (!visit) return;
    visit.failed = true;
    visit.attempt?.stop();
    for (const inner of visit.inner) inner.stop();
    if (visit.type === "Map" || visit.type === "Parallel") this.#add(`${visit.type}StateFailed`);
    this.#transition(error === "States.Timeout" && visit.type === "Task" ? "timedOut" : "failed", error);
  }

  #exited({ name, type, output }: { name: string; type: State["Type"]; output: unknown }): void {
    const visit = this.#visit;
    if (visit && !visit.failed && (type === "Map" || type === "Parallel")) this.#add(`${type}StateSucceeded`);
    this.#add(`${type}StateExited`, { name, ...dataDetails("output", output) });
    this.#transition("exited");
    this.#visit = null;
  }

  #ended(result: ScopeResult): void {
    const failed = "error" in result;
    if (this.#around) {
      if (this.#around.index !== null) {
        this.#add(failed ? "MapIterationFailed" : "MapIterationSucceeded", this.#iteration());
      }
      this.#around.scope.#innerEnded(this.#around.visit, this.#last, failed);
    }
    this.#closed = true;
    if (!this.#around) this.#world.ended(result);
  }

  /** What comes next here follows the last event of the scope that ended last, or that failed first. */
  #innerEnded(visit: Visit, last: number, failed: boolean): void {
    if (this.#closed || this.#visit !== visit || visit.failed) return;
    this.#last = last;
    visit.failed = failed;
  }

  /** Id of its latest event. */
  get last(): number {
    return this.#last;
  }

  #iteration(): Record<string, unknown> {
    return { name: this.#around?.visit.name, index: this.#around?.index };
  }

  #add(type: string, details?: Record<string, unknown>): void {
    this.#last = this.#world.history.add(type, this.#last, details);
  }

  #transition(type: TransitionType, error?: string): void {
    if (this.#visit) this.#world.transition(type, this.#visit.name, this.#mapItem, error);
  }
}

/** What people call the item of a Map: the repository in it, or the item itself when it is a text. */
export function labelOf(input: unknown): string | undefined {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null) return undefined;
  const { repository, image } = input as { repository?: unknown; image?: unknown };
  return [repository, image].find((each) => typeof each === "string");
}

function textOf(cause: unknown): string {
  return typeof cause === "string" ? cause : (JSON.stringify(cause) ?? "");
}
