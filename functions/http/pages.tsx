import { type Context, Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { html } from "hono/html";
import { log } from "../runtime/logger.ts";
import { traced } from "../runtime/traces.ts";
import { answerQuestion, showQuestion } from "./approval.tsx";
import { answerCleanup, showCleanup } from "./cleanup.tsx";
import { sendControl, showControl } from "./control.tsx";
import { logFailure, Refusal, statusOf } from "./errors.ts";
import { Message, pageHeaders } from "./layout.tsx";
import type { Page } from "./page.ts";
import { answerStepQuestion, showStepQuestion } from "./question.tsx";

/**
 * What people see. Reading a page never changes anything: chats and mail readers open links before people do.
 */
export const app = new Hono();

app.get("/approval", async (c) => await serve(c, showQuestion));
app.post("/approval", async (c) => await serve(c, answerQuestion));
app.get("/question", async (c) => await serve(c, showStepQuestion));
app.post("/question", async (c) => await serve(c, answerStepQuestion));
app.get("/control", async (c) => await serve(c, showControl));
app.post("/control", async (c) => await serve(c, sendControl));
app.get("/cleanup", async (c) => await serve(c, showCleanup));
app.post("/cleanup", async (c) => await serve(c, answerCleanup));
app.notFound((c) =>
  send(c, {
    status: 404,
    body: (
      <Message title="There is no such page">
        <p>Open the link in Stablehand's message to you, whole as it is.</p>
      </Message>
    ),
  }),
);

async function serve(c: Context, work: (c: Context) => Promise<Page>): Promise<Response> {
  try {
    return send(c, await work(c));
  } catch (thrown) {
    if (thrown instanceof Refusal) {
      log("page.refused", { reason: thrown.reason, status: thrown.status }, "warn");
      return send(c, { status: thrown.status, body: <Refused refusal={thrown} /> });
    }
    logFailure("page.failed", thrown);
    return send(c, { status: statusOf(thrown), body: <Failed /> });
  }
}

function send(c: Context, page: Page): Response | Promise<Response> {
  for (const [name, value] of Object.entries(pageHeaders)) c.header(name, value);
  if ("location" in page) return c.redirect(page.location, 303);
  return c.html(html`<!doctype html>${page.body}`, page.status);
}

function Refused({ refusal }: { refusal: Refusal }) {
  return (
    <Message title="The form could not be read">
      <p>Nothing was stored ({refusal.reason}). Open your link again and send the form from there.</p>
    </Message>
  );
}

function Failed() {
  return (
    <Message title="Something did not work">
      <p>
        Stablehand could not finish this. Open your link again in a moment: it shows whether your answer was
        stored. Sending the same answer again is harmless.
      </p>
    </Message>
  );
}

const answer = handle(app);

export const handler = async (...request: Parameters<typeof answer>) =>
  await traced("pages", {}, async () => await answer(...request));
