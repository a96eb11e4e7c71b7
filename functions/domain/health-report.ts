/** Worst last. `unknown`: the source could not be asked; it never passes for `ok`. */
export type Verdict = "ok" | "warning" | "unknown" | "failed";

/** One thing that is wrong, or could not be looked at. */
export interface Problem {
  /**
   * What it is about, the same from one report to the next although names of pods change: `pods/Deployment dashboard`.
   * Several may share one: two ill pods of a workload.
   */
  key: string;
  verdict: Exclude<Verdict, "ok">;
  /** One line, which stands in the evidence too. */
  text: string;
  link: string | null;
  /** The run under way was to bring it right: that it was so before is no excuse. */
  due: boolean;
}

export interface HealthCheck {
  /** Stable code, such as `pods`: see `CheckId`. */
  id: string;
  /** What people read: "Pods". */
  name: string;
  /** The worst of its problems' verdicts; `ok` without any. */
  verdict: Verdict;
  /** One sentence. */
  summary: string;
  /** What it rests on, one line each. */
  evidence: string[];
  problems: Problem[];
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
