import { inspectImages, inspectPods, inspectWorkloads } from "./checks-cluster.ts";
import { inspectSentry, inspectValidation } from "./checks-reports.ts";
import { inspectHealthz, inspectQueues, inspectVersions } from "./checks-service.ts";
import { type HealthCheck, type HealthReport, worst } from "./health-report.ts";
import { type CheckId, type Evidence, type Finding, problem, verdictOf } from "./inspection-evidence.ts";

export type { CheckId, Evidence, InspectedPod, Reading } from "./inspection-evidence.ts";

/**
 * Judges an environment. A source that could not be asked makes its check `unknown`, whatever else looks well; a check
 * that is switched off, or whose source is not used, is not in the report.
 */
export function inspect(evidence: Evidence): HealthReport {
  const { environment, takenAt, sentry, validation, queues } = evidence;
  const check = (id: CheckId, name: string, find: () => Finding): HealthCheck[] => {
    if (evidence.off.includes(id)) return [];
    const finding = find();
    const verdict = verdictOf(finding.problems);
    return [{ id, name, verdict, ...finding, link: evidence.links?.[id] ?? null }];
  };
  const checks = [
    ...check("pods", "Pods", () => inspectPods(evidence)),
    ...check("workloads", "Workloads", () => inspectWorkloads(evidence.workloads)),
    ...check("images", "Images", () => inspectImages(evidence)),
    ...check("healthz", "Service health", () => inspectHealthz(evidence.healthz)),
    ...check("versions", "Versions", () => inspectVersions(evidence)),
    ...(sentry ? check("sentry", "Sentry", () => inspectSentry(sentry, evidence)) : []),
    ...(validation ? check("validation", "Validation", () => inspectValidation(validation, evidence)) : []),
    ...(queues ? check("queues", "Queues", () => inspectQueues(queues, evidence.thresholds)) : []),
  ];
  return { environment, takenAt, verdict: worst(checks.map((each) => each.verdict)), checks };
}

/** Adds the images whose notification Quay had switched off; without any the report stays as it is. */
export function withNotifications(report: HealthReport, switchedOff: readonly string[]): HealthReport {
  if (switchedOff.length === 0) return report;
  const repaired = "every run but a dry one switches them on again";
  const problems = switchedOff.map((image) =>
    problem(`notifications/${image}`, "warning", `The notification of ${image} was off.`),
  );
  const check: HealthCheck = {
    id: "notifications",
    name: "Quay's notifications",
    verdict: verdictOf(problems),
    summary: `Quay had switched off the notifications of ${switchedOff.join(", ")}: ${repaired}.`,
    evidence: problems.map(({ text }) => text),
    problems,
    link: null,
  };
  const checks = [...report.checks, check];
  return { ...report, verdict: worst(checks.map((each) => each.verdict)), checks };
}
