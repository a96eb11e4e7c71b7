import type { HealthCheck, HealthReport, Problem } from "./health-report.ts";

/** `unverified`: nothing is worse as far as anybody could look, but not everything could be looked at. */
export type Outcome = "healthy" | "unverified" | "regressed";

/** A problem of production after the rollout, for people. */
export interface ComparedProblem {
  /** Of its check. */
  check: string;
  name: string;
  text: string;
  link: string | null;
}

/** Production after the rollout beside what it was before anything moved. */
export interface Comparison {
  outcome: Outcome;
  /** Failed now, and not before: what the run is judged by. */
  worse: ComparedProblem[];
  /** Failed now, and did so before. */
  asBefore: ComparedProblem[];
  /** Could not be looked at. */
  unknown: ComparedProblem[];
  warnings: ComparedProblem[];
}

/**
 * Judges production against its baseline, not against zero: what failed before may fail on, what got worse may not. Of
 * problems with the same key (two ill pods of a workload) as many are excused as there were. What the run was to bring
 * right is never excused. What cannot be looked at is never healthy, and a check of the baseline that is missing now
 * was not looked at.
 *
 * @param baseline null: nobody knows how it was, so nothing is excused.
 */
export function compareWithBaseline(baseline: HealthReport | null, now: HealthReport): Comparison {
  const excuses = new Map<string, number>();
  for (const { key, verdict } of baseline?.checks.flatMap(problemsOf) ?? []) {
    if (verdict === "failed") excuses.set(key, (excuses.get(key) ?? 0) + 1);
  }
  const isExcused = ({ key, due }: Problem): boolean => {
    const left = excuses.get(key) ?? 0;
    if (due || left === 0) return false;
    excuses.set(key, left - 1);
    return true;
  };
  const found: Omit<Comparison, "outcome"> = { worse: [], asBefore: [], unknown: [], warnings: [] };
  for (const check of now.checks) {
    for (const problem of problemsOf(check)) {
      const compared = {
        check: check.id,
        name: check.name,
        text: problem.text,
        link: problem.link ?? check.link,
      };
      if (problem.verdict === "warning") found.warnings.push(compared);
      else if (problem.verdict === "unknown") found.unknown.push(compared);
      else (isExcused(problem) ? found.asBefore : found.worse).push(compared);
    }
  }
  const looked = new Set(now.checks.map((each) => each.id));
  for (const { id, name, link } of baseline?.checks ?? []) {
    if (!looked.has(id)) found.unknown.push({ check: id, name, text: "was not looked at again", link });
  }
  const unsure = found.unknown.length > 0 || now.checks.length === 0;
  return { outcome: found.worse.length > 0 ? "regressed" : unsure ? "unverified" : "healthy", ...found };
}

/** A check that is not well without saying why counts as one problem. */
function problemsOf({ id, verdict, problems, summary, link }: HealthCheck): Problem[] {
  if (verdict === "ok" || problems.some((each) => each.verdict === verdict)) return problems;
  return [...problems, { key: id, verdict, text: summary, link, due: false }];
}
