import { setTimeout as sleep } from "node:timers/promises";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import type { StartedRun } from "../../functions/start-run.ts";
import { type Run, runs } from "../../functions/store/runs.ts";
import { answerByLink, createApprover, type PersonalMessage } from "../../infra/local/approver.ts";
import type { FaultName } from "../../infra/local/faults.ts";
import type { Platform } from "../../infra/local/platform.ts";
import { type Definition, innerScopes } from "../../infra/local/step-functions/definition.ts";
import { readHistory, type StateVisit, stateVisits } from "../../infra/local/step-functions/visits.ts";
import { type System, startSystem } from "../../infra/local/system.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import { smallConfig, smallWeek } from "./small-week.ts";

/** A way through the flow: what goes wrong, and what a person answers. */
export interface Path {
  faults?: FaultName[];
  /** Answers what one approver is asked; resolves without doing anything to let it wait. */
  answer(message: PersonalMessage, run: string): Promise<unknown>;
}

export interface Walked {
  /** As Step Functions says. */
  execution: string;
  run: Run | null;
  /** Scope (the top level, a branch, a Map's item) → its states in the order in which they were entered. */
  states: Record<string, string[]>;
}

/** Machines and people: builds take seconds, and no limit comes near to what the slower engine needs. */
const speed = 1000;

/** Rehearses the small week with one approver, and tells which way it went. */
export async function walk(
  path: Path,
  definition: Definition,
  platform: Partial<Platform> = {},
): Promise<Walked> {
  const system = await startSystem({
    config: smallConfig,
    seed: smallWeek(),
    speed,
    peopleSpeed: speed,
    port: 0,
    stateDir: null,
    faults: createFaults(path.faults ?? []),
    platform,
    log: () => {},
  });
  try {
    const request = { scheduledFor: "2026-11-23T12:00:00.000Z", by: "person" };
    const started = (await system.invoke("StartRun", request)) as StartedRun;
    const execution = await answerUntilItEnds(system, started, path);
    await system.settled();
    const visits = stateVisits(await readHistory(system.stepFunctions, started.execution));
    return { execution, run: await runs().get(started.run), states: wayThrough(visits, definition) };
  } finally {
    await system.close();
  }
}

async function answerUntilItEnds(
  system: System,
  { run, execution }: StartedRun,
  path: Path,
): Promise<string> {
  const { slack } = system.world;
  const [person] = system.config.people.filter(({ approver }) => approver);
  if (!person) throw new Error("Nobody may approve.");
  const approver = createApprover(person, { slackApiUrl: slack.url, token: slack.botToken });
  const describe = new DescribeExecutionCommand({ executionArn: execution });
  for (;;) {
    const { status } = await system.stepFunctions.send(describe);
    if (status !== "RUNNING") return status ?? "";
    for (const message of await approver.newMessages(run)) await path.answer(message, run);
    await sleep(100);
  }
}

/** Presses the button of this name on the page of the link. */
export const press = async ({ link }: PersonalMessage, answer: string) => await answerByLink(link, answer);

/**
 * The states of each scope, in order. What depends on how fast the machine is has gone: a wait that was entered again
 * counts once, whether its timeout or an event that was not the right one ended it. So has what stands in no definition.
 */
export function wayThrough(visits: StateVisit[], definition: Definition): Record<string, string[]> {
  const scopeOf = new Map<string, string>();
  nameScopes(definition, "", scopeOf);
  const way: Record<string, string[]> = {};
  for (const { name, scope } of visits) {
    if (!scopeOf.has(name)) continue;
    const key = [...scope, scopeOf.get(name)].filter(Boolean).join(" / ") || "(top level)";
    way[key] ??= [];
    way[key].push(name);
  }
  return Object.fromEntries(
    Object.entries(way)
      .map(([key, names]) => [key, withoutRepeats(names)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The two branches of a Parallel have one path in the history; their first states tell them apart. */
function nameScopes(definition: Definition, label: string, into: Map<string, string>): void {
  for (const [name, state] of Object.entries(definition.States)) {
    into.set(name, label);
    for (const inner of innerScopes(state)) nameScopes(inner, state.Branches ? inner.StartAt : "", into);
  }
}

/** AwaitPush, ConfirmPush, PushConfirmed, AwaitPush, …: only these stand between two looks of one wait. */
const between = /^(Confirm|RolledOut|\w+Confirmed$)/;

function withoutRepeats(names: string[]): string[] {
  const kept: string[] = [];
  for (const name of names) {
    const before = kept.lastIndexOf(name);
    const again =
      /^(Await|Ask|RollBack)/.test(name) &&
      before >= 0 &&
      kept.slice(before + 1).every((each) => between.test(each));
    if (again) kept.length = before;
    kept.push(name);
  }
  return kept;
}
