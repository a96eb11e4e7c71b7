import { randomUUID } from "node:crypto";
import type { CleanupPlan } from "../domain/cleanup-plan.ts";
import type { Clearance, JudgedTag, RegistryTag } from "../domain/registry-cleanup.ts";
import type { ManifestContents } from "../domain/registry-space.ts";
import { lazy } from "../runtime/lazy.ts";
import {
  compressed,
  expiry,
  type Key,
  readAllBodies,
  readAllCompressed,
  readAllFlat,
  readCompressed,
  write,
} from "./items.ts";
import { createLedger } from "./ledger.ts";
import { type Store, store } from "./table.ts";

/** What became of a tag that was approved to go. */
export interface TagOutcome {
  name: string;
  outcome: "deleted" | "failed" | Exclude<Clearance["verdict"], "delete">;
  /** Of a failure, in words for people. */
  reason: string | null;
}

/** They are needed at different times, and the plain ones are far more. */
export type ContentsKind = "lists" | "manifests";

/** What is known of registry cleanups. Everything may be called again with the same arguments. Reads are consistent. */
export interface Cleanups {
  saveTags(run: string, image: string, tags: RegistryTag[]): Promise<void>;
  /** Null before they were listed. */
  tags(run: string, image: string): Promise<RegistryTag[] | null>;
  /**
   * What was read, by digest: of the manifest lists, which tell what a tag names, or of the plain manifests, which tell
   * how much it needs. Neither ever changes, so what was read once is known to every later run.
   */
  contents(image: string, kind: ContentsKind): Promise<Map<string, ManifestContents>>;
  addContents(image: string, kind: ContentsKind, contents: ManifestContents[]): Promise<void>;
  saveJudged(run: string, image: string, tags: JudgedTag[]): Promise<void>;
  judged(run: string, image: string): Promise<JudgedTag[] | null>;
  /** After everything that it sums up. */
  savePlan(run: string, plan: CleanupPlan): Promise<void>;
  plan(run: string): Promise<CleanupPlan | null>;
  addOutcomes(run: string, image: string, outcomes: TagOutcome[]): Promise<void>;
  /** The last one of each tag. */
  outcomes(run: string, image: string): Promise<TagOutcome[]>;
  /** Every `sha256:…` that runs wrote down about images: built, imported, or the way back. */
  recordedDigests(runs: readonly string[]): Promise<Set<string>>;
  /** Digests that a rollback put into quarantine, or left a stream at. */
  quarantined(): Promise<Set<string>>;
}

const partition = (run: string) => `run#${run}`;
const listKey = (run: string, kind: "tags" | "judged", image: string, part: number): Key => ({
  pk: partition(run),
  sk: `cleanup#${kind}#${image}#${String(part).padStart(4, "0")}`,
});
const planKey = (run: string): Key => ({ pk: partition(run), sk: "cleanup-plan" });
const outcomePrefix = (image: string) => `cleanup#outcome#${image}#`;
const contentsOf = (image: string) => `ledger#manifests/${image}`;

/** A digest does not compress: so many tags stay well below the size of an item. */
const perPart = 2000;
const manifestsPerPart = 250;

/** What a list was cut into; `parts` tells those of an earlier, longer list apart. */
interface Part<T> {
  parts: number;
  items: T[];
}

const digests = /sha256:[0-9a-f]{64}/g;

export function createCleanups(table: Store, now: () => Date = () => new Date()): Cleanups {
  const expiresAt = () => expiry("run", now());
  const save = async (key: Key, value: unknown, what: string) =>
    await write(table, key, { body: compressed(value, what), expiresAt: expiresAt() });

  async function saveList<T>(run: string, kind: "tags" | "judged", image: string, items: T[]): Promise<void> {
    const parts = cut(items, perPart);
    // The first part comes last: until then a reader finds the list before, or none.
    for (const [index, each] of [...parts.entries()].reverse()) {
      const part: Part<T> = { parts: parts.length, items: each };
      await save(listKey(run, kind, image, index), part, `Tags of ${image}`);
    }
  }

  async function list<T>(run: string, kind: "tags" | "judged", image: string): Promise<T[] | null> {
    const { pk, sk } = listKey(run, kind, image, 0);
    const parts = await readAllCompressed<Part<T>>(table, pk, sk.slice(0, -4));
    const [first] = parts;
    return first ? parts.slice(0, first.parts).flatMap((part) => part.items) : null;
  }

  return {
    saveTags: async (run, image, tags) => await saveList(run, "tags", image, tags),
    tags: async (run, image) => await list<RegistryTag>(run, "tags", image),
    saveJudged: async (run, image, tags) => await saveList(run, "judged", image, tags),
    judged: async (run, image) => await list<JudgedTag>(run, "judged", image),

    async contents(image, kind) {
      const parts = await readAllCompressed<ManifestContents[]>(table, contentsOf(image), `${kind}#`);
      return new Map(parts.flat().map((each) => [each.digest, each]));
    },
    async addContents(image, kind, contents) {
      for (const part of cut(contents, manifestsPerPart)) {
        if (part.length === 0) continue;
        await save({ pk: contentsOf(image), sk: `${kind}#${randomUUID()}` }, part, `Manifests of ${image}`);
      }
    },

    savePlan: async (run, plan) => await save(planKey(run), plan, `The plan of ${run}`),
    plan: async (run) => await readCompressed<CleanupPlan>(table, planKey(run)),

    async addOutcomes(run, image, outcomes) {
      if (outcomes.length === 0) return;
      const sk = `${outcomePrefix(image)}${now().toISOString()}#${randomUUID()}`;
      await save({ pk: partition(run), sk }, outcomes, `Outcomes of ${image}`);
    },
    async outcomes(run, image) {
      const parts = await readAllCompressed<TagOutcome[]>(table, partition(run), outcomePrefix(image));
      return [...new Map(parts.flat().map((each) => [each.name, each])).values()];
    },

    async recordedDigests(runs) {
      const found = new Set<string>();
      for (const run of runs) {
        const records = [
          await readAllBodies<unknown>(table, partition(run), "fact#"),
          await readAllFlat<unknown>(table, partition(run), "repository#"),
        ];
        for (const digest of JSON.stringify(records).match(digests) ?? []) found.add(digest);
      }
      return found;
    },

    async quarantined() {
      const ledger = createLedger(table);
      const [entries, pins] = await Promise.all([ledger.quarantine(), ledger.pins()]);
      return new Set(JSON.stringify([entries, pins]).match(digests));
    },
  };
}

/** Never none: an empty list has one empty part. */
function cut<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at === 0 || at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}

export const cleanups = lazy((): Cleanups => createCleanups(store()));
