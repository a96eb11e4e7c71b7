import type { Context } from "hono";
import { z } from "zod";
import { githubRunKey } from "../domain/keys.ts";
import { log } from "../runtime/logger.ts";
import { secret } from "../runtime/secrets.ts";
import { waits } from "../waits.ts";

import { largestWebhook, parseJson, Refusal, rawBody } from "./errors.ts";
import { receiveIssue } from "./github-issue.ts";
import { isPullEvent, signalPull } from "./github-pull-events.ts";
import { isFromGitHub } from "./signatures.ts";

/** The part of `workflow_run` that we read (https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run). */
const workflowRunEvent = z.object({
  action: z.string(),
  repository: z.object({ name: z.string().min(1), owner: z.object({ login: z.string().min(1) }) }),
  workflow_run: z.object({
    id: z.number().int().positive(),
    run_attempt: z.number().int().positive().default(1),
    head_branch: z.string().nullable(),
    head_sha: z.string().regex(/^[0-9a-f]{40,64}$/),
    path: z.string().min(1),
    conclusion: z.string().nullable(),
  }),
});

/**
 * A delivery of GitHub. Completed workflow runs matter, issues that are labelled, and what happens to the pull requests
 * of the site's repository; a `ping` is answered, and all else is ignored.
 * @throws Refusal
 */
export async function receiveFromGitHub(c: Context): Promise<Response> {
  const bytes = await rawBody(c, largestWebhook);
  const { webhookSecrets } = await secret("github");
  if (!(await isFromGitHub(bytes, c.req.header("x-hub-signature-256"), webhookSecrets))) {
    throw new Refusal(401, "signature");
  }
  const payload = parseJson(bytes);
  const event = c.req.header("x-github-event");
  if (event === "ping") return c.json({ ok: true });
  const delivery = c.req.header("x-github-delivery");
  if (event === "workflow_run") await signalRun(parsed(workflowRunEvent, payload), delivery);
  else if (event === "issues") await receiveIssue(payload);
  else if (isPullEvent(event)) await signalPull(event, payload, delivery);
  return c.body(null, 204);
}

function parsed<S extends z.ZodType>(schema: S, payload: unknown): z.output<S> {
  const result = schema.safeParse(payload);
  if (!result.success) throw new Refusal(400, "shape");
  return result.data;
}

async function signalRun(
  { action, repository, workflow_run: run }: z.output<typeof workflowRunEvent>,
  delivery: string | undefined,
): Promise<void> {
  if (action !== "completed" || run.head_branch === null) return;
  const key = githubRunKey({
    owner: repository.owner.login,
    repository: repository.name,
    branch: run.head_branch,
    // A reusable or required workflow names its ref too: `.github/workflows/build.yml@refs/heads/main`.
    workflow: run.path.split("@", 1)[0] as string,
    sha: run.head_sha,
  });
  const { stored, resumed } = await waits().signal({
    key,
    id: `run/${run.id}/${run.run_attempt}`,
    origin: "signal",
    body: { runId: run.id, attempt: run.run_attempt, conclusion: run.conclusion },
  });
  log("webhook.workflow-run", { key, delivery, runId: run.id, attempt: run.run_attempt, stored, resumed });
}
