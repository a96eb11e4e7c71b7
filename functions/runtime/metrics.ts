import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { lazy } from "./lazy.ts";

export const metricNamespace = "Stablehand";

/** What is counted, and what one of each is. Alarms and the dashboard read them under these names. */
export const metricNames = {
  StepsEnded: "A step did its work.",
  StepsFailedForNow: "A step failed in a way that the state machine tries again, four times at most.",
  StepsFailedForGood: "A step failed in a way that trying again does not help.",
  StepsRetried: "A step is tried again because a person said so.",
  DeadlinesPassed: "What a step waited for did not come before its deadline.",
  WaitsEndedBySignal: "A waiting state was resumed by a webhook or a person's answer.",
  WaitsEndedByRecheck: "A waiting state was resumed because its step asked the source itself.",
  Decisions: "A person's answer to a question that was open.",
  WebhooksRefused: "A webhook was answered 4xx.",
  SignaturesRefused: "A webhook's signature or secret was wrong.",
  RunsInDanger: "Days before a run the doctor found that it would not go through.",
  StartsMissed: "No run had been started some minutes after its time.",
} as const;

export type MetricName = keyof typeof metricNames;

/** Its dimension `service` is POWERTOOLS_SERVICE_NAME, the installation's name. */
const metrics = lazy(() => new Metrics({ namespace: metricNamespace }));

/** Counts one. It is written at once, as a line of its own in the log, from which CloudWatch makes the metric. */
export function count(name: MetricName): void {
  metrics().singleMetric().addMetric(name, MetricUnit.Count, 1);
}
