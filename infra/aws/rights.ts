import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { BuildProject, CatalogEntry, StateMachineRight } from "../../functions/catalog.ts";
import type { SecretName } from "../../functions/runtime/secrets.ts";
import type { Flow } from "../../functions/services/step-functions.ts";

/** ARNs of what functions may have to do with. */
export interface Rightful {
  table: string;
  /** Of the table's indexes. */
  indexes: string[];
  secrets: Record<SecretName, string>;
  /** The state machine of each flow. */
  flows: Record<Flow, string>;
  /** Every execution of the flows whose runs functions ask about: all but the news. */
  executions: string[];
  deadLetters: string;
  /** The projects of CodeBuild. */
  builds: Record<BuildProject, string>;
}

const readTable = ["dynamodb:GetItem", "dynamodb:Query"];
const writeTable = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

const askStateMachine: Record<StateMachineRight, (at: Rightful) => PolicyStatement> = {
  sendTask: ({ flows }) => {
    const { "weekly-news": _, ...others } = flows;
    return allow(["states:SendTaskSuccess"], Object.values(others));
  },
  describe: (at) => allow(["states:DescribeExecution"], at.executions),
  history: (at) => allow(["states:GetExecutionHistory"], at.executions),
  start: (at) => start(at, "weekly-deployment"),
  startRollback: (at) => start(at, "rollback"),
  startCleanup: (at) => start(at, "registry-cleanup"),
  startFirewall: (at) => start(at, "firewall-request"),
  sendNewsTask: (at) => allow(["states:SendTaskSuccess"], [at.flows["weekly-news"]]),
  startNews: (at) => start(at, "weekly-news"),
};

function start({ flows }: Rightful, flow: Flow): PolicyStatement {
  return allow(["states:StartExecution"], [flows[flow]]);
}

const useBuild = { start: "codebuild:StartBuild", read: "codebuild:BatchGetBuilds" };

/**
 * What a function may do, from its entry in the catalog and nothing else: its table, its secrets, its part of the state
 * machine, its build, its own log; and, called by an event, the queue for events that it could not handle.
 */
export function rightsOf(entry: CatalogEntry, logGroup: string, at: Rightful): PolicyStatement[] {
  const secrets = entry.secrets.map((name) => at.secrets[name]);
  return [
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup]),
    // X-Ray knows no resources.
    allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ...tableRights(entry.table, at),
    ...(secrets.length > 0 ? [allow(["secretsmanager:GetSecretValue"], secrets)] : []),
    ...(entry.build ? [allow([useBuild[entry.build.right]], [at.builds[entry.build.project]])] : []),
    ...entry.stateMachine.map((right) => askStateMachine[right](at)),
    ...(entry.on ? [allow(["sqs:SendMessage"], [at.deadLetters])] : []),
  ];
}

function tableRights(table: CatalogEntry["table"], at: Rightful): PolicyStatement[] {
  if (table === "none") return [];
  return [
    allow(table === "read" ? readTable : [...readTable, ...writeTable], [at.table]),
    allow(["dynamodb:Query"], at.indexes),
  ];
}

/** What Lambda itself needs to put a function into a VPC; EC2 knows no resources for it. */
export function vpcRights(): PolicyStatement {
  return allow(
    [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
    ["*"],
  );
}

export function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
