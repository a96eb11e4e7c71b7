/** Worst last. `unknown`: the source could not be asked; it never passes for `ok`. */
export type Verdict = "ok" | "warning" | "unknown" | "failed";

export interface HealthCheck {
  /** Stable code: `pods`, `workloads`, `images`, `healthz`, `versions`. */
  id: string;
  /** What people read: "Pods". */
  name: string;
  verdict: Verdict;
  /** One sentence. */
  summary: string;
  /** What it rests on, one line each. */
  evidence: string[];
  link: string | null;
}

export interface HealthReport {
  environment: "staging" | "production";
  /** ISO 8601. */
  takenAt: string;
  /** The worst of the checks' verdicts. */
  verdict: Verdict;
  checks: HealthCheck[];
}

const order: readonly Verdict[] = ["ok", "warning", "unknown", "failed"];

/** The worst of them; of none at all, nothing is known. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return "unknown";
  return order[Math.max(...verdicts.map((verdict) => order.indexOf(verdict)))] ?? "unknown";
}
