import { lazy } from "../runtime/lazy.ts";
import { absent, type Condition, readBody, removeIf, writeIf } from "./items.ts";
import { type Store, store } from "./table.ts";

/** Which run owns the deployment. */
export interface LockHolder {
  run: string;
  /** ARN of its execution: whoever finds the lock taken asks whether that one still runs. */
  execution: string;
  /** ISO 8601. */
  takenAt: string;
}

export type LockAttempt = { taken: true } | { taken: false; holder: LockHolder };
type Taker = Pick<LockHolder, "run" | "execution">;

/**
 * One run at a time may change production. The lock has no time limit: a run may wait for people for hours. A run that
 * died is found by its execution, and its lock is taken over.
 */
export interface Lock {
  /** Takes it if it is free; a run that has it already gets it again. */
  take(taker: Taker): Promise<LockAttempt>;
  /** Takes it from `from`, unless somebody else did so first. Free meanwhile is fine too. */
  takeOver(taker: Taker & { from: Taker }): Promise<LockAttempt>;
  owns(run: string): Promise<boolean>;
  /** @returns false when the run did not own it: then nothing was changed. */
  release(run: string): Promise<boolean>;
  holder(): Promise<LockHolder | null>;
}

const key = { pk: "lock", sk: "lock" };

const heldBy = (run: string): Condition => ({ expression: "body.#run = :run", ...value("run", run) });

const freeOrHeldBy = (run: string): Condition => {
  const own = heldBy(run);
  return { ...own, expression: `${absent.expression} or ${own.expression}` };
};

const freeOrHeldByOr = (run: string, other: Taker): Condition => {
  const own = freeOrHeldBy(run);
  return {
    expression: `${own.expression} or (body.#run = :other and body.#execution = :execution)`,
    names: { ...own.names, "#execution": "execution" },
    values: { ...own.values, ":other": other.run, ":execution": other.execution },
  };
};

function value(name: string, text: string) {
  return { names: { [`#${name}`]: name }, values: { [`:${name}`]: text } };
}

export function createLock(table: Store, now: () => Date = () => new Date()): Lock {
  async function put(condition: Condition, { run, execution }: Taker): Promise<LockAttempt> {
    for (;;) {
      const body: LockHolder = { run, execution, takenAt: now().toISOString() };
      if (await writeIf(table, condition, key, { body })) return { taken: true };
      const holder = await lock.holder();
      // Released between the two: free for us again.
      if (holder) return { taken: false, holder };
    }
  }

  const lock: Lock = {
    take: async (taker) => await put(freeOrHeldBy(taker.run), taker),
    takeOver: async ({ from, ...taker }) => await put(freeOrHeldByOr(taker.run, from), taker),
    owns: async (run) => (await lock.holder())?.run === run,
    release: async (run) => await removeIf(table, heldBy(run), key),
    holder: async () => await readBody<LockHolder>(table, key),
  };
  return lock;
}

export const lock = lazy((): Lock => createLock(store()));
