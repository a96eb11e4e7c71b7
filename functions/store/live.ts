import { lazy } from "../runtime/lazy.ts";
import { type Condition, expiry, type Key, patch, readFlat } from "./items.ts";
import { type Store, store } from "./table.ts";

/**
 * What is known of the one message of a run that is updated in place. Many Lambdas work on a run at once, so:
 *
 *     mark ──► take (a lease: one at a time) ──► read the run, render, update ──► release, if no newer mark came
 *
 * Who does not get the lease leaves: whoever has it sees the newer mark at its release, and renders again. So the last
 * update is made from what was read after the last mark, and no older one comes after it. Whoever dies with the lease
 * holds it until it expires.
 */
export interface LiveRecord {
  /** Where the message stands; undefined: it was not posted yet. */
  channel?: string;
  ts?: string;
  /** The state of the top level that the run is in, and since when (ISO 8601). */
  phase?: string;
  since?: string;
  /** Digest of the message that stands there. */
  shown?: string;
  mark?: string;
  holder?: string;
  /** ISO 8601; the lease is free after it. */
  until?: string;
  /** ISO 8601: Slack is left alone until then. */
  notBefore?: string;
  /** Minute (ISO 8601, without seconds) and how many updates it has seen. */
  minute?: string;
  updates?: number;
}

export interface Live {
  get(run: string): Promise<LiveRecord | null>;
  /** The run is in this phase now; the same phase again leaves its beginning as it is. */
  enter(run: string, phase: string, at: string): Promise<void>;
  /** There is something new to show. @param mark any text that no other mark has. */
  mark(run: string, mark: string): Promise<void>;
  /** Takes the lease, or keeps it. @returns the record as it is then; null: somebody else has it. */
  take(run: string, holder: string, now: string, until: string): Promise<LiveRecord | null>;
  save(
    run: string,
    changes: Omit<LiveRecord, "mark" | "holder" | "until" | "phase" | "since">,
  ): Promise<void>;
  /**
   * Gives the lease back.
   * @param mark the one that was shown; null: whatever came since.
   * @returns false: a newer mark came, and the lease is kept; or it was lost.
   */
  release(run: string, holder: string, mark: string | null): Promise<boolean>;
}

const liveKey = (run: string): Key => ({ pk: `run#${run}`, sk: "live" });

export function createLive(table: Store, now: () => Date = () => new Date()): Live {
  const change = async (run: string, changes: Partial<LiveRecord>, condition?: Condition) => {
    const attributes = { ...changes, expiresAt: expiry("run", now()) };
    return await patch<LiveRecord>(table, liveKey(run), attributes, { condition });
  };
  return {
    get: async (run) => await readFlat<LiveRecord>(table, liveKey(run)),
    async enter(run, phase, at) {
      const another: Condition = {
        expression: "attribute_not_exists(#phase) or #phase <> :phase",
        names: { "#phase": "phase" },
        values: { ":phase": phase },
      };
      await change(run, { phase, since: at }, another);
    },
    async mark(run, mark) {
      await change(run, { mark });
    },
    take: async (run, holder, at, until) =>
      await change(
        run,
        { holder, until },
        {
          expression: "attribute_not_exists(#until) or #until < :at or #holder = :holder",
          names: { "#until": "until", "#holder": "holder" },
          values: { ":at": at, ":holder": holder },
        },
      ),
    async save(run, changes) {
      await change(run, changes);
    },
    async release(run, holder, mark) {
      const ours = "#holder = :holder";
      const released = await change(
        run,
        { until: "" },
        mark === null
          ? { expression: ours, names: { "#holder": "holder" }, values: { ":holder": holder } }
          : {
              expression: `${ours} and #mark = :mark`,
              names: { "#holder": "holder", "#mark": "mark" },
              values: { ":holder": holder, ":mark": mark },
            },
      );
      return released !== null;
    },
  };
}

export const live = lazy((): Live => createLive(store()));
