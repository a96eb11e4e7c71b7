import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Duration, RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { CatalogEntry } from "../../functions/catalog.ts";
import type { Variable } from "../../functions/runtime/environment.ts";
import { type Bundle, configFile } from "../bundle.ts";
import { acknowledge, wildcard } from "./acknowledge.ts";
import { type Rightful, rightsOf, vpcRights } from "./rights.ts";

export interface FunctionsProps {
  /** First part of their names: `stablehand` makes `stablehand-OpenRun`. */
  installation: string;
  catalog: Record<string, CatalogEntry>;
  bundles: Record<string, Bundle>;
  environment: Record<Exclude<Variable, "STABLEHAND_CONFIG">, string>;
  rightful: Rightful;
  /** Gets the events that a function could not handle. */
  deadLetters: IQueue;
  /** Where the functions live that talk to the cluster; left out: outside of any VPC, as all others. */
  clusterNetwork?: { subnetIds: string[]; securityGroupIds: string[] };
}

/** One Lambda per entry of the catalog. */
export class Functions extends Construct {
  private readonly byName = new Map<string, LambdaFunction>();

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    for (const [name, entry] of Object.entries(props.catalog)) {
      this.byName.set(name, newFunction(this, name, entry, props));
    }
  }

  /** @throws Error when the catalog lacks it. */
  named(name: string): LambdaFunction {
    const found = this.byName.get(name);
    if (!found) throw new Error(`functions/catalog.ts has no function ${name}.`);
    return found;
  }

  get all(): [name: string, LambdaFunction][] {
    return [...this.byName];
  }
}

function newFunction(
  scope: Construct,
  name: string,
  entry: CatalogEntry,
  props: FunctionsProps,
): LambdaFunction {
  const { installation, bundles, environment, rightful, deadLetters, clusterNetwork } = props;
  const bundle = bundles[name];
  if (!bundle) throw new Error(`${name} was not bundled.`);
  const functionName = `${installation}-${name}`;
  const logGroup = new LogGroup(scope, `${name}Log`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.SIX_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const network = entry.secrets.includes("openshift") ? clusterNetwork : undefined;
  const rights = rightsOf(entry, logGroup.logGroupArn, rightful);
  const role = new Role(scope, `${name}Role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    inlinePolicies: {
      catalog: new PolicyDocument({ statements: network ? [...rights, vpcRights()] : rights }),
    },
  });
  acknowledge(role, {
    [wildcard(scope, "*")]: "X-Ray's actions, and EC2's for a function in a VPC, take no resource.",
  });
  if (entry.stateMachine.includes("describe") || entry.stateMachine.includes("history")) {
    const why = "The executions of our state machines: they are named after days to come.";
    for (const each of rightful.executions) acknowledge(role, { [wildcard(scope, each)]: why });
  }
  const made = new LambdaFunction(scope, name, {
    functionName,
    description: describe(entry),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(bundle.directory),
    handler: bundle.handler,
    memorySize: entry.memoryMb,
    timeout: Duration.seconds(entry.timeoutSeconds),
    environment: {
      ...environment,
      STABLEHAND_CONFIG: `/var/task/${configFile}`,
      POWERTOOLS_SERVICE_NAME: installation,
      NODE_OPTIONS: "--enable-source-maps",
    },
    // What it may do stands in rights.ts alone: constructs that would add to it are not heard.
    role: role.withoutPolicyUpdates(),
    logGroup,
    tracing: Tracing.ACTIVE,
    // A run that is under way goes on with the versions that its state machine named when it began.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    ...(entry.on ? asynchronous(deadLetters) : {}),
  });
  // Of the VPC nothing is known but these ids: to look it up would take an account at synthesis.
  if (!network) return made;
  (made.node.defaultChild as CfnFunction).vpcConfig = {
    subnetIds: network.subnetIds,
    securityGroupIds: network.securityGroupIds,
  };
  return made;
}

/** Nobody waits for an answer: Lambda tries again by itself, and then tells the queue. */
function asynchronous(
  deadLetters: IQueue,
): Pick<FunctionProps, "onFailure" | "retryAttempts" | "maxEventAge"> {
  return { onFailure: new SqsDestination(deadLetters), retryAttempts: 2, maxEventAge: Duration.hours(1) };
}

function describe({ states, routes, on, entry }: CatalogEntry): string {
  const serves = [...states, ...(routes ?? []), ...(on ? [`event: ${on}`] : [])].join(", ");
  return `${entry} (${serves})`.slice(0, 256);
}
