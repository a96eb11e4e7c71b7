import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextRound } from "node:timers/promises";
import type { Turn } from "./wait-world.ts";

/** So many steps of one actor in a row, as long as it has any. */
export interface Burst {
  actor: number;
  steps: number;
}

interface Pending {
  actor: number;
  start: () => Promise<void>;
}

/**
 * Interleaves actors step by step, as told. A step (a read, a write, a send) happens alone, so an order can be repeated.
 *
 * Orders are bursts, and not a free choice at every step as fast-check's scheduler makes it: a signal is lost where one
 * actor stops at the wrong place while another one goes all its way, which free choices hardly ever do.
 */
export class Turns {
  readonly #current = new AsyncLocalStorage<number>();
  readonly #bursts: Burst[];
  readonly #pending: Pending[] = [];

  constructor(bursts: Burst[]) {
    this.#bursts = bursts.map((each) => ({ ...each }));
  }

  /** Every step of an actor asks for its turn. */
  readonly turn: Turn = <T>(task: () => Promise<T>) => {
    const actor = this.#current.getStore() ?? 0;
    return new Promise<T>((resolve, reject) => {
      const start = async () => {
        try {
          resolve(await task());
        } catch (thrown) {
          reject(thrown);
        }
      };
      this.#pending.push({ actor, start });
    });
  };

  /** Lets the actors take turns until all have ended; they are numbered in this order. */
  async run(actors: (() => Promise<unknown>)[]): Promise<void> {
    let ended = false;
    const all = Promise.all(actors.map((work, actor) => this.#current.run(actor, work)));
    const ending = all.finally(() => (ended = true));
    // Seen below; here only so that it is not taken for unhandled.
    ending.catch(() => {});
    for (;;) {
      // Everybody comes to ask for the next turn before somebody gets it.
      await nextRound();
      if (ended) break;
      await this.#next(actors.length)?.start();
    }
    await ending;
  }

  #next(actors: number): Pending | undefined {
    for (let burst = this.#bursts[0]; burst; burst = this.#bursts[0]) {
      const actor = burst.actor % actors;
      const index = this.#pending.findIndex((each) => each.actor === actor);
      burst.steps -= 1;
      if (burst.steps <= 0 || index < 0) this.#bursts.shift();
      if (index >= 0) return this.#pending.splice(index, 1)[0];
    }
    return this.#pending.shift();
  }
}
