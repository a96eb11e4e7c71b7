import type { Pin, Quarantined } from "../domain/rollback.ts";
import { ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import {
  absent,
  type Condition,
  present,
  readAllBodies,
  readBody,
  removeIf,
  write,
  writeIf,
} from "./items.ts";
import { createRuns, deploys } from "./runs.ts";
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

/** The Kubernetes objects as they were last applied. */
export interface AppliedObjects {
  /** Of the repository that they live in. */
  commit: string;
  /** The vault's changelog when that was approved; null: it was not read. */
  vault: { digest: string; lines: number } | null;
  run: string;
  /** ISO 8601. */
  at: string;
}

/** What posts have told, and which ones are on their way. */
export interface Told {
  /** Last day that a published post tells of, an ISO date; null: there was none yet. */
  till: string | null;
  /** Repository → time of the newest change that a published post looked at, ISO 8601. */
  through: Record<string, string>;
  /** Keys of the changes that published posts looked at, told or not, the last ones: a person had decided about each. */
  seen: string[];
  /** Branches of posts that are neither published nor dropped. */
  open: string[];
}

/** What outlives a run. */
export interface Ledger {
  /** Null: never built by us, so nothing is known. */
  built(repository: string): Promise<Built | null>;
  setBuilt(repository: string, built: Built): Promise<void>;
  /** The newest deployment that reached the import of its images; null: none did yet. `at`: ISO 8601. */
  lastDeployment(): Promise<{ run: string; at: string } | null>;
  setLastDeployment(deployment: { run: string; at: string }): Promise<void>;
  /** Null: never applied by us, so nothing is known. */
  appliedObjects(): Promise<AppliedObjects | null>;
  setAppliedObjects(applied: AppliedObjects): Promise<void>;
  /** Minutes from approval to end of the last finished runs, newest first. */
  durations(): Promise<number[]>;
  told(): Promise<Told>;
  /** Changes that by what `change` makes of it; called again when somebody else wrote in between. */
  changeTold(change: (told: Told) => Told): Promise<Told>;
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

const toldKey = { pk: "ledger#told", sk: "ledger" };
const nothingTold: Told = { till: null, through: {}, seen: [], open: [] };
/** Far more than what three months bring; the times in `through` keep older ones out. */
const mostSeen = 3000;
const mostAttempts = 20;

const builtKey = (repository: string) => ({ pk: `ledger#built/${repository}`, sk: "ledger" });

const lastDeploymentKey = { pk: "ledger#last-deployment", sk: "ledger" };
const objectsKey = { pk: "ledger#objects", sk: "ledger" };
const pins = "ledger#pins";
const quarantine = "ledger#quarantine";

/** So many earlier runs tell how long the next one takes, out of so many that we look at. */
const durationsFrom = { runs: 10, lookedAt: 40 };

export function createLedger(table: Store): Ledger {
  return {
    built: async (repository) => await readBody<Built>(table, builtKey(repository)),
    setBuilt: async (repository, built) => await write(table, builtKey(repository), { body: built }),
    lastDeployment: async () => await readBody<{ run: string; at: string }>(table, lastDeploymentKey),
    setLastDeployment: async (deployment) => await write(table, lastDeploymentKey, { body: deployment }),
    appliedObjects: async () => await readBody<AppliedObjects>(table, objectsKey),
    setAppliedObjects: async (applied) => await write(table, objectsKey, { body: applied }),
    async durations() {
      const minutes: number[] = [];
      for (const run of await createRuns(table).list(durationsFrom.lookedAt)) {
        if (!deploys(run) || run.status !== "finished" || !run.approvedAt || !run.endedAt) continue;
        minutes.push((Date.parse(run.endedAt) - Date.parse(run.approvedAt)) / 60_000);
      }
      return minutes.slice(0, durationsFrom.runs);
    },
    told: async () => (await readBody<Told & { version: number }>(table, toldKey)) ?? nothingTold,
    async changeTold(change) {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const before = await readBody<Told & { version: number }>(table, toldKey);
        const { till, through, seen, open } = change(before ?? nothingTold);
        const version = (before?.version ?? 0) + 1;
        const body = { till, through, seen: seen.slice(-mostSeen), open, version };
        if (await writeIf(table, before ? unchangedSince(before.version) : absent, toldKey, { body }))
          return body;
      }
      throw new ServiceUnavailable("The ledger of what was told changed again and again: try again.");
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

const unchangedSince = (version: number): Condition => ({
  expression: "body.#version = :version",
  names: { "#version": "version" },
  values: { ":version": version },
});

export const ledger = lazy((): Ledger => createLedger(store()));
