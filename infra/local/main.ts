import { existsSync } from "node:fs";
import { access, constants, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Config, parseConfig } from "../../functions/runtime/config.ts";
import { messageOf } from "../../functions/runtime/errors.ts";
import { configs } from "../config/index.ts";
import { BadCommand } from "./bad-command.ts";
import { keptNames } from "./disk.ts";
import { faults } from "./faults.ts";
import { rehearse } from "./lives.ts";
import { logName, openLog } from "./log.ts";
import type { Options } from "./options.ts";
import type { Platform } from "./platform.ts";
import { choosePort } from "./port.ts";
import { Picture } from "./rehearsal.ts";
import type { Report } from "./report.ts";
import { claimState } from "./state.ts";
import type { Transition } from "./step-functions/index.ts";
import { type System, startSystem } from "./system.ts";
import { paint, type View } from "./view.ts";
import { madeUpWeek, readWeek } from "./world/data.ts";
import { createFaults } from "./world/faults.ts";
import type { WorldSeed } from "./world/seed.ts";

const exit = { finished: 0, endedOtherwise: 1, interrupted: 130 };

/**
 * Rehearses one run and closes everything behind it.
 * @returns the exit code.
 * @throws BadCommand, BadConfiguration for what the person who typed the command can mend.
 */
export async function rehearseOnce(options: Options, view: View): Promise<number> {
  const interrupted = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.resolve());
  // Nobody reads on (`| head`): ends as if stopped, with everything closed.
  process.stdout.on("error", () => interrupted.resolve());

  const config = parseConfig(configs[options.config]);
  assertKnown(options.only, config);
  const seed = options.data ? await readWeek(options.data, config) : madeUpWeek(config);
  const port = await choosePort(options.port);
  const stateDir = resolve(options.state);
  const release = await claimState(stateDir);
  const picture = new Picture();
  view.follow(() => picture.snapshot());
  try {
    if (options.report) await assertWritable(options.report);
    if (options.fresh) await forget(stateDir);
    const log = openLog(stateDir);
    for (const note of seed.notes) view.line(`  ${paint("dim", note)}`);
    for (const name of options.faults) view.line(`  ${paint("yellow", `${name}: ${faults[name]}`)}`);
    const { system, start, close } = starter({ options, seed, stateDir, port, view, picture, log });
    try {
      const ended = rehearse(start, { options, view, picture });
      const outcome = await Promise.race([ended, interrupted.promise]);
      if (outcome) tellUnused(outcome.report, options, view);
      if (outcome && options.stay) {
        view.line();
        view.line(`The pages stay at ${system()?.url}/console until Ctrl-C.`);
        await interrupted.promise;
      }
      if (!outcome) return exit.interrupted;
      return outcome.status === "finished" ? exit.finished : exit.endedOtherwise;
    } finally {
      view.stop();
      await close();
    }
  } finally {
    await release();
  }
}

/** A fault that did not happen proves nothing, so it is said. */
function tellUnused({ faults: happened }: Report, { faults: asked }: Options, view: View): void {
  const unused = asked.filter((name) => !happened.some((each) => each.name === name));
  for (const name of unused) {
    view.line(
      paint("yellow", `  ⚡ ${name} did not happen: this week gave it no occasion (${faults[name]}).`),
    );
  }
}

interface Place {
  options: Options;
  seed: WorldSeed;
  stateDir: string;
  port: number;
  view: View;
  picture: Picture;
  log: (source: string, text: string) => void;
}

/**
 * Starts the system, as often as it is needed; `system` is the latest one. After `close`, which waits for one that is
 * just being started, none is left.
 */
function starter({ options, seed, stateDir, port, view, picture, log }: Place) {
  const happening = createFaults(options.faults, ({ what }) => view.event("⚡", what, "yellow"));
  let system: System | null = null;
  let starting: Promise<System> | null = null;
  let closed = false;
  const assertOpen = () => {
    if (closed) throw new Error("The rehearsal was interrupted while it started.");
  };
  return {
    system: () => system,
    close: async () => {
      closed = true;
      // What kept it from starting is told by whoever asked for it.
      const started = await starting?.catch(() => null);
      await started?.close();
    },
    start: async () => {
      const platform = options.bundles ? await bundledPlatform(view, log) : {};
      assertOpen();
      starting = startSystem({
        config: configs[options.config],
        seed,
        speed: options.speed,
        peopleSpeed: options.yes ? options.speed : 1,
        port,
        stateDir,
        faults: happening,
        platform,
        log,
      });
      const started = await starting;
      assertOpen();
      const working = started.workingStates;
      started.onTransition((transition) => tell({ view, picture, working }, transition));
      system = started;
      return started;
    },
  };
}

/** Loaded only where asked for, since esbuild takes its time. */
async function bundledPlatform(view: View, log: Place["log"]): Promise<Partial<Platform>> {
  const { startBundledLambda } = await import("./bundles.ts");
  view.line(`  ${paint("dim", "the functions run as their bundles, each in processes of its own")}`);
  return {
    startLambda: async (environment) => await startBundledLambda(environment, (part) => log("x-ray", part)),
  };
}

/** @throws BadCommand for a hotfix of a repository that the configuration lacks. */
function assertKnown(only: readonly string[], { repositories }: Config): void {
  const names = repositories.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new BadCommand(`--only ${unknown.join(", ")}: no such repository. There are ${names.join(", ")}.`);
}

/** Asked before the run, since it would be a pity after it. @throws BadCommand */
async function assertWritable(file: string): Promise<void> {
  const existing = await stat(file).catch(() => null);
  try {
    if (existing?.isDirectory()) throw new Error("it is a folder");
    await access(existing ? file : dirname(resolve(file)), constants.W_OK);
  } catch (thrown) {
    throw new BadCommand(`--report ${file} cannot be written: ${messageOf(thrown)}.`);
  }
}

/** @throws BadCommand for a folder of somebody else's: every rehearsal leaves its log. */
async function forget(stateDir: string): Promise<void> {
  const kept = keptNames.filter((name) => existsSync(resolve(stateDir, name)));
  if (kept.length > 0 && !existsSync(resolve(stateDir, logName))) {
    throw new BadCommand(
      `--fresh would delete ${kept.join(", ")} in ${stateDir}, and no rehearsal was there. Use another folder: --state DIR.`,
    );
  }
  for (const name of kept) await rm(resolve(stateDir, name), { recursive: true, force: true });
}

/** What only routes is left to the console. */
function tell(
  { view, picture, working }: { view: View; picture: Picture; working: ReadonlySet<string> },
  transition: Transition,
): void {
  if (!working.has(transition.state)) return;
  const took = picture.follow(transition);
  const { type, state, mapItem, error } = transition;
  const what = `${state}${mapItem ? ` ${paint("cyan", mapItem)}` : ""}`;
  if (took !== null) view.event("✔", `${what} ${paint("dim", `${(took / 1000).toFixed(1)} s`)}`, "green");
  if (type === "failed") view.event("✘", `${what}: ${error ?? "failed"}`, "red");
  if (type === "retried") view.event("↻", `${what} again`, "yellow");
}
