import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { packit } from "../../infra/config/packit.ts";
import { AwsError, operation, startAwsJson } from "../../infra/local/aws-json.ts";
import { startSecretsManager } from "../../infra/local/secrets-manager.ts";

/** What the functions behind the schedule reach: Step Functions, secrets and Slack, all of them only as far as needed. */
export interface ScheduledSystem {
  /** Executions by name: what each was started with. */
  executions: Map<string, unknown>;
  /** What stands in Slack, by channel. */
  posts: { channel: string; text: string }[];
  close(): Promise<void>;
}

const stateMachine = "arn:aws:states:eu-central-1:000000000000:stateMachine:stablehand-weekly-deployment";

/** Sets the environment that the functions read. */
export async function startScheduledSystem(): Promise<ScheduledSystem> {
  const executions: ScheduledSystem["executions"] = new Map();
  const posts: ScheduledSystem["posts"] = [];
  const stepFunctions = await startAwsJson({
    target: "AWSStepFunctions",
    version: "1.0",
    operations: {
      StartExecution: operation(z.object({ name: z.string(), input: z.string() }), ({ name, input }) => {
        if (executions.has(name)) throw new AwsError("ExecutionAlreadyExists", "It does.");
        executions.set(name, JSON.parse(input));
        return { executionArn: `${stateMachine.replace("stateMachine", "execution")}:${name}`, startDate: 1 };
      }),
      DescribeExecution: operation(z.object({ executionArn: z.string() }), ({ executionArn }) => {
        const name = executionArn.replace(`${stateMachine.replace("stateMachine", "execution")}:`, "");
        if (!executions.has(name)) throw new AwsError("ExecutionDoesNotExist", "It does not.");
        return { executionArn, stateMachineArn: stateMachine, status: "RUNNING", startDate: 1 };
      }),
    },
  });
  const secretsManager = await startSecretsManager({
    "stablehand/slack": { botToken: "xoxb-1", signingSecrets: ["slack-signing-secret"] },
  });
  const slack = createServer(async (request, response) => {
    const { channel = "", text: said } = Object.fromEntries(new URLSearchParams(await text(request)));
    if (request.url === "/api/chat.postMessage") posts.push({ channel, text: said ?? "" });
    const answer = { ok: true, channel, ts: `${posts.length}.000000`, messages: [] };
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));

  const folder = mkdtempSync(join(tmpdir(), "stablehand-scheduled-"));
  const configFile = join(folder, "config.json");
  const apiUrl = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/api`;
  // Without what everybody may read, so that nobody is asked whose secret is not here.
  const repositories = packit.repositories.map(({ name }) => ({ name }));
  const asked = { repositories, copr: null, slack: { ...packit.slack, apiUrl }, post: {}, health: {} };
  writeFileSync(configFile, JSON.stringify({ ...packit, ...asked }));
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_MAX_ATTEMPTS: "1",
    POWERTOOLS_LOG_LEVEL: "SILENT",
    AWS_ENDPOINT_URL_SFN: stepFunctions.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    STABLEHAND_CONFIG: configFile,
    STABLEHAND_SECRETS: "stablehand/",
    STABLEHAND_STATE_MACHINE: stateMachine,
  });
  // Of a system that an earlier test stopped.
  delete process.env.STABLEHAND_TABLE;
  forgetLazyValues();
  return {
    executions,
    posts,
    close: async () => {
      slack.closeAllConnections();
      await Promise.all([
        stepFunctions.close(),
        secretsManager.close(),
        new Promise((resolve) => slack.close(resolve)),
      ]);
      rmSync(folder, { recursive: true });
      forgetLazyValues();
    },
  };
}
