import { inspectImages, inspectPods, inspectWorkloads } from "./checks-cluster.ts";
import { inspectSentry, inspectValidation } from "./checks-reports.ts";
import { inspectHealthz, inspectQueues, inspectVersions } from "./checks-service.ts";
import { type HealthCheck, type HealthReport, worst } from "./health-report.ts";
import { type CheckId, type Evidence, type Finding, verdictOf } from "./inspection-evidence.ts";

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
