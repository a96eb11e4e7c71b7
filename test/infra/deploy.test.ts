import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { ConfigInput } from "../../functions/runtime/config.ts";
import { secretSchemas } from "../../functions/runtime/secrets.ts";
import { deploy } from "../../infra/aws/deploy.ts";
import { packit } from "../../infra/config/packit.ts";
import { AwsError, type AwsJsonServer, operation, startAwsJson } from "../../infra/local/aws-json.ts";

const machines = "arn:aws:states:eu-central-1:000000000000:stateMachine";
const names = Object.keys(secretSchemas);

/** The example, with every placeholder filled in. */
const config: ConfigInput = JSON.parse(
  JSON.stringify(packit)
    .replaceAll(/"([UC])0000*([A-Z]+)"/g, '"$1012$2"')
    .replaceAll(".example.com", ".cluster.packit.dev"),
);

let servers: AwsJsonServer[];
/** Of the account: state machines, what runs of each, and secrets. */
let account: { machines: string[]; running: Record<string, string[]>; secrets: Map<string, boolean> };
let refusal: AwsError | null;
let cdk: string[][];
let written: string;

const run = async (argv: string[] = [], given = config) =>
  await deploy(
    argv,
    {
      cdk: async (args) => {
        cdk.push(args);
        return 0;
      },
      write: (text) => {
        written += text;
      },
    },
    given,
  );

beforeEach(async () => {
  account = { machines: [], running: {}, secrets: new Map() };
  refusal = null;
  cdk = [];
  written = "";
  servers = [
    await startAwsJson({
      target: "AWSStepFunctions",
      version: "1.0",
      operations: {
        ListStateMachines: () => {
          if (refusal) throw refusal;
          const stateMachines = account.machines.map((name) => ({
            name,
            stateMachineArn: `${machines}:${name}`,
            type: "STANDARD",
            creationDate: 1,
          }));
          return { stateMachines };
        },
        ListExecutions: operation(
          z.object({ stateMachineArn: z.string(), statusFilter: z.literal("RUNNING") }),
          ({ stateMachineArn }) => {
            const names = account.running[stateMachineArn.slice(machines.length + 1)] ?? [];
            return { executions: names.map((name) => ({ name })) };
          },
        ),
      },
    }),
    await startAwsJson({
      target: "secretsmanager",
      version: "1.1",
      operations: {
        DescribeSecret: operation(z.object({ SecretId: z.string() }), ({ SecretId }) => {
          const filled = account.secrets.get(SecretId);
          if (filled === undefined) throw new AwsError("ResourceNotFoundException", "None.");
          return { Name: SecretId, ...(filled ? { VersionIdsToStages: { v1: ["AWSCURRENT"] } } : {}) };
        }),
      },
    }),
  ];
  const [sfn, secretsManager] = servers;
  vi.stubEnv("AWS_ENDPOINT_URL_SFN", sfn?.url);
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", secretsManager?.url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.map((each) => each.close()));
});

describe("npm run deploy", () => {
  it("deploys for the first time, and tells how to fill each secret", async () => {
    const cdkMakesSecrets = () => {
      for (const name of names) account.secrets.set(`stablehand/${name}`, name === "links");
    };
    expect(await run(["-c", "alarmEmail=team@example.org", "--require-approval", "never"])).toBe(0);
    expect(cdk).toEqual([["deploy", "-c", "alarmEmail=team@example.org", "--require-approval", "never"]]);
    for (const name of names) expect(written).toContain(`--secret-id stablehand/${name} `);

    written = "";
    cdkMakesSecrets();
    account.machines = ["stablehand-weekly-deployment"];
    expect(await run()).toBe(0);
    expect(written).toContain(
      "aws secretsmanager put-secret-value --secret-id stablehand/matrix --secret-string file://matrix.json",
    );
    expect(written).toContain('matrix.json: {"userId": "…", "accessToken": "…"}');
    expect(written).not.toContain("--secret-id stablehand/links");
  });

  it("deploys again while nothing runs, whatever runs elsewhere in the account", async () => {
    account.machines = ["stablehand-weekly-deployment", "somebody-elses"];
    account.running = { "somebody-elses": ["busy"] };
    for (const name of names) account.secrets.set(`stablehand/${name}`, true);
    expect(await run()).toBe(0);
    expect(written).toContain("Every secret is filled.");
  });

  it("refuses while a run is under way, and says which", async () => {
    account.machines = ["stablehand-weekly-deployment"];
    account.running = { "stablehand-weekly-deployment": ["weekly-2026-11-23"] };
    expect(await run()).toBe(2);
    expect(cdk).toEqual([]);
    expect(written).toMatch(/^weekly-2026-11-23 is under way: deploy when that has ended\.\n.*--during-run/);
  });

  it("does not wait for news, which wait for their reviewer for days", async () => {
    account.machines = ["stablehand-weekly-deployment", "stablehand-weekly-news"];
    account.running = { "stablehand-weekly-news": ["news-weekly-2026-11-23"] };
    expect(await run()).toBe(0);
  });

  it("does not wait for cleanups and firewall requests, which take days and change nothing of production", async () => {
    account.machines = ["stablehand-registry-cleanup", "stablehand-firewall-request"];
    account.running = {
      "stablehand-registry-cleanup": ["cleanup-2026-12-01"],
      "stablehand-firewall-request": ["firewall-1"],
    };
    expect(await run()).toBe(0);
  });

  it("goes on although a run is under way, when it is told to", async () => {
    account.machines = ["stablehand-weekly-deployment"];
    account.running = { "stablehand-weekly-deployment": ["weekly-2026-11-23"] };
    expect(await run(["--during-run"])).toBe(0);
    expect(cdk).toEqual([["deploy"]]);
  });

  it("looks at the installation that the settings name", async () => {
    account.machines = ["hand2-weekly-deployment"];
    account.running = { "hand2-weekly-deployment": ["hotfix-2026-11-24"] };
    expect(await run()).toBe(0);
    expect(await run(["--context=name=hand2"])).toBe(2);
  });

  it("refuses when a removed installation left its secrets, unless they are to be used", async () => {
    account.secrets.set("stablehand/github", true);
    expect(await run()).toBe(2);
    expect(written).toContain("There is no installation stablehand, but secrets of one: stablehand/github.");
    expect(await run(["-c", "keptTable=stablehand-Store-1"])).toBe(0);
  });

  it("refuses a configuration with values of the example", async () => {
    expect(await run([], packit)).toBe(2);
    expect(written).toContain("  people.0.slack: U00000ADA\n");
    expect(written).toContain("  clusters.production.apiUrl: https://api.production.example.com:6443\n");
    expect(cdk).toEqual([]);
  });

  it("refuses a setting that there is none of", async () => {
    expect(await run(["-c", "alarmMail=team@example.org"])).toBe(2);
    expect(written).toContain("alarmMail: is no known setting");
  });

  it.each([
    [
      new AwsError("UnrecognizedClientException", "The token is invalid."),
      /^AWS does not know us .*aws sso login/,
    ],
    [new AwsError("AccessDeniedException", "No states:ListStateMachines."), /^AWS does not let us look/],
  ])("says what to do when AWS answers %s", async (error, message) => {
    refusal = error;
    expect(await run()).toBe(2);
    expect(written).toMatch(message);
    expect(cdk).toEqual([]);
  });

  it("passes CDK's failure on, and then tells nothing of secrets", async () => {
    const write = vi.fn();
    expect(await deploy([], { cdk: async () => 1, write }, config)).toBe(1);
    expect(write).not.toHaveBeenCalled();
  });

  it("explains every setting", async () => {
    expect(await run(["--help"])).toBe(0);
    for (const name of [
      "name",
      "alarmEmail",
      "domainName",
      "certificateArn",
      "vpcId",
      "subnetIds",
      "keptTable",
    ]) {
      expect(written).toMatch(new RegExp(`^ {2}${name} +\\w.{20,}`, "m"));
    }
  });
});
