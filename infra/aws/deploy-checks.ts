import { DescribeSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { paginateListExecutions, paginateListStateMachines, type SFNClient } from "@aws-sdk/client-sfn";
import type { Config } from "../../functions/runtime/config.ts";
import {
  fillCommand,
  type SecretName,
  secretPurposes,
  secretSchemas,
} from "../../functions/runtime/secrets.ts";
import { secretShape } from "./secret-shape.ts";
import type { Settings } from "./settings.ts";
import { deployingFlows, flows } from "./state-machines.ts";

/** What the checks ask AWS with. */
export interface Clients {
  sfn: SFNClient;
  secretsManager: SecretsManagerClient;
}

/** A reason not to deploy, and what to do about it, for the person who wanted to. */
export class DeploymentRefused extends Error {
  override readonly name = "DeploymentRefused";
}

/** Values of the example that were left as they are: path and value of each. */
export function leftoverExamples(config: Config): string[] {
  const found: string[] = [];
  const visit = (value: unknown, path: string) => {
    if (typeof value === "string" && isExample(value)) found.push(`${path}: ${value}`);
    if (typeof value !== "object" || value === null) return;
    for (const [key, each] of Object.entries(value)) visit(each, path ? `${path}.${key}` : key);
  };
  visit(config, "");
  return found;
}

/** A host that nobody can own, or an id of Slack with zeros after its first letter, which Slack gives to nobody. */
function isExample(value: string): boolean {
  return /^https?:\/\/([^/]+\.)?example\.(com|org|net)\b/.test(value) || /^[UWCG]000[A-Z0-9]*$/.test(value);
}

/** ARNs of the installation's state machines, by flow. Empty before the first deployment. */
export async function installedFlows({ sfn }: Clients, { name }: Settings): Promise<Map<string, string>> {
  const ours = new Map(flows().map((flow) => [`${name}-${flow.name}`, flow.name]));
  const found = new Map<string, string>();
  for await (const page of paginateListStateMachines({ client: sfn }, {})) {
    for (const { name: machine = "", stateMachineArn = "" } of page.stateMachines ?? []) {
      const flow = ours.get(machine);
      if (flow) found.set(flow, stateMachineArn);
    }
  }
  return found;
}

/**
 * News, cleanups and firewall requests wait for people for days, and hold nothing: they go on with the code that they
 * began with.
 * @throws DeploymentRefused while a run is under way.
 */
export async function refuseDuringRun({ sfn }: Clients, installed: Map<string, string>): Promise<void> {
  const running: string[] = [];
  const deploying = new Set<string>(deployingFlows);
  for (const [flow, stateMachineArn] of installed) {
    if (!deploying.has(flow)) continue;
    const ask = { stateMachineArn, statusFilter: "RUNNING" } as const;
    for await (const page of paginateListExecutions({ client: sfn }, ask)) {
      running.push(...(page.executions ?? []).map((each) => each.name ?? ""));
    }
  }
  if (running.length === 0) return;
  throw new DeploymentRefused(
    `${running.join(", ")} ${running.length === 1 ? "is" : "are"} under way: deploy when that has ended.\n` +
      "If it cannot wait: npm run deploy -- --during-run. The run's steps stay as they were when it began; webhooks, " +
      "pages and the closing of dead runs are replaced at once.",
  );
}

type SecretState = "missing" | "empty" | "filled";

export async function secretStates(
  clients: Clients,
  { name }: Settings,
): Promise<Record<SecretName, SecretState>> {
  const names = Object.keys(secretSchemas) as SecretName[];
  const states = await Promise.all(names.map((each) => secretState(clients, `${name}/${each}`)));
  return Object.fromEntries(names.map((each, index) => [each, states[index]])) as Record<
    SecretName,
    SecretState
  >;
}

async function secretState({ secretsManager }: Clients, id: string): Promise<SecretState> {
  try {
    const { VersionIdsToStages: versions = {} } = await secretsManager.send(
      new DescribeSecretCommand({ SecretId: id }),
    );
    return Object.values(versions).some((stages) => stages.includes("AWSCURRENT")) ? "filled" : "empty";
  } catch (thrown) {
    if ((thrown as Error).name === "ResourceNotFoundException") return "missing";
    throw thrown;
  }
}

/** @throws DeploymentRefused where a removed installation left its secrets: a new one cannot have the same names. */
export function refuseLeftovers(
  states: Record<SecretName, SecretState>,
  { name, keptTable }: Settings,
): void {
  const left = Object.entries(states).filter(([, state]) => state !== "missing");
  if (keptTable || left.length === 0) return;
  throw new DeploymentRefused(
    `There is no installation ${name}, but secrets of one: ${left.map(([each]) => `${name}/${each}`).join(", ")}.\n` +
      "To use them again, with the table beside them: npm run deploy -- -c keptTable=NAME (the output TableName of the removed stack).\n" +
      "To begin anew, delete them: aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME",
  );
}

/** What is left to do after a deployment: the command for every secret that is empty. */
export function secretsToFill(states: Record<SecretName, SecretState>, { name }: Settings): string {
  const empty = (Object.keys(states) as SecretName[]).filter((each) => states[each] !== "filled");
  if (empty.length === 0) return "Every secret is filled.\n";
  const lines = empty.map(
    (each) =>
      `  ${secretPurposes[each]}\n    ${each}.json: ${secretShape(each)}\n    ${fillCommand(`${name}/${each}`, each)}\n`,
  );
  return `Still empty; README, "On AWS", says where each value comes from:\n\n${lines.join("\n")}`;
}
