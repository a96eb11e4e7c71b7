import type { VaultChanges } from "../domain/objects-plan.ts";
import type { ObjectsEnd } from "../domain/run-messages.ts";
import { runs } from "../store/runs.ts";

/** What a run remembers of its Kubernetes objects. */

/** What was approved to be applied. */
export interface ApprovedObjects {
  commit: string;
  /** The vault's changelog that was shown. */
  vault: Pick<VaultChanges, "digest" | "lines"> | null;
}

export const approvedKey = "objects-approved";

/** Whether and how a build of `make deploy` was judged: then another one may be started. */
export const outcomeKey = (number: number) => `objects-outcome/${number}`;

/** What became of them, for the summary; null: nobody wanted any applied. */
export async function objectsEnd(run: string): Promise<ObjectsEnd | null> {
  if ((await runs().recall<ApprovedObjects>(run, approvedKey)) === null) return null;
  let last: string | null = null;
  for (let number = 1; ; number++) {
    const outcome = await runs().recall<string>(run, outcomeKey(number));
    if (outcome === null) break;
    last = outcome;
  }
  if (last === null) return "notApplied";
  return last === "applied" ? "applied" : "failed";
}
