import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { consoleApp } from "../../infra/local/step-functions/console.tsx";
import { loadDefinition } from "../../infra/local/step-functions/definition.ts";
import { stateVisits } from "../../infra/local/step-functions/visits.ts";
import { type TestEngine, testEngine } from "../support/step-functions.ts";

const path = new URL("../fixtures/promotion-pattern.asl.yaml", import.meta.url).pathname;
const names = { Look: "look", AwaitDependencies: "await", AskWhatNow: "ask" };
const waves = [["ogr", "specfile"], ["packit"], ["packit-service", "dashboard", "tokman"]];

/** Runs the pattern: `ogr` is unavailable once, `packit` breaks and is tried again, `tokman` breaks and is skipped. */
async function promote(): Promise<{ engine: TestEngine; arn: string; goTo: string[] }> {
  const calls: Record<string, number> = {};
  const goTo: string[] = [];
  const engine = await testEngine(
    loadDefinition(path, names),
    {
      look: () => ({ verdict: "<b>well</b>" }),
      await: async ({ repository, taskToken }) => {
        const name = String(repository);
        const count = (calls[name] ?? 0) + 1;
        calls[name] = count;
        if (name === "ogr" && count === 1) throw named("ServiceUnavailable");
        if (name === "tokman" || (name === "packit" && count === 1)) throw named("BuildFailed");
        await engine.succeed(String(taskToken), { repository: name });
      },
      ask: async ({ repository, taskToken, gate }) => {
        const failed = Object.keys(gate as object)[0];
        const answer = `${repository === "tokman" ? "skip" : "retry"} ${failed}`;
        goTo.push(`${repository}: ${answer}`);
        await engine.succeed(String(taskToken), { goTo: answer });
      },
    },
    { speed: 300 },
  );
  return { engine, arn: await engine.start({ run: "weekly-1", waves }, "weekly-1"), goTo };
}

function named(name: string): Error {
  return Object.assign(new Error(`${name} happened`), { name });
}

describe("a loop over waves with waits and questions", () => {
  test("goes through all waves in order, asks where a step fails, and compresses only time", async () => {
    const started = Date.now();
    const { engine, arn, goTo } = await promote();
    expect((await engine.ended(arn)).status).toBe("SUCCEEDED");
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(goTo).toEqual(["packit: retry AwaitDependencies", "tokman: skip AwaitDependencies"]);
    const visits = stateVisits(await engine.history(arn));
    const awaited = visits.filter(({ name }) => name === "AwaitDependencies");
    expect(awaited.map(({ scope, outcome }) => `${scope.join()}: ${outcome}`)).toEqual([
      "Promote #0 ogr: succeeded",
      "Promote #1 specfile: succeeded",
      "Promote #0 packit: failed",
      "Promote #0 packit: succeeded",
      "Promote #0 packit-service: succeeded",
      "Promote #1 dashboard: succeeded",
      "Promote #2 tokman: failed",
    ]);
    expect(awaited[0]?.attempts).toBe(2);
    expect(visits.every(({ endedAt }) => endedAt !== null)).toBe(true);
  });

  test("leaves a history in which every event follows one before it, and every chain is whole", async () => {
    const { engine, arn } = await promote();
    await engine.ended(arn);
    const events = await engine.history(arn);
    const byId = new Map(events.map((event) => [event.id, event]));
    expect([...byId.keys()]).toEqual(events.map((_, index) => index + 1));
    for (const { id = 0, previousEventId = 0, type = "" } of events) {
      expect(previousEventId).toBeLessThan(id);
      const before = byId.get(previousEventId)?.type ?? "";
      const expected = follows(type as string);
      if (expected) expect(`${type} after ${before}`).toMatch(expected);
    }
    const open = events.filter(({ type }) => /Entered$|IterationStarted$/.test(String(type))).length;
    const closed = events.filter(({ type }) => /Exited$|IterationSucceeded$/.test(String(type))).length;
    expect(closed).toBe(open);
  });

  test("is shown by the console as its API tells it", async () => {
    const { engine, arn } = await promote();
    await engine.ended(arn);
    const app = consoleApp({ client: engine.client });
    const list = await (await app.request("/console")).text();
    expect(list).toContain('href="/console/weekly-1?machine=test"');
    expect(list).toContain("SUCCEEDED");
    expect(list).not.toContain("http-equiv");

    const answer = await app.request("/console/weekly-1");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    const page = await answer.text();
    const events = await engine.history(arn);
    expect(shownJson(page)).toEqual(apiJson(events));
    expect(page).toContain("Promote #2 tokman");
    expect(page).toContain("&lt;b&gt;well&lt;/b&gt;");
    expect(page).not.toContain("<b>well");
    for (const { payload } of engine.calls) {
      if (payload.taskToken) expect(page).not.toContain(payload.taskToken);
    }
    expect((await app.request("/console/none")).status).toBe(404);
  });

  test("is refreshed by the console while it runs", async () => {
    const engine = await testEngine({
      StartAt: "Long",
      States: { Long: { Type: "Wait", Seconds: 60, End: true } },
    });
    await engine.start({}, "long");
    const app = consoleApp({ client: engine.client });
    for (const url of ["/console", "/console/long"]) {
      const page = await (await app.request(url)).text();
      expect(page).toContain('http-equiv="refresh"');
      expect(page).toContain('class="running"');
    }
  });
});

/** The events that may stand before an event of this type. */
function follows(type: string): RegExp | null {
  const rules: Record<string, string> = {
    TaskScheduled: "TaskStateEntered|TaskFailed",
    TaskStarted: "TaskScheduled",
    TaskSubmitted: "TaskStarted",
    TaskSucceeded: "TaskStarted|TaskSubmitted",
    TaskFailed: "TaskStarted",
    TaskStateExited: "TaskSucceeded|TaskFailed",
    MapStateStarted: "MapStateEntered",
    MapIterationStarted: "MapStateStarted",
    MapIterationSucceeded: "PassStateExited",
    MapStateSucceeded: "MapIterationSucceeded",
    MapStateExited: "MapStateSucceeded",
    ParallelStateStarted: "ParallelStateEntered",
    ParallelStateSucceeded: "TaskStateExited|WaitStateExited",
    ExecutionSucceeded: "SucceedStateExited",
  };
  return rules[type] ? new RegExp(`^${type} after (${rules[type]})$`) : null;
}

/** Every piece of JSON on the page, in order: input and output of the execution, then of each state. */
function shownJson(page: string): unknown[] {
  const texts = [...page.matchAll(/<summary>(?:Input|Output)<\/summary><pre>([^<]*)<\/pre>/g)];
  return texts.slice(2).map(([, text = ""]) => JSON.parse(unescaped(text)));
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => entities[name] ?? "");
}

/** Input and output of each state, in the order in which the states were entered, by the chain of events alone. */
function apiJson(events: HistoryEvent[]): unknown[] {
  return events
    .filter(({ type }) => String(type).endsWith("StateEntered"))
    .flatMap((entered) => {
      const exited = events.find((event) => isExitOf(event, entered, events));
      return [entered.stateEnteredEventDetails?.input, exited?.stateExitedEventDetails?.output];
    })
    .map((text) => JSON.parse(text ?? "null"));
}

function isExitOf(exit: HistoryEvent, entered: HistoryEvent, events: HistoryEvent[]): boolean {
  const { name } = entered.stateEnteredEventDetails ?? {};
  if (exit.stateExitedEventDetails?.name !== name) return false;
  let event: HistoryEvent | undefined = exit;
  while (event && event.id !== entered.id) {
    if (event !== exit && event.stateEnteredEventDetails?.name === name) return false;
    event = events[(event.previousEventId ?? 0) - 1];
  }
  return event !== undefined;
}
