import { readFileSync } from "node:fs";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { type ConfigInput, parseConfig } from "../../functions/runtime/config.ts";
import { configs, deployed } from "../config/index.ts";
import {
  type Clients,
  DeploymentRefused,
  installedFlows,
  leftoverExamples,
  refuseDuringRun,
  refuseLeftovers,
  secretStates,
  secretsToFill,
} from "./deploy-checks.ts";
import { readSettings, type Settings, settingsHelp } from "./settings.ts";

export interface DeployTools {
  /** Runs CDK's CLI with these arguments; resolves to its exit code. */
  cdk(args: string[]): Promise<number>;
  write(text: string): void;
}

const duringRun = "--during-run";

/**
 * Deploys after looking whether that is wise: a whole configuration, no run under way, no leftovers in the way.
 * Arguments that are not ours are CDK's.
 * @returns the exit code: 2 when it was refused, else CDK's.
 */
export async function deploy(
  argv: string[],
  { cdk, write }: DeployTools,
  config: ConfigInput = configs[deployed],
): Promise<number> {
  if (argv.includes("--help")) {
    write(help());
    return 0;
  }
  try {
    const settings = readSettings(contextOf(argv));
    refuseExamples(config);
    const clients = { sfn: new SFNClient({}), secretsManager: new SecretsManagerClient({}) };
    await lookAtAws(clients, settings, argv.includes(duringRun));
    const code = await cdk(["deploy", ...argv.filter((each) => each !== duringRun)]);
    if (code === 0) write(`\n${secretsToFill(await secretStates(clients, settings), settings)}`);
    return code;
  } catch (thrown) {
    write(`${explain(thrown)}\n`);
    return 2;
  }
}

async function lookAtAws(clients: Clients, settings: Settings, evenDuringRun: boolean): Promise<void> {
  const installed = await installedFlows(clients, settings);
  if (installed.size === 0) refuseLeftovers(await secretStates(clients, settings), settings);
  if (!evenDuringRun) await refuseDuringRun(clients, installed);
}

function refuseExamples(config: ConfigInput): void {
  const examples = leftoverExamples(parseConfig(config));
  if (examples.length === 0) return;
  throw new DeploymentRefused(
    `infra/config/${deployed}.ts still has values of the example:\n${examples.map((each) => `  ${each}`).join("\n")}`,
  );
}

/** cdk.json's context, and over it `-c name=value`: as CDK reads them. */
function contextOf(argv: string[]): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8")) as {
    context: Record<string, unknown>;
  };
  const given = argv.flatMap((each, index) => {
    const inline = /^(?:-c|--context)=(.*)$/.exec(each)?.[1];
    const pair = inline ?? (each === "-c" || each === "--context" ? argv[index + 1] : undefined);
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair ?? "") ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  return { ...context, ...Object.fromEntries(given) };
}

/** Credentials and region are what fails first on a new machine. */
function explain(thrown: unknown): string {
  const { name, message } = thrown as Error;
  if (name === "DeploymentRefused" || name === "BadConfiguration") return message;
  if (
    name === "CredentialsProviderError" ||
    /^(UnrecognizedClient|ExpiredToken|InvalidClientToken)/.test(name)
  ) {
    return `AWS does not know us (${message}): log in, for example by aws sso login, or set AWS_PROFILE.`;
  }
  if (/region is missing/i.test(message))
    return "Which region? Set AWS_REGION, or a region for your AWS profile.";
  if (/^AccessDenied/.test(name)) return `AWS does not let us look before we deploy: ${message}`;
  throw thrown;
}

function help(): string {
  const settings = settingsHelp.map(
    ({ name, help, fallback }) =>
      `  ${name.padEnd(16)}${help}${fallback === null ? "" : ` Default: ${fallback}.`}`,
  );
  return `Looks whether a deployment is wise, and then runs cdk deploy.

Usage: npm run deploy -- [-c SETTING=VALUE …] [${duringRun}] [options of cdk deploy]

  ${duringRun}    although a run is under way

Settings, all optional; those that should hold for the next deployment too belong under "context" in cdk.json:

${settings.join("\n")}
`;
}
