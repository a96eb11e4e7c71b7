import { parseArgs } from "node:util";
import { count } from "../functions/domain/words.ts";
import { messageOf } from "../functions/runtime/errors.ts";
import { type Connections, planConnections } from "./connect-plan.ts";
import { explainCommand, inEnvironment, takeLocal } from "./environment.ts";
import { BadCommand } from "./local/bad-command.ts";
import type { Terminal } from "./runs-command.ts";

const help = `Connects GitHub and Quay to our webhooks, or repairs that: first it shows what it would do, then it asks.

Usage: npm run connect -- [options]

  --dry-run       shows what it would do, and does nothing
  --yes           does it without asking
  --secret        sets the secret of the App's webhook, too (GitHub tells nobody which one it has)
  --local [DIR]   works on the rehearsal that is under way in that folder (default .stablehand)
  --help          this text

Without --local the environment says where the live system is: AWS credentials and AWS_REGION, STABLEHAND_SECRETS and
STABLEHAND_URL (the README says where to take them from). Quay takes a token that may administer repositories: if the
bot's may not, set QUAY_TOKEN to one that does, for this command alone.

Exit codes: 0 all is connected · 1 something is left to do · 2 bad input
`;

export interface ConnectTerminal extends Terminal {
  /** Asks a person; false where nobody can answer. */
  confirm(question: string): Promise<boolean>;
}

interface Options {
  local: string | null;
  dryRun: boolean;
  yes: boolean;
  setSecret: boolean;
}

const exit = { done: 0, left: 1, badInput: 2 };

/**
 * `npm run connect`.
 * @returns the exit code.
 */
export async function connectCommand(argv: readonly string[], terminal: ConnectTerminal): Promise<number> {
  let local: string | null = null;
  try {
    const options = readOptions(argv);
    if (!options) {
      terminal.out(help);
      return exit.done;
    }
    local = options.local;
    return await inEnvironment(local, ["STABLEHAND_SECRETS", "STABLEHAND_URL"], () =>
      connect(options, terminal),
    );
  } catch (thrown) {
    const text = explainCommand(thrown, local);
    if (text === null) throw thrown;
    terminal.error(`${text}\n`);
    return thrown instanceof BadCommand ? exit.badInput : exit.left;
  }
}

async function connect(options: Options, terminal: ConnectTerminal): Promise<number> {
  const plan = await planConnections({ setSecret: options.setSecret });
  terminal.out(textOf(plan));
  if (plan.steps.length === 0) return plan.byHand.length === 0 ? exit.done : exit.left;
  if (options.dryRun) return exit.left;
  const agreed = options.yes || (await terminal.confirm("Do this?"));
  if (!agreed) {
    terminal.out("Nothing was changed. With --yes it is done without asking.\n");
    return exit.left;
  }
  let failed = 0;
  for (const { text, run } of plan.steps) {
    try {
      await run();
      terminal.out(`✔ ${text}\n`);
    } catch (thrown) {
      failed++;
      terminal.out(`✘ ${text}\n    → ${messageOf(thrown)}\n`);
    }
  }
  // What was done is not believed but looked at; the secret alone cannot be.
  const after = await planConnections({ setSecret: false, justSet: true });
  if (failed > 0 || after.steps.length > 0) {
    terminal.out(`${count(Math.max(failed, after.steps.length), "step")} left: run it again.\n`);
    return exit.left;
  }
  terminal.out("GitHub and Quay are connected. npm run doctor looks at everything else.\n");
  return plan.byHand.length === 0 ? exit.done : exit.left;
}

function textOf({ steps, byHand, toLookAt }: Connections): string {
  const lines = [
    ...(steps.length === 0 ? ["There is nothing to change."] : ["To do:"]),
    ...steps.map(({ text }) => `  ${text}`),
    ...(byHand.length > 0 ? ["Only a person can do this:"] : []),
    ...byHand.map((text) => `  ${text}`),
    "Only a person can look at this:",
    ...toLookAt.map((text) => `  ${text}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** @throws BadCommand. Null: help was asked for. */
function readOptions(argv: readonly string[]): Options | null {
  const { local, rest } = takeLocal(argv);
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({
      args: rest,
      options: {
        "dry-run": flag,
        yes: flag,
        secret: flag,
        help: { ...flag, short: "h" },
      },
    });
    if (values.help) return null;
    return { local, dryRun: values["dry-run"], yes: values.yes, setSecret: values.secret };
  } catch (thrown) {
    const what = messageOf(thrown).split(/\.(\s|$)/, 1)[0] ?? "";
    throw new BadCommand(`${what}. See npm run connect -- --help.`);
  }
}
