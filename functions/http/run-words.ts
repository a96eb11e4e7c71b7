import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { stateTitle } from "../domain/timeline.ts";
import type { Run } from "../store/runs.ts";
import type { RunNow } from "./run-now.ts";

/** What pages call things of a run. */

export const kinds: Record<Run["kind"], string> = {
  weekly: "weekly deployment",
  hotfix: "hotfix",
  rollback: "rollback",
  "dry-run": "dry run",
  cleanup: "registry cleanup",
  firewall: "firewall request",
};

/** How an ended run looks; what is not named here went wrong. */
const looks: Record<string, string> = {
  finished: "ok",
  skipped: "",
  rejected: "warning",
  expired: "warning",
  rolledBack: "warning",
};

export function endLook(status: string): string {
  return looks[status] ?? "failed";
}

/** `rolledBack` as `rolled back`. */
export function statusWord(status: string): string {
  return stateTitle(status).toLowerCase();
}

/** In one word, how a run is now. */
export function runStatus(now: Pick<RunNow, "run" | "control" | "questions">): {
  word: string;
  look: string;
} {
  const { run, control, questions } = now;
  if (run.status !== "running") return { word: statusWord(run.status), look: endLook(run.status) };
  if (control.stop) return { word: "stopping", look: "failed" };
  if (control.pause) return { word: "paused", look: "warning" };
  const asks = questions.some(({ decision }) => decision === null);
  return asks ? { word: "waits for an answer", look: "warning" } : { word: "running", look: "action" };
}

/** `under 1 s`, `12 s`, `3 min 20 s`, `1 h 4 min`. */
export function tookOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 1) return "under 1 s";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Names of the repositories that a plan moves or rebuilds, in its order. */
export function worked(plan: PromotionPlan | null): string[] {
  return (plan?.repositories ?? [])
    .filter(({ action }) => action === "move" || action === "rebuild")
    .map(({ name }) => name);
}
