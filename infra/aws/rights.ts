import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { CatalogEntry, StateMachineRight } from "../../functions/catalog.ts";
import type { SecretName } from "../../functions/runtime/secrets.ts";
import type { Flow } from "../../functions/services/step-functions.ts";

/** ARNs of what functions may have to do with. */
export interface Rightful {
  table: string;
  /** Of the table's indexes. */
  indexes: string[];
  secrets: Record<SecretName, string>;
  /** The state machine of each flow by its name, and every execution of it. */
  flows: Record<string, { stateMachine: string; executions: string }>;
  deadLetters: string;
}

const readTable = ["dynamodb:GetItem", "dynamodb:Query"];
const writeTable = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

const askStateMachine: Record<StateMachineRight, (at: Rightful) => PolicyStatement> = {
  sendTask: (at) => allow(["states:SendTaskSuccess"], all(at, "stateMachine")),
  describe: (at) => allow(["states:DescribeExecution"], all(at, "executions")),
  start: (at) => start(at, "weekly-deployment"),
  startCleanup: (at) => start(at, "registry-cleanup"),
  startFirewall: (at) => start(at, "firewall-request"),
};

function all({ flows }: Rightful, kind: "stateMachine" | "executions"): string[] {
  return Object.values(flows).map((each) => each[kind]);
}

/** @throws Error when there is no such flow. */
function start({ flows }: Rightful, name: Flow): PolicyStatement {
  const flow = flows[name];
  if (!flow) throw new Error(`There is no flow ${name} in statemachine/.`);
  return allow(["states:StartExecution"], [flow.stateMachine]);
}

/**
 * What a function may do, from its entry in the catalog and nothing else: its table, its secrets, its part of the state
 * machine, its own log; and, called by an event, the queue for events that it could not handle.
 */
export function rightsOf(entry: CatalogEntry, logGroup: string, at: Rightful): PolicyStatement[] {
  const secrets = entry.secrets.map((name) => at.secrets[name]);
  return [
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup]),
    // X-Ray knows no resources.
    allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ...tableRights(entry.table, at),
    ...(secrets.length > 0 ? [allow(["secretsmanager:GetSecretValue"], secrets)] : []),
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

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
