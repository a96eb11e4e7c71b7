import type { Decision } from "./domain/decision.ts";
import { type Run, runs } from "./store/runs.ts";

/** What was decided on the approval questions of a run, oldest first. */
export async function decisionsOf({ id, planVersion }: Pick<Run, "id" | "planVersion">): Promise<Decision[]> {
  const versions = Array.from({ length: planVersion ?? 0 }, (_, index) => index + 1);
  const found = await Promise.all(versions.map((version) => runs().decision(id, `approval-${version}`)));
  return found.filter((each) => each !== null);
}

/** GitHub login of who approved; null: nobody. */
export function approverIn(decisions: readonly Decision[]): string | null {
  return decisions.findLast((each) => each.answer === "approve")?.by ?? null;
}
