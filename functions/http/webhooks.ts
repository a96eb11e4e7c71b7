import { type Context, Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { log } from "../runtime/logger.ts";
import { count } from "../runtime/metrics.ts";
import { traced } from "../runtime/traces.ts";
import { logFailure, Refusal, statusOf } from "./errors.ts";
import { receiveFromGitHub } from "./github-webhook.ts";
import { receiveFromQuay } from "./quay-webhook.ts";
import { receiveFromSlack } from "./slack-interaction.ts";

/**
 * What other systems tell us. Each request is proved first, over its raw bytes, and parsed afterwards; then stored,
 * then what waits for it is resumed, then it is answered. Nothing happens after the answer: a Lambda sleeps then.
 *
 * Refused requests are logged as `webhook.refused` with their source and a reason, and counted.
 */
export const app = new Hono();

app.post("/webhooks/github", async (c) => await receive(c, "github", receiveFromGitHub));
app.post("/webhooks/quay/:secret", async (c) => await receive(c, "quay", receiveFromQuay));
app.post("/webhooks/slack", async (c) => await receive(c, "slack", receiveFromSlack));
app.notFound((c) => c.body(null, 404));

async function receive(
  c: Context,
  source: string,
  work: (c: Context) => Promise<Response>,
): Promise<Response> {
  try {
    return await work(c);
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      log("webhook.refused", { source, reason: thrown.reason, status: thrown.status }, "warn");
      count("WebhooksRefused");
      if (thrown.status === 401) count("SignaturesRefused");
      return c.body(null, thrown.status);
    }
    logFailure("webhook.failed", thrown);
    return c.body(null, statusOf(thrown));
  }
}

const answer = handle(app);

export const handler = async (...request: Parameters<typeof answer>) =>
  await traced("webhooks", {}, async () => await answer(...request));
