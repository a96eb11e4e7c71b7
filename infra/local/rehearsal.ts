import { writeFile } from "node:fs/promises";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { runPageLink } from "../../functions/runtime/links.ts";
import type { StartedRun, StartRequest } from "../../functions/start-run.ts";
import { newsStore } from "../../functions/store/news.ts";
import { type RepositoryProgress, type Run, runs } from "../../functions/store/runs.ts";
import type { Options } from "./options.ts";
import { makeReport, type Report } from "./report.ts";
import { createReviewer } from "./reviewer.ts";
import { createRobot } from "./robot.ts";
import { scheduledTime } from "./schedule.ts";
import type { Transition } from "./step-functions/index.ts";
import { summarize } from "./summary.ts";
import type { System } from "./system.ts";
import { type ActiveState, paint, type Snapshot, type View } from "./view.ts";

/** What the live view draws, kept up to date by the engine's transitions and a look at the store now and then. */
export class Picture {
  readonly #active = new Map<string, ActiveState>();
  readonly #asksAgain = new Set<string>();
  /** Left by a Catch: that is told as a failure, and not as an end. */
  readonly #failed = new Set<string>();
  #repositories: RepositoryProgress[] = [];
  #percent = new Map<string, number>();

  snapshot(): Snapshot {
    return {
      active: [...this.#active.values()],
      repositories: this.#repositories.map(({ repository: name, stage, note }) => ({
        name,
        stage,
        note,
        percent: this.#percent.get(name) ?? null,
      })),
    };
  }

  /** @returns how long the state took, when it ended by this. A wait that only asks again goes on. */
  follow({ type, state, mapItem, at }: Transition): number | null {
    const key = `${state} ${mapItem ?? ""}`;
    const since = this.#active.get(key)?.since ?? at.getTime();
    if (type === "entered") this.#active.set(key, { state, repository: mapItem ?? null, since });
    if (type === "timedOut") this.#asksAgain.add(key);
    if (type === "failed") this.#failed.add(key);
    if (type === "retried") this.#failed.delete(key);
    if (type !== "exited" || this.#asksAgain.delete(key)) return null;
    this.#active.delete(key);
    return this.#failed.delete(key) ? null : at.getTime() - since;
  }

  /** Nothing is under way any more. */
  forget(): void {
    this.#active.clear();
    this.#asksAgain.clear();
  }

  async look(run: string, system: System): Promise<void> {
    this.#repositories = await runs().repositories(run);
    this.#percent = new Map(
      system.world.builder.progress().map(({ repository, percent }) => [repository, percent]),
    );
  }
}

export interface Rehearsal {
  run: string;
  report: Report;
  /** As `RunStatus`; `failed` as well when the execution died before it could tell. */
  status: Exclude<Run["status"], "running">;
}

export interface Rehearsing {
  options: Options;
  view: View;
  picture: Picture;
}

/** A person who watches sees no difference; where the world runs very fast, so does the robot. */
const lookMs = (speed: number) => (speed > 1000 ? 100 : 300);

/** Starts a run as the schedule would. */
export async function startRun(system: System, { options, view }: Rehearsing): Promise<StartedRun> {
  const scheduledFor = options.nextWeek
    ? await mergeNextWeek(system, options, view)
    : scheduledTime(system.config, options.date);
  const request: StartRequest = {
    scheduledFor,
    by: "person",
    kind: options.dryRun ? "dry-run" : options.only.length > 0 ? "hotfix" : "weekly",
    only: options.only,
    purpose: options.reason,
  };
  const started = (await system.invoke("StartRun", request)) as StartedRun;
  view.line(`  run      ${paint("bold", started.run)}, scheduled for ${inZone(scheduledFor, system)}`);
  view.line(`  page     ${await runPageLink(started.run)}`);
  view.line(`  console  ${system.url}/console/${started.run}`);
  view.line();
  return started;
}

/**
 * Follows a run and its news to their ends, and answers for the people where asked to.
 * @throws the reason of `signal`, and whatever a system that goes down throws.
 */
export async function followRun(
  system: System,
  { run, execution }: StartedRun,
  { options, view, picture }: Rehearsing,
  signal: AbortSignal,
): Promise<Rehearsal> {
  view.start("between two states");
  const robot = createRobot(system, { run, options, view });
  const reviewer = createReviewer(system, { options, view });
  let toldEnd = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      await picture.look(run, system);
      if (!(await isUnderWay(system, execution))) {
        if (!(await newsAreWritten(system, run))) break;
        if (!toldEnd) await tellRunIsOver(run, { options, view });
        toldEnd = true;
      }
      await robot.look();
      await reviewer.look();
      await new Promise((resolve) => setTimeout(resolve, lookMs(options.speed)));
    }
    view.start("reading back what every system holds");
    await Promise.all([robot.settled(), system.settled()]);
    const report = await makeReport(system, run, execution);
    if (options.report) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    view.stop();
    return await tellEnd(system, run, report, { options, view });
  } finally {
    view.stop();
  }
}

/** Its news may take days, where nobody hurries. */
async function tellRunIsOver(
  id: string,
  { options, view }: Pick<Rehearsing, "options" | "view">,
): Promise<void> {
  const run = await runs().get(id);
  const ended = [run?.status, run?.reason].filter(Boolean).join(": ");
  const waits = options.yes ? "" : " and waits for people: Ctrl-C leaves it so";
  view.event("→", `the run is over (${ended}); its post goes on${waits}`);
}

async function tellEnd(
  system: System,
  run: string,
  report: Report,
  { options, view }: Pick<Rehearsing, "options" | "view">,
): Promise<Rehearsal> {
  const status = report.run.status === "running" ? "failed" : report.run.status;
  await summarize(system, run, { status, reason: report.run.reason, view });
  if (options.report) view.line(`  report   ${options.report}`);
  return { run, report, status };
}

async function isUnderWay({ stepFunctions }: System, executionArn: string): Promise<boolean> {
  const { status } = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
  return status === "RUNNING";
}

/** The news of a run have an execution of their own, which goes on after the run's end. */
async function newsAreWritten(system: System, run: string): Promise<boolean> {
  const execution = (await newsStore().get(run))?.execution;
  return execution ? await isUnderWay(system, execution) : false;
}

/** A week later: people have merged something, and the next run is a week after the last one. */
async function mergeNextWeek(system: System, { date }: Options, view: View): Promise<string> {
  const merged = await system.world.github.mergeWeek();
  view.line(`  merged   ${merged.join(", ")}`);
  const [last] = await runs().list(1);
  const sixDaysLater = last && new Date(Date.parse(last.scheduledFor) + 6 * 24 * 60 * 60 * 1000);
  return scheduledTime(system.config, date, sixDaysLater);
}

function inZone(iso: string, { config }: System): string {
  const { timeZone } = config.schedule;
  const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short", timeZone });
  return `${format.format(new Date(iso))} (${timeZone})`;
}
