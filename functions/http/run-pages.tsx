import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { compress } from "hono/compress";
import { html, raw } from "hono/html";
import { verifyReader } from "../runtime/links.ts";
import { traced } from "../runtime/traces.ts";
import { logFailure, statusOf } from "./errors.ts";
import { Layout, Message, pageHeaders } from "./layout.tsx";
import { refuseLink, refuseReader } from "./link-problem.tsx";
import { liveScript, liveScriptHash } from "./live-script.ts";
import type { Markup, Page } from "./page.ts";
import { RunListView } from "./run-list-page.tsx";
import { listRuns, lookAtRun } from "./run-now.ts";
import { RunView, runTitle } from "./run-page.tsx";
import { runStylesheet, runStylesheetHash } from "./run-style.ts";
import { stylesheetHash } from "./stylesheet.ts";

/**
 * What the whole team sees of runs, by links that may stand in the channel. This function has no right to change
 * anything. A page carries its version: asked by it again, the answer is 304 as long as nothing has changed.
 */
export const app = new Hono();

/** Without a script the page of a run that goes on loads itself again, after so many seconds. */
const reloadSeconds = 15;

const headers: Record<string, string> = {
  ...pageHeaders,
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src '${stylesheetHash}' '${runStylesheetHash}'`,
    `script-src '${liveScriptHash}'`,
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
};

const small = compress({ encoding: "gzip" });
app.get("/runs", small, async (c) => await serve(c, showList));
app.get("/runs/:run", small, async (c) => await serve(c, showRun));

/** A page that was made, and whether its run goes on. */
interface Shown {
  title: string;
  about: string;
  view: Markup;
  live: boolean;
  /** Where keyboards jump to first. */
  skipTo?: { id: string; label: string };
}

async function showList(_: Context, token: string): Promise<Shown | Page> {
  const view = <RunListView listed={await listRuns()} token={token} at={new Date()} />;
  return { title: "Runs", about: "For the team", view, live: false };
}

async function showRun(c: Context, token: string): Promise<Shown | Page> {
  const now = await lookAtRun(c.req.param("run") ?? "");
  if (!now) return refuseLink(404, "unknown");
  return {
    title: `${now.run.id} · ${runTitle(now)}`,
    about: `${now.run.id} · for the team`,
    view: <RunView now={now} token={token} at={new Date()} />,
    live: now.run.status === "running",
    skipTo: { id: "timeline", label: "Go to the timeline" },
  };
}

async function serve(
  c: Context,
  show: (c: Context, token: string) => Promise<Shown | Page>,
): Promise<Response> {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  try {
    const token = c.req.query("token") ?? "";
    const link = await verifyReader(token);
    const shown = link.ok ? await show(c, token) : refuseReader(link.why);
    return "view" in shown ? await send(c, shown) : refuse(c, shown);
  } catch (thrown) {
    logFailure("run-page.failed", thrown);
    return c.html(html`<!doctype html>${<Failed />}`, statusOf(thrown));
  }
}

async function send(c: Context, { title, about, view, live, skipTo }: Shown): Promise<Response> {
  const text = String(await view);
  const version = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  const tag = `W/"${version}"`;
  c.header("ETag", tag);
  if (c.req.header("If-None-Match") === tag) return c.body(null, 304);
  const page = (
    <Layout title={title} about={about} skipTo={skipTo} head={<RunHead live={live} />} wide>
      <div data-version={version} data-live={live ? "" : undefined}>
        {raw(text)}
      </div>
      {live ? <script dangerouslySetInnerHTML={{ __html: liveScript }} /> : null}
    </Layout>
  );
  return await c.html(html`<!doctype html>${page}`);
}

function RunHead({ live }: { live: boolean }) {
  return (
    <>
      <style dangerouslySetInnerHTML={{ __html: runStylesheet }} />
      {live ? (
        <noscript>
          <meta http-equiv="refresh" content={String(reloadSeconds)} />
        </noscript>
      ) : null}
    </>
  );
}

function refuse(c: Context, page: Page): Response | Promise<Response> {
  if ("location" in page) return c.redirect(page.location, 303);
  return c.html(html`<!doctype html>${page.body}`, page.status);
}

function Failed() {
  return (
    <Message title="The page could not be made">
      <p>Open the link again in a moment. The run goes on without the page.</p>
    </Message>
  );
}

const answer = handle(app);

export const handler = async (...request: Parameters<typeof answer>) =>
  await traced("run-pages", {}, async () => await answer(...request));
