import { config } from "../functions/runtime/config.ts";
import { explainCommand, inEnvironment } from "./environment.ts";
import { BadCommand } from "./local/bad-command.ts";
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
    const given = options;
    return await inEnvironment(given.local, ["STABLEHAND_TABLE"], () => perform(given, terminal));
  } catch (thrown) {
    const text = explainCommand(thrown, options?.local ?? null);
    if (text === null) throw thrown;
    terminal.error(`${text}\n`);
    return thrown instanceof BadCommand ? exit.badInput : exit.notDone;
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
