import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { MetricName } from "../../functions/runtime/metrics.ts";
import { counted, endedBadly } from "./alarms.ts";
import type { Functions } from "./functions.ts";

export interface RunDashboardProps {
  installation: string;
  alarms: Alarm[];
  stateMachines: StateMachine[];
  functions: Functions;
  api: HttpApi;
  deadLetters: IQueue;
}

const period = Duration.hours(1);
const days = Duration.days(28);

/** Four weeks on one page: how runs ended, what they waited for, what people and webhooks did, and how AWS feels. */
export class RunDashboard extends Construct {
  constructor(scope: Construct, id: string, props: RunDashboardProps) {
    super(scope, id);
    const { installation, alarms, stateMachines, functions, api, deadLetters } = props;
    const counts = (...names: MetricName[]) => names.map((name) => counted(installation, name, period));
    new Dashboard(this, "Dashboard", {
      dashboardName: installation,
      defaultInterval: days,
      widgets: [
        [new AlarmStatusWidget({ title: "Alarms", alarms, width: 24, height: 3 })],
        [
          graph(
            "Runs",
            stateMachines.flatMap((each) => [each.metricStarted({ period }), endedBadly(each, period)]),
          ),
          graph("Steps", counts("StepsEnded", "StepsFailedForNow", "StepsFailedForGood", "StepsRetried")),
          graph("Waits, by webhook or by asking", [
            ...counts("WaitsEndedBySignal", "WaitsEndedByRecheck", "DeadlinesPassed"),
          ]),
        ],
        [
          graph("Decisions and starts", counts("Decisions", "StartsMissed", "RunsInDanger")),
          graph("Requests", [
            api.metricCount({ period }),
            api.metricClientError({ period }),
            api.metricServerError({ period }),
          ]),
          graph("Webhooks refused", counts("WebhooksRefused", "SignaturesRefused")),
        ],
        [
          graph("Time to answer requests", [
            api.metricLatency({ period, statistic: Stats.percentile(50) }),
            api.metricLatency({ period, statistic: Stats.MAXIMUM }),
          ]),
          graph("Functions", functionsTogether(functions)),
          graph("Dead letters", [
            deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
          ]),
        ],
      ],
    });
  }
}

/** Over all functions of the installation: 27 lines in one graph tell nobody anything. */
function functionsTogether(functions: Functions): IMetric[] {
  const total = (label: string, metricOf: (name: string) => IMetric) => {
    const usingMetrics = Object.fromEntries(
      functions.all.map(([name], index) => [`${label}${index}`, metricOf(name)]),
    );
    return new MathExpression({ expression: `SUM(METRICS("${label}"))`, label, usingMetrics, period });
  };
  return [
    total("invocations", (name) => functions.named(name).metricInvocations({ period })),
    total("errors", (name) => functions.named(name).metricErrors({ period })),
    total("throttles", (name) => functions.named(name).metricThrottles({ period })),
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0 } });
}
