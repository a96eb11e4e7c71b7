import { createHmac, randomUUID } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import { type HttpSystem, secrets } from "../../support/http-system.ts";

/** Requests as GitHub, Quay and Slack send them, with real signatures; small where the real ones are big. */

export interface RunEvent {
  action?: string;
  id?: number;
  attempt?: number;
  repository?: string;
  branch?: string | null;
  sha?: string;
  path?: string;
  conclusion?: string | null;
}

export function workflowRunPayload(event: RunEvent = {}): Record<string, unknown> {
  const { action = "completed", id = 4711, attempt = 1, repository = "dashboard", branch = "stable" } = event;
  const { sha = "a".repeat(40), path = ".github/workflows/build-and-push.yml" } = event;
  return {
    action,
    repository: { name: repository, full_name: `packit/${repository}`, owner: { login: "packit" } },
    workflow_run: {
      id,
      run_attempt: attempt,
      head_branch: branch,
      head_sha: sha,
      path,
      status: "completed",
      conclusion: event.conclusion === undefined ? "success" : event.conclusion,
    },
    workflow: { name: "Rebuild & push images" },
    sender: { login: "packit[bot]" },
  };
}

export interface GitHubDelivery {
  event?: string;
  secret?: string;
  /** Instead of the right signature; null: none. */
  signature?: string | null;
}

export async function fromGitHub(
  { url }: HttpSystem,
  payload: unknown,
  { event = "workflow_run", secret = secrets.github[0], signature }: GitHubDelivery = {},
): Promise<Response> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const right = await new Webhooks({ secret }).sign(body);
  return await fetch(`${url}/webhooks/github`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": randomUUID(),
      ...(signature === null ? {} : { "x-hub-signature-256": signature ?? right }),
    },
    body,
  });
}

export async function fromQuay(
  { url }: HttpSystem,
  body: unknown,
  secret: string = secrets.quay[0],
): Promise<Response> {
  return await fetch(`${url}/webhooks/quay/${secret}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export function pushPayload(image: string, tags: string[]): Record<string, unknown> {
  return {
    name: image,
    repository: `packit/${image}`,
    namespace: "packit",
    docker_url: `quay.io/packit/${image}`,
    homepage: `https://quay.io/repository/packit/${image}`,
    updated_tags: tags,
  };
}

export interface SlackRequest {
  secret?: string;
  /** Seconds that the request's time lies in the past. */
  age?: number;
  signature?: string;
  /** Instead of the form with the payload. */
  body?: string;
}

export async function fromSlack(
  { url }: HttpSystem,
  payload: unknown,
  { secret = secrets.slack[0], age = 0, signature, body }: SlackRequest = {},
): Promise<Response> {
  const form = body ?? new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000) - age);
  const mac = createHmac("sha256", secret).update(`v0:${timestamp}:${form}`).digest("hex");
  return await fetch(`${url}/webhooks/slack`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": signature ?? `v0=${mac}`,
    },
    body: form,
  });
}

/** A press on a button, as `block_actions`. */
export function press(
  { replyUrl }: HttpSystem,
  { user = "U00000ADA", action = "approval.approve", value = "", responseUrl = replyUrl } = {},
): Record<string, unknown> {
  return {
    type: "block_actions",
    user: { id: user, username: "somebody", team_id: "T1" },
    api_app_id: "A1",
    container: { type: "message", channel_id: "C000PACKIT" },
    channel: { id: "C000PACKIT" },
    response_url: responseUrl,
    actions: [{ type: "button", block_id: "b1", action_id: action, value, action_ts: "1.1" }],
  };
}
