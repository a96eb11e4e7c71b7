import { parseArgs } from "node:util";
import { examine } from "../functions/doctor/examine.ts";
import { reportOf } from "../functions/domain/doctor.ts";
import { config } from "../functions/runtime/config.ts";
import { messageOf } from "../functions/runtime/errors.ts";
import { printDoctor } from "./doctor-print.ts";
import { examineFlow } from "./doctor-version.ts";
import { explainCommand, inEnvironment, type LiveVariable, takeLocal } from "./environment.ts";
import { BadCommand } from "./local/bad-command.ts";
import type { Terminal } from "./runs-command.ts";

const help = `Looks whether the next deployment would go through, and says what to do where it would not. It changes nothing.

Usage: npm run doctor -- [options]

  --local [DIR]   looks at the rehearsal that is under way in that folder (default .stablehand)
  --all           lists what is fine, too
  --json          prints JSON
  --help          this text

Without --local the environment says where the live system is: AWS credentials and AWS_REGION, and STABLEHAND_TABLE,
STABLEHAND_STATE_MACHINE, STABLEHAND_SECRETS and STABLEHAND_URL (the README says where to take them from). QUAY_TOKEN,
a token that may administer Quay's repositories, lets it see Quay's notifications where the bot's own may not.

Exit codes: 0 the deployment would go through · 1 it would not · 2 bad input
`;

/** The variables of the live system that the doctor cannot do without. */
export const wholeSystem: readonly LiveVariable[] = [
  "STABLEHAND_TABLE",
  "STABLEHAND_STATE_MACHINE",
  "STABLEHAND_SECRETS",
  "STABLEHAND_URL",
];

const exit = { ready: 0, notReady: 1, badInput: 2 };

/**
 * `npm run doctor`.
 * @returns the exit code.
 */
export async function doctorCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  let local: string | null = null;
  try {
    const options = readOptions(argv);
    if (!options) {
      terminal.out(help);
      return exit.ready;
    }
    local = options.local;
    return await inEnvironment(local, wholeSystem, async () => {
      const [report, flow] = await Promise.all([
        examine({ quayToken: process.env.QUAY_TOKEN ?? null, pausesMs: local === null ? [2000] : [] }),
        examineFlow(),
      ]);
      const whole = reportOf([flow, ...report.findings], report);
      const { timeZone } = config().schedule;
      terminal.out(
        options.json
          ? `${JSON.stringify(whole, null, 2)}\n`
          : printDoctor(whole, { timeZone, all: options.all }),
      );
      return whole.ready ? exit.ready : exit.notReady;
    });
  } catch (thrown) {
    const text = explainCommand(thrown, local);
    if (text === null) throw thrown;
    terminal.error(`${text}\n`);
    return thrown instanceof BadCommand ? exit.badInput : exit.notReady;
  }
}

interface Options {
  local: string | null;
  all: boolean;
  json: boolean;
}

/** @throws BadCommand. Null: help was asked for. */
function readOptions(argv: readonly string[]): Options | null {
  const { local, rest } = takeLocal(argv);
  try {
    const { values } = parseArgs({
      args: rest,
      options: {
        all: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values.help ? null : { local, all: values.all, json: values.json };
  } catch (thrown) {
    const what = messageOf(thrown).split(/\.(\s|$)/, 1)[0] ?? "";
    throw new BadCommand(`${what}. See npm run doctor -- --help.`);
  }
}
