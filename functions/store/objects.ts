import type { ObjectsPlan } from "../domain/objects-plan.ts";
import { lazy } from "../runtime/lazy.ts";
import { compressed, expiry, type Key, readCompressed, write } from "./items.ts";
import { type Store, store } from "./table.ts";

/** The plan for the Kubernetes objects of a run. All may be called again. */
export interface Objects {
  /** Replaces the one before; null: nothing is known (any more). */
  savePlan(run: string, plan: ObjectsPlan | null): Promise<void>;
  plan(run: string): Promise<ObjectsPlan | null>;
}

const key = (run: string): Key => ({ pk: `run#${run}`, sk: "objects" });

export function createObjects(table: Store, now: () => Date = () => new Date()): Objects {
  return {
    async savePlan(run, plan) {
      const body = compressed(plan, `The plan for the Kubernetes objects of ${run}`);
      await write(table, key(run), { body, expiresAt: expiry("run", now()) });
    },
    plan: async (run) => await readCompressed<ObjectsPlan | null>(table, key(run)),
  };
}

export const objects = lazy((): Objects => createObjects(store()));
