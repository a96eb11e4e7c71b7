import { parseArgs } from "node:util";
import { catalog } from "../../functions/catalog.ts";
import { type StepAnswer, stepAnswers } from "../../functions/domain/question.ts";
import { messageOf } from "../../functions/runtime/errors.ts";
import { type ConfigName, configs, deployed } from "../config/index.ts";
import { BadCommand } from "./bad-command.ts";
import { type FaultName, listOfFaults, readFaults } from "./faults.ts";

export { BadCommand } from "./bad-command.ts";

export interface Options {
  /** Whose deployment. */
  config: ConfigName;
  yes: boolean;
  data: string | null;
  speed: number;
  /** Null: a port of our choice. */
  port: number | null;
  stay: boolean;
  report: string | null;
  state: string;
  fresh: boolean;
  /** A hotfix: the repositories that may move, and what for. Empty: the weekly run. */
  only: string[];
  reason: string;
  /** Reads everything, changes nothing, shows the plan. */
  dryRun: boolean;
  /** Runs the bundles that are deployed, each in processes of its own. */
  bundles: boolean;
  /** Local date that the run is scheduled for; null: the coming day of the schedule that is not frozen. */
  date: string | null;
  /** Merges a made-up week on top of what the folder holds, and deploys it a week after its last run. */
  nextWeek: boolean;
  /** What is to go wrong. */
  faults: FaultName[];
  answers: RobotAnswers;
}

/** What the robot answers when a step failed. */
export interface RobotAnswers {
  /** To every step that `bySteps` does not name. */
  otherwise: StepAnswer;
  /** State → answer. */
  bySteps: Record<string, StepAnswer>;
}

export const help = `Rehearses a whole weekly deployment on this machine, offline: the real state machine and the real
functions, against emulated GitHub, Slack, Matrix, Quay, Copr, OpenShift, CodeBuild, Sentry, Mastodon and a blog.

Usage: npm start -- [options]

  --yes          a robot approver decides, by the link and the buttons that it finds in Slack
                 (without it, the approve link is printed and you decide)
  --config NAME  whose deployment: ${Object.keys(configs).join(" or ")} (default ${deployed})
  --data FILE    a real week to deploy, in the format of stable.json; without it, a made-up week
  --speed N      how many times faster than life machines work: builds, rollouts, timeouts (default 300);
                 with --yes the windows for people are compressed too
  --only NAME    a hotfix of this repository, off schedule; repeatable, needs --reason
  --reason TEXT  what the hotfix is for
  --dry-run      reads everything, changes nothing anywhere, and shows the plan
  --date DAY     the day that the run is scheduled for, such as 2026-12-24 (default: the next deployment day)
  --next-week    a week later in the same folder: more changes are merged, and deployed
  --port N       port of the pages and webhooks (default 4680, or a free one when that is taken)
  --state DIR    folder that keeps the store and the emulated systems between runs (default .stablehand;
                 .stablehand/NAME for another --config)
  --fresh        forgets that folder first
  --bundles      runs the functions as they are deployed: bundled, and each in processes of its own
  --stay         keeps serving the pages after the run, until Ctrl-C
  --report FILE  writes the end state of every system as JSON
  --fail NAME    makes something go wrong; can be given several times:
${listOfFaults().replaceAll(/^/gm, "               ")}
  --answer HOW   what the robot answers when a step failed: retry (default), skip or abort;
                 for one step alone: MoveStable=skip, AskRollback=forward; can be given several times
  --help         this text

Exit codes: 0 finished · 1 ended otherwise (skipped, rejected, expired, aborted, failed) · 2 bad input
            130 stopped by Ctrl-C
`;

/** @throws BadCommand with what is wrong and how it is written. Null: help was asked for. */
export function readOptions(argv: string[]): Options | null {
  const values = parse(argv);
  if (values.help) return null;
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= 100_000)) {
    throw new BadCommand(`--speed takes a number from 1 to 100000, not "${values.speed}".`);
  }
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new BadCommand(`--port takes a number from 0 to 65535, not "${values.port}".`);
  }
  if (values.date !== undefined && !isDay(values.date)) {
    throw new BadCommand(`--date takes a day such as 2026-11-23, not "${values.date}".`);
  }
  if (values.only.length > 0 !== (values.reason !== "")) {
    throw new BadCommand("A hotfix takes both --only NAME and --reason TEXT.");
  }
  if (values.only.length > 0 && values["dry-run"]) {
    throw new BadCommand("--dry-run plans the weekly deployment: it goes without --only.");
  }
  const config = readConfigName(values.config);
  return {
    config,
    only: values.only,
    reason: values.reason,
    dryRun: values["dry-run"],
    bundles: values.bundles,
    yes: values.yes,
    data: values.data ?? null,
    speed,
    port,
    stay: values.stay,
    report: values.report ?? null,
    state: values.state ?? (config === deployed ? ".stablehand" : `.stablehand/${config}`),
    fresh: values.fresh,
    date: values.date ?? null,
    nextWeek: values["next-week"],
    faults: readFaults(values.fail),
    answers: readAnswers(values.answer),
  };
}

function readAnswers(values: readonly string[]): RobotAnswers {
  const answers: RobotAnswers = { otherwise: "retry", bySteps: {} };
  const steps = new Set(Object.values(catalog).flatMap((each) => each.states));
  for (const value of values) {
    const [, step, answer] = /^(?:(\w+)=)?(retry|skip|abort|rollback|workers|forward)$/.exec(value) ?? [];
    if (!answer) {
      throw new BadCommand(
        `--answer takes ${stepAnswers.join(", ")}, or a step's such as MoveStable=skip, not "${value}".`,
      );
    }
    if (step && !steps.has(step)) throw new BadCommand(`--answer ${value}: there is no step ${step}.`);
    if (step) answers.bySteps[step] = answer as StepAnswer;
    else answers.otherwise = answer as StepAnswer;
  }
  return answers;
}

function parse(argv: string[]) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        yes: { type: "boolean", default: false },
        data: { type: "string" },
        config: { type: "string", default: deployed },
        speed: { type: "string", default: "300" },
        only: { type: "string", multiple: true, default: [] },
        reason: { type: "string", default: "" },
        "dry-run": { type: "boolean", default: false },
        bundles: { type: "boolean", default: false },
        date: { type: "string" },
        "next-week": { type: "boolean", default: false },
        port: { type: "string" },
        state: { type: "string" },
        fresh: { type: "boolean", default: false },
        stay: { type: "boolean", default: false },
        report: { type: "string" },
        fail: { type: "string", multiple: true, default: [] },
        answer: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (thrown) {
    // parseArgs explains at length how to pass a value that begins with a dash; the first sentence is what counts.
    throw new BadCommand(`${messageOf(thrown).split(/\.(\s|$)/, 1)[0]}. See npm start -- --help.`);
  }
}

function readConfigName(name: string): ConfigName {
  if (Object.hasOwn(configs, name)) return name as ConfigName;
  throw new BadCommand(`--config takes ${Object.keys(configs).join(" or ")}, not "${name}".`);
}

function isDay(text: string): boolean {
  const instant = Date.parse(`${text}T00:00Z`);
  // A day past a month's end would be taken for one of the next month.
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text) && text.length === 10;
}
