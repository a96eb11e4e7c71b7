import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Aws, Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { type MetricName, metricNamespace } from "../../functions/runtime/metrics.ts";

const fiveMinutes = Duration.minutes(5);

/** What the functions count (functions/runtime/metrics.ts), as the alarms and the dashboard read it. */
export function counted(installation: string, metricName: MetricName, period = fiveMinutes): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { service: installation },
    statistic: Stats.SUM,
    period,
  });
}

/** Executions of a flow that ended in any way but well. */
export function endedBadly(machine: StateMachine, period = fiveMinutes): IMetric {
  // Ids are unique over a whole graph, which may show several flows.
  const id = machine.node.id.replaceAll("-", "_");
  return new MathExpression({
    expression: `${id}_failed + ${id}_timedOut + ${id}_aborted`,
    label: `${machine.node.id} ended badly`,
    usingMetrics: {
      [`${id}_failed`]: machine.metricFailed({ period }),
      [`${id}_timedOut`]: machine.metricTimedOut({ period }),
      [`${id}_aborted`]: machine.metricAborted({ period }),
    },
    period,
  });
}

export interface AlarmsProps {
  installation: string;
  deadLetters: IQueue;
  api: HttpApi;
  stateMachines: StateMachine[];
  /** Gets what the topic gets. */
  email: string | undefined;
}

interface AlarmSpec {
  id: string;
  metric: IMetric;
  /** So many within the metric's period. */
  threshold: number;
  /** What happened, and what to do. */
  says: string;
}

/** What calls a person: alarms, and a topic that they and failed runs are told to. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { installation, email } = props;
    this.topic = new Topic(this, "Topic", { topicName: `${installation}-alarms`, enforceSSL: true });
    // The topic's own policy takes the place of the one that lets alarms of the same account publish.
    const ours = { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } };
    this.topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com", { conditions: ours }));
    if (email) this.topic.addSubscription(new EmailSubscription(email));

    const calling = callingAlarms(props).map((spec) => newAlarm(this, installation, spec));
    for (const alarm of calling) alarm.addAlarmAction(new SnsAction(this.topic));
    // A run that ends badly is told by the rule in events.ts, with its name. These only show it on the dashboard.
    const showing = props.stateMachines.map((machine) =>
      newAlarm(this, installation, endedBadlySpec(machine)),
    );
    this.all = [...calling, ...showing];
  }
}

function callingAlarms({ installation, deadLetters, api }: AlarmsProps): AlarmSpec[] {
  return [
    {
      id: "dead-letters",
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
      threshold: 1,
      says: "A schedule or an event could not be handled. The message in the dead-letter queue says which and why; remove it when that is mended.",
    },
    {
      id: "http-5xx",
      metric: api.metricServerError({ statistic: Stats.SUM, period: fiveMinutes }),
      threshold: 1,
      says: "A webhook or a page was answered 5xx. Look for webhook.failed and page.failed in the logs; GitHub can be asked to deliver again.",
    },
    {
      id: "signatures-refused",
      metric: counted(installation, "SignaturesRefused", Duration.hours(1)),
      threshold: 3,
      says: "Webhooks with a wrong signature or secret. Either somebody forges them, or a secret was changed on one side only: the query of refused webhooks says which source.",
    },
    {
      id: "deadlines-passed",
      metric: counted(installation, "DeadlinesPassed"),
      threshold: 1,
      says: "A run waited past its deadline. Slack says for what; the run asks there what to do, or has ended.",
    },
    {
      id: "starts-missed",
      metric: counted(installation, "StartsMissed"),
      threshold: 1,
      says: "No weekly deployment was started at its time. Look at the schedule and at StartRun's log, then start it by hand.",
    },
  ];
}

function endedBadlySpec(machine: StateMachine): AlarmSpec {
  return {
    id: `${machine.node.id}-ended-badly`,
    metric: endedBadly(machine),
    threshold: 1,
    says: `A run of ${machine.node.id} failed, timed out or was stopped. Its summary in Slack says why.`,
  };
}

function newAlarm(scope: Construct, installation: string, { id, metric, threshold, says }: AlarmSpec): Alarm {
  return new Alarm(scope, id, {
    alarmName: `${installation}-${id}`,
    alarmDescription: says,
    metric,
    threshold,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
