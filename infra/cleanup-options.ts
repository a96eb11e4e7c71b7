import { parseArgs } from "node:util";
import { messageOf } from "../functions/runtime/errors.ts";
import { BadCommand } from "./local/bad-command.ts";

export interface CleanupOptions {
  yes: boolean;
  speed: number;
  /** Null: a port of our choice. */
  port: number | null;
  /** So many weeks of builds stand in the emulated Quay. */
  weeks: number;
  fail: CleanupFault[];
  report: string | null;
  stay: boolean;
}

/** What can go wrong, in words. */
export const cleanupFaults = {
  "hook-off": "Quay has switched off a notification after failures",
  "tag-moves": "somebody moves a tag that was shown, before the answer",
  "comes-into-use": "a cluster starts to use an image that was shown, before the answer",
  "tag-immutable": "Quay refuses to delete one tag",
} as const;

export type CleanupFault = keyof typeof cleanupFaults;

const listOfFaults = Object.entries(cleanupFaults)
  .map(([name, what]) => `               ${name.padEnd(15)} ${what}`)
  .join("\n");

export const cleanupHelp = `Rehearses the monthly cleanup of the image repositories on this machine, offline: the real
state machine and the real functions, against an emulated Quay that holds the builds of many weeks.

Usage: npm run cleanup -- [options]

  --yes          a robot approver approves, by the link that it finds in Slack
                 (without it, the link is printed and you decide)
  --weeks N      how many weeks of builds the emulated Quay holds (default 40)
  --fail NAME    makes something go wrong; can be given several times:
${listOfFaults}
  --speed N      how many times faster than life it works (default 1000)
  --port N       port of the page (default 4680, or a free one when that is taken)
  --report FILE  writes as JSON what was planned, deleted and kept
  --stay         keeps serving the pages after the end, until Ctrl-C
  --help         this text

The real one starts by itself on the configured day of the month, or by hand:
  aws lambda invoke --function-name stablehand-StartCleanup --cli-binary-format raw-in-base64-out \\
    --payload "{\\"scheduledFor\\":\\"$(date -u +%FT%TZ)\\",\\"by\\":\\"person\\"}" /dev/stdout

Exit codes: 0 finished · 1 ended otherwise · 2 bad input · 130 stopped by Ctrl-C
`;

/** @throws BadCommand with what is wrong. Null: help was asked for. */
export function readCleanupOptions(argv: readonly string[]): CleanupOptions | null {
  const values = parse(argv);
  if (values.help) return null;
  const weeks = number("--weeks", values.weeks, 0, 2000);
  const speed = number("--speed", values.speed, 1, 100_000);
  const unknown = values.fail.find((each) => !(each in cleanupFaults));
  if (unknown !== undefined) {
    throw new BadCommand(
      `--fail ${unknown} is not known: it is one of ${Object.keys(cleanupFaults).join(", ")}.`,
    );
  }
  return {
    yes: values.yes,
    weeks,
    speed,
    fail: values.fail as CleanupFault[],
    port: values.port === undefined ? null : number("--port", values.port, 0, 65_535),
    report: values.report ?? null,
    stay: values.stay,
  };
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadCommand(`${option} takes a number from ${least} to ${most}, not "${text}".`);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        yes: { type: "boolean", default: false },
        weeks: { type: "string", default: "40" },
        speed: { type: "string", default: "1000" },
        fail: { type: "string", multiple: true, default: [] },
        port: { type: "string" },
        report: { type: "string" },
        stay: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (thrown) {
    throw new BadCommand(`${messageOf(thrown).split(/\.(\s|$)/, 1)[0]}. See npm run cleanup -- --help.`);
  }
}
