import type { CleanupPlan } from "../domain/cleanup-plan.ts";
import type { Decision } from "../domain/decision.ts";
import { cleanups } from "../store/cleanups.ts";
import { type Run, runs } from "../store/runs.ts";
import { type Asked, decide } from "./decide.ts";

/** How it stands with the question of a cleanup. `over`: it ended. `changed`: it was planned again. */
export type CleanupStanding =
  | { is: "open"; run: Run; plan: CleanupPlan }
  | { is: "decided"; run: Run; plan: CleanupPlan | null; decision: Decision }
  | { is: "unknown" | "over" | "changed" };

/** What was decided is told even when the cleanup has ended since. */
export async function cleanupStanding(asked: Asked): Promise<CleanupStanding> {
  const run = await runs().get(asked.run);
  if (run?.kind !== "cleanup") return { is: "unknown" };
  const [decision, current] = await Promise.all([
    runs().decision(run.id, asked.question),
    cleanups().plan(run.id),
  ]);
  const plan = current?.digest === asked.plan ? current : null;
  if (decision) return { is: "decided", run, plan, decision };
  if (run.status !== "running") return { is: "over" };
  return plan ? { is: "open", run, plan } : { is: "changed" };
}

export interface CleanupAnswer {
  answer: "approve" | "reject";
  /** GitHub login of an approver. */
  by: string;
  via: "page" | "slack";
  comment: string | null;
}

/** Stores an answer to exactly the plan that was shown, and resumes the run. The first answer stands. */
export async function decideCleanup(
  { run, question, plan }: Asked,
  answer: CleanupAnswer,
): Promise<{ won: boolean; decision: Decision }> {
  const at = new Date().toISOString();
  return await decide(run, { ...answer, question, at, planDigest: plan, changes: null, until: null });
}
