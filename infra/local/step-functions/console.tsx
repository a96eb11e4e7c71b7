import { createHash } from "node:crypto";
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type ExecutionListItem,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  type SFNClient,
  type StateMachineListItem,
} from "@aws-sdk/client-sfn";
import { Hono } from "hono";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { messageOf } from "../../../functions/runtime/errors.ts";
import { style } from "./console-style.ts";
import { readHistory, type StateVisit, stateVisits } from "./visits.ts";

const refreshSeconds = 2;
const styleHash = createHash("sha256").update(style).digest("base64");
const headers = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/**
 * Pages about the executions, under `/console`: the list, and one execution by its name with its states in order. They
 * read from nothing but the Step Functions API, change nothing, and leave out the parameters of Tasks, where the task
 * tokens stand.
 */
export function consoleApp({ client }: { client: SFNClient }): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  });
  app.get("/console", async (context) => context.html(<ExecutionList executions={await list(client)} />));
  app.get("/console/:name", async (context) => {
    const found = await find(client, context.req.param("name"), context.req.query("machine"));
    if (!found) return context.html(<Message title="There is no such execution" />, 404);
    const visits = stateVisits(await readHistory(client, found.executionArn ?? ""));
    return context.html(<ExecutionPage execution={found} visits={visits} />);
  });
  app.notFound((context) => context.html(<Message title="There is no such page" />, 404));
  app.onError((error, context) =>
    context.html(<Message title="Step Functions did not answer" text={messageOf(error)} />, 503),
  );
  return app;
}

interface ListedExecution extends ExecutionListItem {
  machine: string;
}

async function machinesOf(client: SFNClient): Promise<StateMachineListItem[]> {
  const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({ maxResults: 1000 }));
  return stateMachines;
}

/** The newest of each state machine, newest first. */
async function list(client: SFNClient): Promise<ListedExecution[]> {
  const lists = await Promise.all(
    (await machinesOf(client)).map(async ({ stateMachineArn, name: machine = "" }) => {
      const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions.map((each) => ({ ...each, machine }));
    }),
  );
  return lists.flat().sort((a, b) => Number(b.startDate) - Number(a.startDate));
}

async function find(
  client: SFNClient,
  name: string,
  machine: string | undefined,
): Promise<DescribeExecutionCommandOutput | null> {
  const machines = await machinesOf(client);
  for (const { stateMachineArn = "", name: machineName } of machines) {
    if (machine !== undefined && machine !== machineName) continue;
    const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
    try {
      return await client.send(new DescribeExecutionCommand({ executionArn }));
    } catch (thrown) {
      if ((thrown as Error).name !== "ExecutionDoesNotExist") throw thrown;
    }
  }
  return null;
}

function Page({ title, refresh, children }: { title: string; refresh?: boolean; children?: Child }) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          {refresh ? <meta http-equiv="refresh" content={String(refreshSeconds)} /> : null}
          <title>{title}</title>
          <style>{raw(style)}</style>
        </head>
        <body>
          <main>
            <h1>{title}</h1>
            {children}
          </main>
        </body>
      </html>
    </>
  );
}

function Message({ title, text }: { title: string; text?: string }) {
  return (
    <Page title={title}>
      {text ? <p>{text}</p> : null}
      <p>
        <a href="/console">All executions</a>
      </p>
    </Page>
  );
}

function ExecutionList({ executions }: { executions: ListedExecution[] }) {
  const running = executions.some(({ status }) => status === "RUNNING");
  return (
    <Page title="Executions" refresh={running}>
      {executions.length === 0 ? <p>Nothing has been started yet.</p> : null}
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State machine</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col">Duration</th>
          </tr>
        </thead>
        <tbody>
          {executions.map(({ name = "", machine, status = "RUNNING", startDate, stopDate }) => (
            <tr>
              <td>
                <a href={`/console/${encodeURIComponent(name)}?machine=${encodeURIComponent(machine)}`}>
                  {name}
                </a>
              </td>
              <td>{machine}</td>
              <td class={outcomeClass(status)}>{status}</td>
              <td>
                <Time at={startDate} />
              </td>
              <td class="number">{duration(startDate, stopDate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Page>
  );
}

function ExecutionPage({
  execution,
  visits,
}: {
  execution: DescribeExecutionCommandOutput;
  visits: StateVisit[];
}) {
  const { name = "", status = "RUNNING", startDate, stopDate, input, output, error, cause } = execution;
  return (
    <Page title={name} refresh={status === "RUNNING"}>
      <p>
        <a href="/console">All executions</a>
      </p>
      <dl>
        <dt>Status</dt>
        <dd class={outcomeClass(status)}>{status}</dd>
        <dt>Started</dt>
        <dd>
          <Time at={startDate} />
        </dd>
        <dt>Ended</dt>
        <dd>{stopDate ? <Time at={stopDate} /> : "not yet"}</dd>
        <dt>Duration</dt>
        <dd>{duration(startDate, stopDate)}</dd>
        {error ? <dt>Error</dt> : null}
        {error ? <dd>{error}</dd> : null}
        {cause ? <dt>Cause</dt> : null}
        {cause ? <dd>{cause}</dd> : null}
      </dl>
      <Json title="Input" text={input} />
      <Json title="Output" text={output} />
      <h2>States</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Started</th>
            <th scope="col">Duration</th>
            <th scope="col">Outcome</th>
            <th scope="col">Input and output</th>
          </tr>
        </thead>
        <tbody>
          {visits.map((visit) => (
            <Visit visit={visit} />
          ))}
        </tbody>
      </table>
    </Page>
  );
}

function Visit({ visit }: { visit: StateVisit }) {
  const { name, type, scope, startedAt, endedAt, outcome, attempts, input, output, error } = visit;
  return (
    <tr>
      <td>
        {scope.length > 0 ? <small>{scope.join(" › ")}</small> : null}
        {name}
        <small>{type}</small>
      </td>
      <td>
        <Time at={startedAt} />
      </td>
      <td class="number">{duration(startedAt, endedAt ?? undefined)}</td>
      <td class={outcome}>
        {outcome === "timedOut" ? "timed out" : outcome}
        {attempts > 1 ? <small>{attempts} attempts</small> : null}
        {error ? <small>{error.error}</small> : null}
      </td>
      <td>
        <Json title="Input" text={input} />
        <Json title="Output" text={output} />
        <Json title="Cause" text={error?.cause || null} />
      </td>
    </tr>
  );
}

function Json({ title, text }: { title: string; text: string | null | undefined }) {
  if (text === null || text === undefined) return null;
  return (
    <details>
      <summary>{title}</summary>
      <pre>{pretty(text)}</pre>
    </details>
  );
}

function Time({ at }: { at: Date | undefined }) {
  if (!at) return null;
  const iso = at.toISOString();
  return <time datetime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC`}</time>;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** `340 ms`, `2.5 s`, `3 min 20 s`, `1 h 4 min`; up to now where there is no end. */
function duration(from: Date | undefined, to: Date = new Date()): string {
  const milliseconds = Math.max(0, Number(to) - Number(from ?? to));
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function outcomeClass(status: string): string {
  if (status === "SUCCEEDED") return "succeeded";
  return status === "RUNNING" ? "running" : "failed";
}
