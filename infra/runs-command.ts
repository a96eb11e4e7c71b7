import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { config } from "../functions/runtime/config.ts";
import { ServiceUnavailable, StablehandError } from "../functions/runtime/errors.ts";
import { packit } from "./config/packit.ts";
import { BadCommand } from "./local/bad-command.ts";
import { readEnvironment } from "./local/environment-file.ts";
import { answer, control, type Done, whoActs } from "./runs-act.ts";
import { help, type RunsOptions, readRunsOptions } from "./runs-options.ts";
import { printList, printRun } from "./runs-print.ts";
import { listRuns, runUnderWay, showRun } from "./runs-read.ts";

export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

const exit = { done: 0, notDone: 1, badInput: 2 };

/**
 * `npm run runs`: reads and changes runs in the table that the environment names, or in that of a rehearsal. It changes
 * the environment of its process accordingly.
 * @returns the exit code.
 */
export async function runsCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  let options: RunsOptions | null = null;
  try {
    options = readRunsOptions(argv);
    if (!options) {
      terminal.out(help);
      return exit.done;
    }
    return await inEnvironment(options, (given) => perform(given, terminal));
  } catch (thrown) {
    const text = explain(thrown, options?.local ?? null);
    if (text === null) throw thrown;
    terminal.error(`${text}\n`);
    return thrown instanceof BadCommand ? exit.badInput : exit.notDone;
  }
}

/** What the functions expect in their environment: from the rehearsal's file, or as it is, with our configuration. */
export async function inEnvironment<O extends { local: string | null }>(
  options: O,
  work: (options: O) => Promise<number>,
): Promise<number> {
  // Functions write log lines and metrics to the output, which is the person's here.
  Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: "SILENT", POWERTOOLS_METRICS_DISABLED: "true" });
  if (options.local !== null) {
    Object.assign(process.env, await readEnvironment(resolve(options.local)));
    return await work(options);
  }
  if (!process.env.STABLEHAND_TABLE) {
    throw new BadCommand(
      "STABLEHAND_TABLE is not set: it names the table of the live system. To look at a rehearsal: --local.",
    );
  }
  if (process.env.STABLEHAND_CONFIG) return await work(options);
  const folder = await mkdtemp(join(tmpdir(), "stablehand-runs-"));
  try {
    process.env.STABLEHAND_CONFIG = join(folder, "config.json");
    await writeFile(process.env.STABLEHAND_CONFIG, JSON.stringify(packit));
    return await work(options);
  } finally {
    delete process.env.STABLEHAND_CONFIG;
    await rm(folder, { recursive: true, force: true });
  }
}

async function perform(options: RunsOptions, terminal: Terminal): Promise<number> {
  const { command, json } = options;
  const clock = { zone: config().schedule.timeZone, now: new Date().toISOString() };
  const print = (value: unknown, text: () => string) =>
    terminal.out(json ? `${JSON.stringify(value, null, 2)}\n` : text());
  switch (command.name) {
    case "list": {
      const listed = await listRuns();
      print(listed, () => printList(listed, clock));
      return exit.done;
    }
    case "show": {
      const shown = await showRun(command.run ?? (await runUnderWay(true)));
      print(shown, () => printRun(shown, clock));
      return exit.done;
    }
    default: {
      const result = await act(options, command);
      print(result, () => `${result.text}\n`);
      return result.done ? exit.done : exit.notDone;
    }
  }
}

async function act(
  { as, local }: RunsOptions,
  command: Exclude<RunsOptions["command"], { name: "list" } | { name: "show" }>,
): Promise<Done> {
  const person = whoActs(as, local !== null);
  const run = command.run ?? (await runUnderWay(false));
  if (command.name === "answer") return await answer(run, command, person);
  return await control(command.name, run, {
    person,
    comment: command.name === "stop" ? command.reason : null,
  });
}

/** What is wrong, for a person; null: an error of ours, which is shown whole. */
export function explain(thrown: unknown, local: string | null): string | null {
  if (!(thrown instanceof Error)) return null;
  if (thrown instanceof ServiceUnavailable && local !== null) {
    return `The rehearsal in ${local} does not answer: it has just ended, or was killed.`;
  }
  if (thrown instanceof BadCommand || thrown instanceof StablehandError) return thrown.message;
  const aws = "$metadata" in thrown || thrown.name === "CredentialsProviderError";
  return aws || thrown.message === "Region is missing" ? `AWS: ${thrown.message}` : null;
}
