import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { Store } from "../../../functions/store/table.ts";
import {
  type After,
  createWaits,
  type NewSignal,
  type ResumedWith,
  satisfies,
  type Waits,
} from "../../../functions/store/waits.ts";

/** A process that handles one register or one signal, and may die on the way. */
interface Process {
  /** Dies right after so many writes and sends. Null: lives. */
  stepsLeft: number | null;
  dead: boolean;
}

export class ProcessDied extends Error {}

/** Runs a task whenever the order that is tried says so. */
export type Turn = <T>(task: () => Promise<T>) => Promise<T>;

const processes = new AsyncLocalStorage<{ process: Process; turn: Turn }>();

/**
 * Puts the hooks of the tests on a real connection: every read and write waits for its turn, and a process may die after
 * each write. Call once per connection.
 */
export function hookInto({ doc }: Store): void {
  doc.middlewareStack.add(
    (next) => async (args) => {
      // What a command is, is seen best by its input: the document client wraps the commands themselves.
      const input = args.input as object;
      const writes = "Item" in input || "UpdateExpression" in input;
      return await asStep(writes, () => next(args));
    },
    { step: "initialize", priority: "low", name: "testHooks" },
  );
}

async function asStep<T>(counts: boolean, task: () => Promise<T>): Promise<T> {
  const context = processes.getStore();
  if (!context) return await task();
  const { process, turn } = context;
  if (process.dead) throw new ProcessDied();
  const result = await turn(async () => {
    if (process.stepsLeft === 0) process.dead = true;
    if (process.dead) throw new ProcessDied();
    return await task();
  });
  if (counts && process.stepsLeft !== null) {
    process.stepsLeft -= 1;
    if (process.stepsLeft <= 0) {
      process.dead = true;
      throw new ProcessDied();
    }
  }
  return result;
}

/** What one wait of the world is: the same in every round. */
export interface WaitSpec {
  name: string;
  keys: string[];
  after: After;
}

export interface Resumed {
  wait: string;
  token: string;
  with: ResumedWith;
}

/**
 * Waits over a real table, and what is around them: tokens that Step Functions takes once while their state lives, a
 * flow that enters a state again and acknowledges what resumed it, and the record of what happened.
 */
export class WaitWorld {
  readonly run = randomUUID();
  readonly resumed: Resumed[] = [];
  /** Signals that are in the store, in the order in which they came. */
  readonly stored: NewSignal[] = [];
  readonly #waits: Waits;
  readonly #turn: Turn;
  /** Tokens of states that live now, with their wait. */
  readonly #live = new Map<string, string>();
  readonly #unacknowledged = new Map<string, ResumedWith>();
  #tokens = 0;
  #clock = Date.parse("2026-11-23T12:00:00Z");

  constructor(store: Store, turn: Turn = (task) => task()) {
    this.#turn = turn;
    this.#waits = createWaits({
      store,
      now: () => new Date(this.#clock),
      resume: async (token, output) => await asStep(true, async () => this.#take(token, output)),
    });
  }

  get waits(): Waits {
    return this.#waits;
  }

  /** The wait's id and keys in the table, which all the worlds of a test file share. */
  id(name: string): string {
    return `${this.run}/${name}`;
  }

  key(name: string): string {
    return `github/run/${this.run}/${name}`;
  }

  #take(token: string, output: ResumedWith): "resumed" | "dead" {
    const wait = this.#live.get(token);
    if (wait === undefined) return "dead";
    this.#live.delete(token);
    this.resumed.push({ wait, token, with: output });
    this.#unacknowledged.set(wait, output);
    return "resumed";
  }

  /** The state's time is up: its token is dead. */
  timeOut(spec: WaitSpec): void {
    for (const [token, wait] of this.#live) if (wait === spec.name) this.#live.delete(token);
  }

  isLive(spec: WaitSpec): boolean {
    return [...this.#live.values()].includes(spec.name);
  }

  /** The state is entered, again if need be. A process that dies fails its state. @returns whether it lived. */
  async enter(spec: WaitSpec, diesAfter: number | null = null): Promise<boolean> {
    this.timeOut(spec);
    this.#tick();
    const resumedWith = this.#unacknowledged.get(spec.name);
    if (resumedWith) {
      await this.process(null, () => this.#waits.acknowledge(this.id(spec.name), resumedWith));
      this.#unacknowledged.delete(spec.name);
    }
    this.#tokens += 1;
    const token = `token ${this.#tokens} of ${spec.name}`;
    this.#live.set(token, spec.name);
    const { name, after } = spec;
    const keys = spec.keys.map((each) => this.key(each));
    const request = { id: this.id(name), run: this.run, keys, after, token };
    const lived = await this.process(diesAfter, async () => await this.#waits.register(request));
    if (!lived) this.#live.delete(token);
    return lived;
  }

  /** Something comes from outside. @returns whether the process that took it lived. */
  async signal(signal: NewSignal, diesAfter: number | null = null): Promise<boolean> {
    this.#tick();
    const given = { receivedAt: new Date(this.#clock).toISOString(), ...signal, key: this.key(signal.key) };
    if (!this.stored.some((each) => each.key === signal.key && each.id === signal.id)) {
      this.stored.push({ ...signal, receivedAt: given.receivedAt });
    }
    return await this.process(diesAfter, async () => await this.#waits.signal(given));
  }

  /** Runs work as a process of its own. */
  async process(diesAfter: number | null, work: () => Promise<unknown>): Promise<boolean> {
    const process: Process = { stepsLeft: diesAfter, dead: false };
    try {
      await processes.run({ process, turn: this.#turn }, work);
      return true;
    } catch (thrown) {
      if (process.dead) return false;
      throw thrown;
    }
  }

  /** Ids of the stored signals that are for this wait. */
  due(spec: WaitSpec): string[] {
    return this.stored
      .filter((each) => spec.keys.includes(each.key))
      .filter((each) =>
        satisfies(spec.after, { ...each, receivedAt: each.receivedAt ?? "", key: this.key(each.key) }),
      )
      .map((each) => each.id);
  }

  /** Ids of the signals that resumed this wait, in order. */
  usedBy(spec: WaitSpec): string[] {
    return this.resumed.filter((each) => each.wait === spec.name).map((each) => each.with.id);
  }

  /** Signals that should have resumed this wait and have not. */
  unused(spec: WaitSpec): string[] {
    const used = this.usedBy(spec);
    return this.due(spec).filter((each) => !used.includes(each));
  }

  /** Enters the state until nothing resumes it any more. */
  async drain(spec: WaitSpec): Promise<void> {
    const most = this.resumed.length + this.stored.length;
    for (let entered = 0; entered <= most; entered += 1) {
      await this.enter(spec);
      if (this.isLive(spec)) return;
    }
    throw new Error(`${spec.name} is resumed again and again: ${this.usedBy(spec).join(", ")}`);
  }

  #tick(): void {
    this.#clock += 1000;
  }
}
