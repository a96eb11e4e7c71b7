import type { Compiled } from "./compile.ts";
import { interpret } from "./engine.ts";
import { after, History, type HistoryEvent } from "./history.ts";
import { Scope, type ScopeResult, type TransitionType } from "./scope.ts";
import type { Invoke, Tokens } from "./task.ts";

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** An execution as it is kept: what the API tells about it, times in milliseconds, data as JSON text. */
export interface ExecutionRecord {
  arn: string;
  name: string;
  stateMachineArn: string;
  status: ExecutionStatus;
  startedAt: number;
  stoppedAt: number | null;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  events: HistoryEvent[];
}

/** A state was entered, left, or went wrong; for a live view. */
export interface Transition {
  execution: { arn: string; name: string };
  type: TransitionType;
  state: string;
  /** In a Map: the repository that the innermost iteration is about, else its number (`#3`). */
  mapItem?: string;
  /** With `failed` and `timedOut`: the error's name. */
  error?: string;
  at: Date;
}

export interface ExecutionWorld {
  stateMachineName: string;
  compiled: Compiled;
  tokens: Tokens;
  region: string;
  invoke: Invoke;
  onTransition(transition: Transition): void;
  onEnded(execution: Execution): void;
}

/** An execution that runs in this process. */
export class Execution {
  readonly record: ExecutionRecord;
  readonly #world: ExecutionWorld;
  readonly #history: History;
  readonly #scope: Scope;
  #abort: () => void = () => undefined;
  #stopTimer: () => void = () => undefined;

  constructor(
    identity: { arn: string; name: string; stateMachineArn: string; input: string },
    world: ExecutionWorld,
  ) {
    this.#world = world;
    this.#history = new History();
    const startedAt = Date.now();
    this.record = {
      ...identity,
      status: "RUNNING",
      startedAt,
      stoppedAt: null,
      output: null,
      error: null,
      cause: null,
      events: this.#history.events,
    };
    this.#scope = new Scope({
      ...world,
      history: this.#history,
      transition: (type, state, mapItem, error) => this.#transition(type, state, mapItem, error),
      ended: (result) => this.#ended(result),
    });
  }

  begin(): void {
    const { arn, name, stateMachineArn, input, startedAt } = this.record;
    const details = { input, inputDetails: { truncated: false }, roleArn };
    this.#history.add("ExecutionStarted", 0, details, startedAt);
    const { definition, timeoutSeconds } = this.#world.compiled;
    if (timeoutSeconds !== null) this.#stopTimer = after(timeoutSeconds, () => this.#timeOut());
    const context = {
      Execution: { Id: arn, Name: name, RoleArn: roleArn },
      StateMachine: { Id: stateMachineArn, Name: this.#world.stateMachineName },
    };
    this.#abort = interpret(definition, JSON.parse(input), context, this.#scope);
    if (this.record.status !== "RUNNING") this.#abort();
  }

  /** StopExecution: kills tokens, clears timers, gives up what is in flight. Nothing happens to one that has ended. */
  stop(error: string | null, cause: string | null): void {
    this.#breakOff("ABORTED", "ExecutionAborted", error, cause);
  }

  /** Stops it without a trace: the process ends, which the next one will notice. */
  abandon(): void {
    this.#stopTimer();
    const { length } = this.#history.events;
    this.#scope.stop();
    this.#history.events.length = length;
    this.#abort();
  }

  #timeOut(): void {
    this.#breakOff("TIMED_OUT", "ExecutionTimedOut", "States.Timeout", null);
  }

  #breakOff(status: ExecutionStatus, event: string, error: string | null, cause: string | null): void {
    if (this.record.status !== "RUNNING") return;
    this.#scope.stop();
    this.#close(status, event, { ...(error ? { error } : {}), ...(cause ? { cause } : {}) });
    Object.assign(this.record, { error, cause });
    this.#abort();
    this.#world.onEnded(this);
  }

  #ended(result: ScopeResult): void {
    if (this.record.status !== "RUNNING") return;
    if ("error" in result) {
      this.#close("FAILED", "ExecutionFailed", result);
      Object.assign(this.record, result);
    } else {
      const output = JSON.stringify(result.output ?? null);
      this.#close("SUCCEEDED", "ExecutionSucceeded", { output, outputDetails: { truncated: false } });
      this.record.output = output;
    }
    this.#world.onEnded(this);
  }

  #close(status: ExecutionStatus, event: string, details: Record<string, unknown>): void {
    this.#stopTimer();
    this.record.status = status;
    this.record.stoppedAt = Date.now();
    this.#history.add(event, this.#scope.last, details, this.record.stoppedAt);
  }

  #transition(type: TransitionType, state: string, mapItem: string | undefined, error?: string): void {
    const { arn, name } = this.record;
    this.#world.onTransition({
      execution: { arn, name },
      type,
      state,
      ...(mapItem === undefined ? {} : { mapItem }),
      ...(error === undefined ? {} : { error }),
      at: new Date(),
    });
  }
}

/** Nothing is checked against it; the API names one. */
export const roleArn = "arn:aws:iam::000000000000:role/stablehand-local";
