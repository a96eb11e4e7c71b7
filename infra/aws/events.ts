import { EventField, type EventPattern, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { LambdaFunction, SnsTopic } from "aws-cdk-lib/aws-events-targets";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Duration } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { CatalogEntry, EventSource } from "../../functions/catalog.ts";
import type { Functions } from "./functions.ts";

export interface EventsProps {
  installation: string;
  catalog: Record<string, CatalogEntry>;
  functions: Functions;
  stateMachines: StateMachine[];
  topic: ITopic;
  deadLetters: IQueue;
}

type RuleSource = Exclude<EventSource, "schedule">;

/** What AWS tells of, and who hears it: the functions whose entry in the catalog says so. */
export class Events extends Construct {
  constructor(scope: Construct, id: string, props: EventsProps) {
    super(scope, id);
    const { deadLetters, functions, catalog } = props;
    const delivery = { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: Duration.hours(1) };
    const listenersOf = (source: RuleSource) =>
      Object.entries(catalog).flatMap(([name, { on }]) =>
        on === source ? [new LambdaFunction(functions.named(name), delivery)] : [],
      );

    const ended = new Rule(this, "ExecutionEnded", {
      description: "A run failed, timed out or was stopped.",
      eventPattern: executionEnded(props.stateMachines),
      targets: listenersOf("executionEnded"),
    });
    ended.addTarget(new SnsTopic(props.topic, { message: RuleTargetInput.fromText(mail), ...delivery }));

    const builds = listenersOf("buildEnded");
    if (builds.length > 0) {
      new Rule(this, "BuildEnded", {
        description: "A build of one of our CodeBuild projects ended.",
        eventPattern: buildEnded(props.installation),
        targets: builds,
      });
    }
  }
}

const mail =
  `Stablehand: the run ${EventField.fromPath("$.detail.name")} ended as ${EventField.fromPath("$.detail.status")}. ` +
  `Its summary in Slack says why and what to do. Execution: ${EventField.fromPath("$.detail.executionArn")}`;

/** Every end but the good one, which the run tells itself. */
function executionEnded(stateMachines: StateMachine[]): EventPattern {
  return {
    source: ["aws.states"],
    detailType: ["Step Functions Execution Status Change"],
    detail: {
      status: ["FAILED", "TIMED_OUT", "ABORTED"],
      stateMachineArn: stateMachines.map((each) => each.stateMachineArn),
    },
  };
}

/** Of the projects whose names begin with the installation's. */
function buildEnded(installation: string): EventPattern {
  return {
    source: ["aws.codebuild"],
    detailType: ["CodeBuild Build State Change"],
    detail: {
      "build-status": ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"],
      "project-name": [{ prefix: `${installation}-` }],
    },
  };
}
