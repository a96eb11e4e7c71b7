import type { Pin, Quarantined } from "../domain/rollback.ts";
import { lazy } from "../runtime/lazy.ts";
import { present, readAllBodies, readBody, removeIf, write } from "./items.ts";
import { createRuns } from "./runs.ts";
import { type Store, store } from "./table.ts";

/** What the images of a repository, as last built for production, were made of. */
export interface Built {
  /** The repository's own commit. */
  commit: string;
  /** Repository → its stable commit at that time, for each that goes into the images. */
  dependencies: Record<string, string>;
  /** The run that saw it built. */
  run: string;
}

/** What outlives a run. */
export interface Ledger {
  /** Null: never built by us, so nothing is known. */
  built(repository: string): Promise<Built | null>;
  setBuilt(repository: string, built: Built): Promise<void>;
  /** Minutes from approval to end of the last finished runs, newest first. */
  durations(): Promise<number[]>;
  /** Streams that a rollback left at a digest, by name. */
  pins(): Promise<Pin[]>;
  setPin(pin: Pin): Promise<void>;
  /** Nothing happens where there is none. */
  removePin(stream: string): Promise<void>;
  /** Digests that were rolled back: neither imported again nor deleted. */
  quarantine(): Promise<Quarantined[]>;
  setQuarantined(entry: Quarantined): Promise<void>;
  /** @returns false: it was not in quarantine. */
  clearQuarantined(digest: string): Promise<boolean>;
}

const builtKey = (repository: string) => ({ pk: `ledger#built/${repository}`, sk: "ledger" });

const pins = "ledger#pins";
const quarantine = "ledger#quarantine";

/** So many earlier runs tell how long the next one takes, out of so many that we look at. */
const durationsFrom = { runs: 10, lookedAt: 40 };

export function createLedger(table: Store): Ledger {
  return {
    built: async (repository) => await readBody<Built>(table, builtKey(repository)),
    setBuilt: async (repository, built) => await write(table, builtKey(repository), { body: built }),
    async durations() {
      const minutes: number[] = [];
      for (const run of await createRuns(table).list(durationsFrom.lookedAt)) {
        if (run.status !== "finished" || !run.approvedAt || !run.endedAt) continue;
        minutes.push((Date.parse(run.endedAt) - Date.parse(run.approvedAt)) / 60_000);
      }
      return minutes.slice(0, durationsFrom.runs);
    },
    pins: async () => await readAllBodies<Pin>(table, pins, "stream#"),
    setPin: async (pin) => await write(table, { pk: pins, sk: `stream#${pin.stream}` }, { body: pin }),
    async removePin(stream) {
      await removeIf(table, present, { pk: pins, sk: `stream#${stream}` });
    },
    quarantine: async () => await readAllBodies<Quarantined>(table, quarantine, "digest#"),
    setQuarantined: async (entry) =>
      await write(table, { pk: quarantine, sk: `digest#${entry.digest}` }, { body: entry }),
    clearQuarantined: async (digest) =>
      await removeIf(table, present, { pk: quarantine, sk: `digest#${digest}` }),
  };
}

export const ledger = lazy((): Ledger => createLedger(store()));
