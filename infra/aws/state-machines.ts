import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { ArnFormat, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { parse } from "yaml";
import type { Flow } from "../../functions/services/step-functions.ts";
import { acknowledge, wildcard } from "./acknowledge.ts";
import type { Functions } from "./functions.ts";

/** The flows: the name of each (`weekly-deployment`) and its definition. */
export function flows(): { name: string; definition: unknown }[] {
  const folder = fileURLToPath(new URL("../../statemachine/", import.meta.url));
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension))
    .sort()
    .map((file) => ({
      name: basename(file, extension),
      definition: parse(readFileSync(`${folder}${file}`, "utf8")) as unknown,
    }));
}

const extension = ".asl.yaml";
/** The flows that change production. */
export const deployingFlows: readonly Flow[] = ["weekly-deployment", "rollback"];
/** The flows whose executions functions ask about: all but the news. */
export const watchedFlows: readonly Flow[] = [...deployingFlows, "registry-cleanup", "firewall-request"];

/**
 * The ARN of a flow from its name. The functions get it so, since a state machine names its functions: asked of the
 * resource itself, each would have to be made before the other.
 */
export function stateMachineArn(scope: Construct, installation: string, flow: string): string {
  return Stack.of(scope).formatArn({
    service: "states",
    resource: "stateMachine",
    resourceName: `${installation}-${flow}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Every execution of a flow. */
export function executionArns(scope: Construct, installation: string, flow: string): string {
  return Stack.of(scope).formatArn({
    service: "states",
    resource: "execution",
    resourceName: `${installation}-${flow}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

export interface StateMachinesProps {
  /** First part of their names: `stablehand` makes `stablehand-weekly-deployment`. */
  installation: string;
  functions: Functions;
}

/** One state machine per file in `statemachine/`. */
export class StateMachines extends Construct {
  readonly all: StateMachine[];

  constructor(scope: Construct, id: string, { installation, functions }: StateMachinesProps) {
    super(scope, id);
    this.all = flows().map(({ name, definition }) =>
      newStateMachine(this, installation, name, definition, functions),
    );
  }
}

function newStateMachine(
  scope: Construct,
  installation: string,
  name: string,
  definition: unknown,
  functions: Functions,
): StateMachine {
  const stateMachineName = `${installation}-${name}`;
  const text = JSON.stringify(definition);
  const called = [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, found]) => found as string))].sort();
  const machine = new StateMachine(scope, name, {
    stateMachineName,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(text),
    // Versions, not functions: a run that is under way keeps the code it began with.
    definitionSubstitutions: Object.fromEntries(
      called.map((each) => [each, functions.named(each).currentVersion.functionArn]),
    ),
    tracingEnabled: true,
    logs: {
      destination: new LogGroup(scope, `${name}-log`, {
        // Under this prefix the log needs no resource policy of its own, of which an account has ten.
        logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
        retention: RetentionDays.SIX_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      level: LogLevel.ALL,
      // Tokens, names of people and words of errors stand in it.
      includeExecutionData: false,
    },
  });
  const versions = called.map((each) => `${functions.named(each).functionArn}:*`);
  machine.addToRolePolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: versions }));
  acknowledge(machine, { [wildcard(scope, "*")]: "X-Ray and the delivery of logs take no resource." });
  for (const resource of versions) {
    const why = "All versions of this function, since a run goes on with the one it began with.";
    acknowledge(machine, { [wildcard(scope, resource)]: why });
  }
  return machine;
}
