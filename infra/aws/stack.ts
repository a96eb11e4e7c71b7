import { CfnSecurityGroup } from "aws-cdk-lib/aws-ec2";
import { CfnOutput, Stack, type StackProps, Tags } from "aws-cdk-lib/core";
import type { Construct, IConstruct } from "constructs";
import type { CatalogEntry } from "../../functions/catalog.ts";
import type { Config } from "../../functions/runtime/config.ts";
import type { Flow } from "../../functions/services/step-functions.ts";
import { tableDefinition } from "../../functions/store/table.ts";
import type { Bundle } from "../bundle.ts";
import { Alarms } from "./alarms.ts";
import { Builds, type BuildsProps, buildProjectArn } from "./builds.ts";
import { RunDashboard } from "./dashboard.ts";
import { newDeadLetters } from "./dead-letters.ts";
import { Events } from "./events.ts";
import { Functions } from "./functions.ts";
import { WebApi } from "./http-api.ts";
import { SavedQueries } from "./queries.ts";
import { RunSchedule } from "./schedule.ts";
import type { Settings } from "./settings.ts";
import { executionArns, StateMachines, stateMachineArn, watchedFlows } from "./state-machines.ts";
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
    const machineArn = (flow: Flow) => stateMachineArn(this, installation, flow);
    const machineArns: Record<Flow, string> = {
      "weekly-deployment": machineArn("weekly-deployment"),
      "weekly-news": machineArn("weekly-news"),
      rollback: machineArn("rollback"),
      "registry-cleanup": machineArn("registry-cleanup"),
      "firewall-request": machineArn("firewall-request"),
    };

    const network = clusterNetwork(this, settings);
    const functions = new Functions(this, "Functions", {
      installation,
      catalog,
      bundles,
      deadLetters,
      environment: {
        STABLEHAND_TABLE: store.table.tableName,
        STABLEHAND_STATE_MACHINE: machineArns["weekly-deployment"],
        STABLEHAND_NEWS_STATE_MACHINE: machineArns["weekly-news"],
        STABLEHAND_ROLLBACK: machineArns.rollback,
        STABLEHAND_CLEANUP: machineArns["registry-cleanup"],
        STABLEHAND_FIREWALL: machineArns["firewall-request"],
        STABLEHAND_SECRETS: secretsPrefix,
        STABLEHAND_BUILDS: `${installation}-`,
        STABLEHAND_URL: web.url,
        STABLEHAND_CONSOLE: `https://${this.region}.console.aws.amazon.com/states/home?region=${this.region}#/v2/executions/details/{arn}`,
      },
      rightful: {
        table: store.table.tableArn,
        indexes: tableDefinition.indexes.map(({ name }) => `${store.table.tableArn}/index/${name}`),
        secrets: store.secrets,
        flows: machineArns,
        executions: watchedFlows.map((flow) => executionArns(this, installation, flow)),
        deadLetters: deadLetters.queueArn,
        builds: {
          "read-vault": buildProjectArn(this, installation, "read-vault"),
          "apply-objects": buildProjectArn(this, installation, "apply-objects"),
        },
      },
      clusterNetwork: network,
    });
    if (config.objects) {
      const builds = new Builds(this, "Builds", {
        installation,
        secrets: store.secrets,
        clusterNetwork: network,
      });
      Tags.of(builds).add("part", "builds");
    }
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
    tellAddresses(this, web, machineArns, store.table.tableName);
  }
}

/** Out of it everything may go: besides the cluster, these functions and jobs reach Quay, GitHub and AWS. */
function clusterNetwork(scope: Construct, { vpcId, subnetIds }: Settings): BuildsProps["clusterNetwork"] {
  if (!vpcId || !subnetIds) return undefined;
  const securityGroup = new CfnSecurityGroup(scope, "ToCluster", {
    vpcId,
    groupDescription: "Functions of Stablehand that talk to the cluster",
  });
  return { vpcId, subnetIds, securityGroupIds: [securityGroup.attrGroupId] };
}

/** So that the bill can be read by installation and by part. */
function tagCosts(stack: Stack, installation: string, parts: Record<string, IConstruct>): void {
  Tags.of(stack).add("application", "stablehand");
  Tags.of(stack).add("installation", installation);
  for (const [name, part] of Object.entries(parts)) Tags.of(part).add("part", name);
}

/** What a person needs afterwards, to set up the other systems. */
function tellAddresses(stack: Stack, web: WebApi, machines: Record<Flow, string>, table: string): void {
  const outputs: [name: string, value: string | undefined, description: string][] = [
    ["Url", web.url, "Pages and webhooks. Open it in no browser: links come by direct message."],
    ["GitHubWebhook", `${web.url}/webhooks/github`, "Webhook URL of the GitHub App."],
    ["SlackRequests", `${web.url}/webhooks/slack`, "Interactivity request URL of the Slack app."],
    [
      "QuayNotifications",
      `${web.url}/webhooks/quay/SECRET`,
      "URL of Quay's notifications; SECRET is one of the secret quay's webhookSecrets.",
    ],
    ["StateMachine", machines["weekly-deployment"], "The weekly deployment."],
    ["Rollback", machines.rollback, "The rollback: STABLEHAND_ROLLBACK of npm run rollback."],
    ["TableName", table, "What keptTable names when the stack is installed again."],
    ["DnsTarget", web.dnsTarget, "Where a CNAME of domainName has to point."],
  ];
  for (const [name, value, description] of outputs) {
    if (value !== undefined) new CfnOutput(stack, name, { value, description });
  }
}
