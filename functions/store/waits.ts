import { ServiceUnavailable } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import {
  absent,
  type Condition,
  expiry,
  type Key,
  readAllBodies,
  readBody,
  write,
  writeFirst,
  writeIf,
} from "./items.ts";
import { type Store, store as sharedStore } from "./table.ts";
import {
  claimed,
  delivered,
  givenUp,
  isFor,
  nextSignal,
  type ResumedWith,
  registered,
  type Signal,
  sameSignal,
  secondsWaited,
  sentAgain,
  tokenDied,
  type Wait,
  type WaitRequest,
} from "./wait-states.ts";

export { type After, type ResumedWith, type Signal, satisfies, type WaitRequest } from "./wait-states.ts";

/**
 * Waits and signals: what everything rests on. A state that waits **registers** its task token with the keys that it
 * waits for; what comes from outside is stored as a **signal** under its key.
 *
 * Both sides write first and look afterwards, with consistent reads; so at least one of them sees the other:
 *
 *     register   write pointer, wait ─┬────────────► read signals            sees s: it was written before the look
 *     signal                 write s ─┼─► …
 *     signal                          └─► write s ─► read pointers, wait     sees the wait: it was written before s
 *
 * Both may see each other. Then both claim the wait for a signal, by a write that is conditional on the version that
 * they read, so one of them wins, and the other one looks again:
 *
 *     A   claim: waiting(t) → resuming(s, t) ──► SendTaskSuccess(t) ──► resuming(s, t) → done(s)
 *     B   claim: fails ─► look again: resuming(s, t): A may have died ─► mark, SendTaskSuccess(t) again
 *
 * - Step Functions takes a token once, so of several sends one is taken, and whoever sent that one notes `done`.
 * - Whoever claimed it and finds the token dead goes back to waiting without a token, unless somebody sent it again
 *   (the mark): then one of the two may have got through, the other's "dead" proves nothing, and the wait stays
 *   `resuming` until a sender who got through says `done`, or the next register brings a new token for the signal.
 * - Death between the claim and the send: the next register or signal (of any key, new or seen) sends again.
 * - Death between the send and `done`: the state has gone on, and the wait does not know. The resumed step tells it by
 *   `acknowledge`. Without that, the next round would be resumed with the same signal once more.
 */
export interface Waits {
  /**
   * Registers a wait, and resumes it at once if a signal is there already.
   * @returns `resumed`: the token is used, there is nothing more to do. `waiting`: now ask the source once. `deadline`
   * is the one that holds, from the first register of the round.
   */
  register(
    request: WaitRequest,
  ): Promise<{ status: "waiting" | "resumed"; deadline: string | null; firstRegisteredAt: string }>;
  /**
   * Stores a signal and resumes who waits for it. The same key and id twice is one signal, but waits are looked at
   * each time. A `recheck` is what a step found at the source now, so it also resumes with a signal that was used.
   * @returns `stored`: false if it was seen before; `resumed`: ids of the waits.
   * @throws what `resume` throws, after looking at every wait: send the signal again then.
   */
  signal(signal: NewSignal): Promise<{ stored: boolean; resumed: string[] }>;
  /** The step after a wait says first what it was resumed with: see "Death between the send and `done`". */
  acknowledge(id: string, resumedWith: Pick<ResumedWith, "key" | "id">): Promise<void>;
  /** A step whose deadline passed ends the round: the next register, after a person's retry, sets a new deadline. */
  giveUp(id: string, token: string): Promise<void>;
  get(id: string): Promise<WaitRecord | null>;
  /** In the order of their first registers. */
  waitsOf(run: string): Promise<WaitRecord[]>;
}

export type NewSignal = Omit<Signal, "receivedAt"> & { receivedAt?: string };

/** A wait as people see it: without its token. */
export interface WaitRecord extends Pick<Wait, "id" | "run" | "keys" | "status" | "firstRegisteredAt"> {
  /** Null where the wait has none, or its round was given up. */
  deadline: string | null;
  /** What resumed it last, or is about to. */
  signal: Signal | null;
  resumedAt: string | null;
  /** What the last round ended by: a signal from outside, or the step's own question to the source. */
  resumedBy: Signal["origin"] | null;
  /** Seconds waited in all rounds, the present one included. */
  seconds: number;
}

export interface WaitsOptions {
  /** SendTaskSuccess. `dead`: the token is unknown, timed out, or was used already. Throws when it is not known. */
  resume: (token: string, output: ResumedWith) => Promise<"resumed" | "dead">;
  store?: Store;
  now?: () => Date;
}

interface Settled {
  wait: Wait | null;
  /** By us. */
  resumed: boolean;
}

const waitKey = (id: string): Key => ({ pk: `wait#${id}`, sk: "wait" });
const keyPointer = (key: string, id: string): Key => ({ pk: `key#${key}`, sk: `wait#${id}` });
const runPointer = (run: string, id: string): Key => ({ pk: `run#${run}`, sk: `wait#${id}` });
const signalKey = (key: string, id: string): Key => ({ pk: `key#${key}`, sk: `signal#${id}` });

const unchangedSince = (wait: Wait): Condition => ({
  expression: "body.#version = :version",
  names: { "#version": "version" },
  values: { ":version": wait.version },
});

/** Each time that somebody else's write came first, that one got further; so this is never reached without a fault. */
const mostAttempts = 50;

export function createWaits({ resume, store = sharedStore(), now = () => new Date() }: WaitsOptions): Waits {
  const time = () => now().toISOString();
  const read = async (id: string) => await readBody<Wait>(store, waitKey(id));

  /** @returns whether `next` was written: nobody changed the wait since `previous` was read. */
  async function replace(previous: Wait | null, next: Wait): Promise<boolean> {
    const condition = previous ? unchangedSince(previous) : absent;
    const attributes = { body: next, expiresAt: expiry("run", now()) };
    return await writeIf(store, condition, waitKey(next.id), attributes);
  }

  /** Writes the wait that `next` derives from the present one, which it may return null to leave as it is. */
  async function change(id: string, next: (wait: Wait | null) => Wait | null): Promise<Wait | null> {
    return await attempts(id, async () => {
      const previous = await read(id);
      const wait = next(previous);
      if (!wait) return { result: null };
      return (await replace(previous, wait)) ? { result: wait } : undefined;
    });
  }

  /** Looks at a wait, and resumes it if a signal is there. `vouched` is one that its source confirms now. */
  async function settle(id: string, vouched?: Signal): Promise<Settled> {
    return await attempts<Settled>(id, async () => {
      const wait = await read(id);
      if (wait?.status === "waiting" && wait.token) {
        const signals = await Promise.all(
          wait.keys.map((key) => readAllBodies<Signal>(store, `key#${key}`, signalKey(key, "").sk)),
        );
        const confirmed = vouched && isFor(wait, vouched) ? vouched : undefined;
        const signal = nextSignal(wait, signals.flat()) ?? confirmed;
        if (!signal) return { result: { wait, resumed: false } };
        const mine = claimed(wait, signal);
        if (!(await replace(wait, mine))) return undefined;
        return { result: { wait: mine, resumed: await send(mine) } };
      }
      if (wait?.status === "resuming") {
        const marked = wait.sentAgain ? wait : sentAgain(wait);
        if (!wait.sentAgain && !(await replace(wait, marked))) return undefined;
        return { result: { wait: marked, resumed: await send(marked) } };
      }
      return { result: { wait, resumed: false } };
    });
  }

  /** Sends the signal of a resuming wait to its token. */
  async function send(wait: Wait): Promise<boolean> {
    const { token, signal } = wait;
    if (token === null || !signal) return false;
    const { key, id, origin } = signal;
    const outcome = await resume(token, { key, id, origin });
    log(`wait.${outcome}`, { wait: wait.id, key, signal: id, origin });
    if (outcome === "resumed") {
      await finish(wait.id, (present) => present.token === token && sameSignal(present.signal, signal));
      return true;
    }
    // When this write fails, somebody sent it again or registered anew, and goes on from there.
    if (!wait.sentAgain) await replace(wait, tokenDied(wait));
    return false;
  }

  /** resuming → done, if it is still that. */
  async function finish(id: string, isIt: (wait: Wait) => boolean): Promise<void> {
    await change(id, (wait) => {
      if (wait?.status !== "resuming" || !wait.signal || !isIt(wait)) return null;
      return delivered({ ...wait, signal: wait.signal }, time());
    });
  }

  function record(wait: Wait): WaitRecord {
    const { id, run, keys, status, firstRegisteredAt, deadline, signal, resumedAt, resumedBy } = wait;
    const seconds = secondsWaited(wait, time());
    return { id, run, keys, status, firstRegisteredAt, deadline, signal, resumedAt, resumedBy, seconds };
  }

  return {
    async register(request) {
      const { id, run, keys, token } = request;
      // Pointers first: a wait that is in the store is found.
      const pointer = { body: id, expiresAt: expiry("run", now()) };
      await Promise.all(
        [runPointer(run, id), ...keys.map((key) => keyPointer(key, id))].map((key) =>
          write(store, key, pointer),
        ),
      );
      const mine = await change(id, (wait) => registered(wait, request, time()));
      // A resuming wait with a token that nobody else has sent to yet: the claim is ours now.
      const { wait, resumed } =
        mine?.status === "resuming" ? { wait: mine, resumed: await send(mine) } : await settle(id);
      const { deadline, firstRegisteredAt } = wait ?? { deadline: null, firstRegisteredAt: time() };
      const done = resumed || (wait?.status === "done" && wait.token === token);
      return { status: done ? "resumed" : "waiting", deadline, firstRegisteredAt };
    },

    async signal({ receivedAt = time(), ...given }) {
      const signal: Signal = { ...given, receivedAt };
      const attributes = { body: signal, expiresAt: expiry("signal", now()) };
      const { first } = await writeFirst(store, signalKey(signal.key, signal.id), attributes);
      const ids = await readAllBodies<string>(store, `key#${signal.key}`, keyPointer(signal.key, "").sk);
      const vouched = signal.origin === "recheck" ? signal : undefined;
      const outcomes = await Promise.allSettled(ids.map((id) => settle(id, vouched)));
      const failed = outcomes.find((each) => each.status === "rejected");
      if (failed) throw failed.reason;
      const resumed = ids.filter((_, index) => {
        const outcome = outcomes[index];
        return outcome?.status === "fulfilled" && outcome.value.resumed;
      });
      return { stored: first, resumed };
    },

    async acknowledge(id, resumedWith) {
      await finish(id, (wait) => sameSignal(wait.signal, resumedWith));
    },

    async giveUp(id, token) {
      await change(id, (wait) =>
        wait?.status === "waiting" && wait.token === token ? givenUp(wait, time()) : null,
      );
    },

    async get(id) {
      const wait = await read(id);
      return wait && record(wait);
    },

    async waitsOf(run) {
      const ids = await readAllBodies<string>(store, `run#${run}`, runPointer(run, "").sk);
      const waits = await Promise.all(ids.map(read));
      return waits
        .flatMap((wait) => (wait ? [record(wait)] : []))
        .sort((one, other) => one.firstRegisteredAt.localeCompare(other.firstRegisteredAt));
    },
  };
}

/** Tries until `attempt` returns a result; undefined means that somebody else's write came first. */
async function attempts<T>(id: string, attempt: () => Promise<{ result: T } | undefined>): Promise<T> {
  for (let count = 0; count < mostAttempts; count += 1) {
    const ended = await attempt();
    if (ended) return ended.result;
  }
  throw new ServiceUnavailable(`The wait ${id} changed ${mostAttempts} times while it was read: try again.`);
}
