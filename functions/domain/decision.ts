import type { PlanChanges } from "./promotion-plan.ts";

export type Answer = "approve" | "reject" | "postpone" | "expired";

/** What was decided on one question of a run. The first one stored stands. */
export interface Decision {
  question: string;
  answer: Answer;
  /** GitHub login of the person; `stablehand` when nobody answered in time. */
  by: string;
  /** ISO 8601. */
  at: string;
  via: "page" | "slack" | "deadline";
  /** Digest of the plan that was shown. */
  planDigest: string;
  /** With `approve`. */
  changes: PlanChanges | null;
  /** With `postpone`: when to ask again, ISO 8601. */
  until: string | null;
  comment: string | null;
}
