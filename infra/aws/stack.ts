import { CfnSecurityGroup } from "aws-cdk-lib/aws-ec2";
import { CfnOutput, Stack, type StackProps, Tags } from "aws-cdk-lib/core";
import type { Construct, IConstruct } from "constructs";
import type { CatalogEntry } from "../../functions/catalog.ts";
import type { Config } from "../../functions/runtime/config.ts";
import { tableDefinition } from "../../functions/store/table.ts";
import type { Bundle } from "../bundle.ts";
import { Alarms } from "./alarms.ts";
import { RunDashboard } from "./dashboard.ts";
import { newDeadLetters } from "./dead-letters.ts";
import { Events } from "./events.ts";
import { Functions, type FunctionsProps } from "./functions.ts";
import { WebApi } from "./http-api.ts";
import { SavedQueries } from "./queries.ts";
import { RunSchedule } from "./schedule.ts";
import type { Settings } from "./settings.ts";
import { executionArns, flows, StateMachines, stateMachineArn, weekly } from "./state-machines.ts";
import { Store } from "./store.ts";

export interface StablehandProps extends StackProps {
  settings: Settings;
  config: Config;
  catalog: Record<string, CatalogEntry>;
  bundles: Record<string, Bundle>;
}

/** Everything that Stablehand is on AWS. */
export class StablehandStack extends Stack {
  constructor(scope: Construct, props: StablehandProps) {
    const { settings, config, catalog, bundles, ...stackProps } = props;
    const installation = settings.name;
    super(scope, installation, {
      description: "Stablehand: the weekly production deployment",
      ...stackProps,
    });

    const secretsPrefix = `${installation}/`;
    const store = new Store(this, "Store", { secretsPrefix, keptTable: settings.keptTable });
    const deadLetters = newDeadLetters(this, "DeadLetters");
    const web = new WebApi(this, "Web", settings);
    const stateMachine = stateMachineArn(this, installation, weekly);

    const functions = new Functions(this, "Functions", {
      installation,
      catalog,
      bundles,
      deadLetters,
      environment: {
        STABLEHAND_TABLE: store.table.tableName,
        STABLEHAND_STATE_MACHINE: stateMachine,
        STABLEHAND_SECRETS: secretsPrefix,
        STABLEHAND_URL: web.url,
      },
      rightful: {
        table: store.table.tableArn,
        indexes: tableDefinition.indexes.map(({ name }) => `${store.table.tableArn}/index/${name}`),
        secrets: store.secrets,
        flows: Object.fromEntries(
          flows().map(({ name }) => [
            name,
            {
              stateMachine: stateMachineArn(this, installation, name),
              executions: executionArns(this, installation, name),
            },
          ]),
        ),
        deadLetters: deadLetters.queueArn,
      },
      clusterNetwork: clusterNetwork(this, settings),
    });
    web.connect(catalog, functions);
    const machines = new StateMachines(this, "Flows", { installation, functions });
    const schedule = new RunSchedule(this, "Schedule", {
      installation,
      schedule: config.schedule,
      cleanup: config.cleanup,
      functions,
      deadLetters,
    });

    const watched = { installation, deadLetters, api: web.api, stateMachines: machines.all };
    const alarms = new Alarms(this, "Alarms", { ...watched, email: settings.alarmEmail });
    const events = new Events(this, "Events", { ...watched, catalog, functions, topic: alarms.topic });
    new RunDashboard(this, "Overview", { ...watched, functions, alarms: alarms.all });
    new SavedQueries(this, "Queries", {
      installation,
      logGroups: functions.all.map(([, each]) => each.logGroup),
    });

    const parts = { store, deadLetters, web, functions, flows: machines, schedule, alarms, events };
    tagCosts(this, installation, parts);
    tellAddresses(this, web, stateMachine, store.table.tableName);
  }
}

/** Out of it everything may go: besides the cluster, these functions reach Quay, GitHub and AWS. */
function clusterNetwork(scope: Construct, { vpcId, subnetIds }: Settings): FunctionsProps["clusterNetwork"] {
  if (!vpcId || !subnetIds) return undefined;
  const securityGroup = new CfnSecurityGroup(scope, "ToCluster", {
    vpcId,
    groupDescription: "Functions of Stablehand that talk to the cluster",
  });
  return { subnetIds, securityGroupIds: [securityGroup.attrGroupId] };
}

/** So that the bill can be read by installation and by part. */
function tagCosts(stack: Stack, installation: string, parts: Record<string, IConstruct>): void {
  Tags.of(stack).add("application", "stablehand");
  Tags.of(stack).add("installation", installation);
  for (const [name, part] of Object.entries(parts)) Tags.of(part).add("part", name);
}

/** What a person needs afterwards, to set up the other systems. */
function tellAddresses(stack: Stack, web: WebApi, stateMachine: string, table: string): void {
  const outputs: [name: string, value: string | undefined, description: string][] = [
    ["Url", web.url, "Pages and webhooks. Open it in no browser: links come by direct message."],
    ["GitHubWebhook", `${web.url}/webhooks/github`, "Webhook URL of the GitHub App."],
    ["SlackRequests", `${web.url}/webhooks/slack`, "Interactivity request URL of the Slack app."],
    [
      "QuayNotifications",
      `${web.url}/webhooks/quay/SECRET`,
      "URL of Quay's notifications; SECRET is one of the secret quay's webhookSecrets.",
    ],
    ["StateMachine", stateMachine, "The weekly deployment."],
    ["TableName", table, "What keptTable names when the stack is installed again."],
    ["DnsTarget", web.dnsTarget, "Where a CNAME of domainName has to point."],
  ];
  for (const [name, value, description] of outputs) {
    if (value !== undefined) new CfnOutput(stack, name, { value, description });
  }
}
