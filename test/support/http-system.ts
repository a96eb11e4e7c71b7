import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from "aws-lambda";
import { z } from "zod";
import type { HealthReport } from "../../functions/domain/health-report.ts";
import { decisionKey } from "../../functions/domain/keys.ts";
import type { PromotionPlan } from "../../functions/domain/promotion-plan.ts";
import { handler as pages } from "../../functions/http/pages.tsx";
import { handler as runPages } from "../../functions/http/run-pages.tsx";
import { handler as webhooks } from "../../functions/http/webhooks.ts";
import type { ConfigInput } from "../../functions/runtime/config.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { type Run, runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { writeDrawings } from "../../infra/bundle.ts";
import { packit } from "../../infra/config/packit.ts";
import { AwsError, operation, startAwsJson } from "../../infra/local/aws-json.ts";
import { localTable, startDynamoDB } from "../../infra/local/dynamodb.ts";
import { startHttpApi } from "../../infra/local/http-api.ts";
import { startSecretsManager } from "../../infra/local/secrets-manager.ts";
import { planOf, repositoryState, sha } from "./repository-states.ts";

/** Secrets of the tests; two of each, as while one is rotated. */
export const secrets = {
  github: ["github-webhook-secret-new", "github-webhook-secret-old"],
  quay: ["quay-webhook-secret-new", "quay-webhook-secret-old"],
  slack: ["slack-signing-secret-new", "slack-signing-secret-old"],
  links: ["links-signing-key-new-0123456789abcdef", "links-signing-key-old-0123456789abcdef"],
} as const;

export interface HttpSystem {
  url: string;
  /** What was resumed, in order. */
  resumed: { token: string; output: unknown }[];
  /** Executions that were started, in order. */
  started: { stateMachine: string; name: string; input: unknown }[];
  /** What people were told by the `response_url` that `replyUrl` is. */
  replies: { response_type?: string; text?: string }[];
  replyUrl: string;
  /** What was posted by Slack's API. */
  posts: SlackPost[];
  /** While true, Slack's API never answers. */
  slackSilent: boolean;
  /** While true, Step Functions answers 500. */
  outage: boolean;
  close(): Promise<void>;
}

export interface SlackPost {
  channel: string;
  text: string;
  blocks: { type: string; elements?: { action_id?: string; value?: string }[] }[];
}

/** The HTTP API over real HTTP, on a real DynamoDB API, with Secrets Manager and the end of Step Functions. */
export async function startHttpSystem(changes: Partial<ConfigInput> = {}): Promise<HttpSystem> {
  const folder = mkdtempSync(join(tmpdir(), "stablehand-http-"));
  const system: Omit<HttpSystem, "url" | "close" | "replyUrl"> = {
    resumed: [],
    started: [],
    replies: [],
    posts: [],
    slackSilent: false,
    outage: false,
  };
  const dynamodb = await startDynamoDB({ path: null });
  const secretsManager = await startSecretsManager(secretValues());
  const stepFunctions = await startAwsJson({
    target: "AWSStepFunctions",
    version: "1.0",
    operations: {
      SendTaskSuccess: operation(z.object({ taskToken: z.string(), output: z.string() }), (input) => {
        if (system.outage) throw new AwsError("InternalServerError", "Out of order.", 500);
        if (system.resumed.some(({ token }) => token === input.taskToken)) {
          throw new AwsError("TaskTimedOut", "This token was used.");
        }
        system.resumed.push({ token: input.taskToken, output: JSON.parse(input.output) });
        return {};
      }),
      GetExecutionHistory: operation(z.object({ executionArn: z.string() }), ({ executionArn }) => {
        if (system.outage) throw new AwsError("InternalServerError", "Out of order.", 500);
        throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}'`);
      }),
      StartExecution: operation(
        z.object({ stateMachineArn: z.string(), name: z.string(), input: z.string() }),
        ({ stateMachineArn, name, input }) => {
          if (system.outage) throw new AwsError("InternalServerError", "Out of order.", 500);
          if (system.started.some((each) => each.name === name)) {
            throw new AwsError("ExecutionAlreadyExists", "The name is taken.");
          }
          system.started.push({ stateMachine: stateMachineArn, name, input: JSON.parse(input) });
          return { executionArn: `arn:${name}`, startDate: 0 };
        },
      ),
    },
  });
  const slack = await startSlack(system);
  const api = await startHttpApi({
    port: 0,
    invoke: async (name, event) => await lambdas[name](event),
  });

  const configFile = join(folder, "config.json");
  const config: ConfigInput = {
    ...packit,
    ...changes,
    slack: { ...packit.slack, apiUrl: `${slack.url}/api` },
  };
  writeFileSync(configFile, JSON.stringify(config));
  await writeDrawings(folder);
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_MAX_ATTEMPTS: "1",
    POWERTOOLS_LOG_LEVEL: "WARN",
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_SFN: stepFunctions.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    STABLEHAND_CONFIG: configFile,
    STABLEHAND_TABLE: localTable,
    STABLEHAND_SECRETS: "stablehand/",
    STABLEHAND_URL: api.url,
    STABLEHAND_FIREWALL: "arn:aws:states:eu-central-1:000000000000:stateMachine:stablehand-firewall-request",
    STABLEHAND_STATE_MACHINE:
      "arn:aws:states:eu-central-1:000000000000:stateMachine:stablehand-weekly-deployment",
  });
  forgetLazyValues();
  return Object.assign(system, {
    url: api.url,
    replyUrl: `${slack.url}/actions/reply`,
    close: async () => {
      await api.close();
      await Promise.all([dynamodb, secretsManager, stepFunctions, slack].map((each) => each.close()));
      rmSync(folder, { recursive: true });
      forgetLazyValues();
    },
  });
}

/** The handlers as deployed; events and results go through JSON, as they do on AWS. */
const lambdas = { Webhooks: asLambda(webhooks), Pages: asLambda(pages), RunPages: asLambda(runPages) };

type HonoHandler = (event: never) => Promise<unknown>;

function asLambda(handler: HonoHandler) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2> => {
    const result = await handler(JSON.parse(JSON.stringify(event)) as never);
    return JSON.parse(JSON.stringify(result)) as APIGatewayProxyResultV2;
  };
}

function secretValues(): Record<string, object> {
  return {
    "stablehand/github": {
      appId: 1,
      privateKey: "none",
      installationId: 1,
      webhookSecrets: secrets.github,
    },
    "stablehand/quay": { token: "none", webhookSecrets: secrets.quay },
    "stablehand/slack": { botToken: "none", signingSecrets: secrets.slack },
    "stablehand/links": { signingKeys: secrets.links },
  };
}

/** The end of Slack: takes answers to presses, and posts. */
async function startSlack(system: Pick<HttpSystem, "replies" | "posts" | "slackSilent">) {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url !== "/api/chat.postMessage") {
      system.replies.push(JSON.parse(body));
      response.end("ok");
      return;
    }
    const { channel = "", text: said = "", blocks = "[]" } = Object.fromEntries(new URLSearchParams(body));
    system.posts.push({ channel, text: said, blocks: JSON.parse(blocks) });
    if (system.slackSilent) return;
    const answer = { ok: true, channel, ts: `${system.posts.length}.000000` };
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A week as it comes: moves, a rebuild, migrations, a branch that diverged, and one repository that is even. */
export function samplePlan(): PromotionPlan {
  const build = { dispatch: true };
  const service = repositoryState("packit-service", { ahead: 4, build, waitsFor: ["ogr", "packit"] });
  service.migrations = "alembic/versions/";
  service.comparison?.files.push({ path: "alembic/versions/f4e1c2_add_scans.py", status: "added" });
  return planOf([
    repositoryState("ogr", { ahead: 3 }),
    repositoryState("specfile"),
    repositoryState("packit", { ahead: 2, waitsFor: ["ogr", "specfile"] }),
    repositoryState("sandcastle", { build, waitsFor: ["packit"] }),
    repositoryState("dashboard", { ahead: 2, own: 2, build: { dispatch: false } }),
    service,
  ]);
}

/** As bad as it gets: everything warns, and titles are long. */
export function badWeek(): { plan: PromotionPlan; report: HealthReport; run: Partial<Run> } {
  const plan = samplePlan();
  const long =
    "Really long words: feat(packit-service)!: reject_unsigned_builds_of_unknown_copr_projects_by_default ";
  for (const repository of plan.repositories) {
    for (const commit of repository.commits) commit.title = `${commit.title} ${long.repeat(2)}`;
    if (repository.name === "sandcastle") repository.buildBy = "person";
    if (repository.name === "packit") repository.ownCommits = samplePlan().repositories[4]?.ownCommits ?? [];
  }
  const checks = sampleReport.checks.map((each) => ({ ...each, verdict: "failed" as const }));
  return {
    plan,
    report: { ...sampleReport, verdict: "failed", checks },
    run: {
      windowEnd: new Date().toISOString(),
      duty: { login: "ben-packit", how: "backup", note: "Ada is away." },
    },
  };
}

export const sampleReport: HealthReport = {
  environment: "staging",
  takenAt: "2026-11-23T12:00:30Z",
  verdict: "ok",
  checks: [
    {
      id: "pods",
      name: "Pods",
      verdict: "ok",
      summary: "All 9 pods run and are ready.",
      evidence: ["packit-service-7d9f: Running, ready", "packit-worker-short-running-0: Running, ready"],
      problems: [],
      link: "https://console.example.com/pods",
    },
    {
      id: "healthz",
      name: "Health endpoint",
      verdict: "ok",
      summary: "The service says it is healthy.",
      evidence: ["GET /api/healthz: ok"],
      problems: [],
      link: null,
    },
    ...["Workloads", "Images", "Versions", "Validation", "Queues"].map((name) => ({
      id: name.toLowerCase(),
      name,
      verdict: "ok" as const,
      summary: "All as it should be.",
      evidence: [`${name}: fine`],
      problems: [],
      link: null,
    })),
    {
      id: "sentry",
      name: "Sentry",
      verdict: "ok",
      summary: "No new unresolved issue in the last 168 hours.",
      evidence: [],
      problems: [],
      link: "https://sentry.io/organizations/packit/issues/",
    },
  ],
};

let runNumber = 0;

/** A running run that asks `approval-1`; each has an id of its own. */
export async function askingRun(
  changes: { plan?: PromotionPlan; report?: HealthReport | null; run?: Partial<Run> } = {},
): Promise<{ run: Run; plan: PromotionPlan; token: string }> {
  const { plan = samplePlan(), report = sampleReport } = changes;
  const id = `weekly-2026-11-23-${++runNumber}`;
  const now = Date.now();
  const run: Run = {
    id,
    kind: "weekly",
    purpose: "",
    only: [],
    supersedes: null,
    execution: `arn:aws:states:eu-central-1:000000000000:execution:weekly-deployment:${id}`,
    scheduledFor: new Date(now).toISOString(),
    openedAt: new Date(now).toISOString(),
    endedAt: null,
    status: "running",
    reason: null,
    duty: { login: "ada-packit", how: "assigned", note: null },
    decision: null,
    approvedAt: null,
    planVersion: plan.version,
    expectedEnd: null,
    windowEnd: new Date(now + 120 * 60_000).toISOString(),
    ...changes.run,
  };
  await runs().open(run);
  await runs().savePlan(id, plan);
  if (report) await runs().saveReport(id, "staging", report);
  const token = `task-token-of-${id}`;
  await waits().register({
    id: `${id}/approval-1`,
    run: id,
    keys: [decisionKey(id, "approval-1")],
    after: {},
    token,
  });
  return { run, plan, token };
}

export { sha };
