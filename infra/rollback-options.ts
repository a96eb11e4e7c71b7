import { parseArgs } from "node:util";
import { messageOf } from "../functions/runtime/errors.ts";
import { BadCommand } from "./local/bad-command.ts";

export type RollbackAction =
  | {
      name: "start";
      run: string | null;
      scope: "all" | "workers";
      /** Goes back although the run brought a database migration. */
      despiteMigration: boolean;
      reason: string;
    }
  | { name: "pinned" }
  | { name: "clear"; digest: string };

export interface RollbackOptions {
  action: RollbackAction;
  /** Folder of the rehearsal that is under way; null: the environment says where the live system is. */
  local: string | null;
  /** GitHub login of who acts. */
  as: string | null;
}

export const help = `Brings production back to the images from before a run, and shows what a rollback left behind.

Usage: npm run rollback -- COMMAND [options]

  start [RUN]     takes back what this run brought; without RUN, the newest one that brought anything
  pinned          the image streams that a rollback left at a digest, and the digests in quarantine
  clear DIGEST    takes a digest out of quarantine: it may be imported again

  --except-migrated    start: leaves the images that do not start on a migrated database
  --despite-migration  start: returns them, too; for when somebody has taken the database back before
  --reason TEXT        start: why, for Slack and the record
  --local DIR          the rehearsal that is under way in that folder, such as .stablehand
  --as LOGIN           GitHub login of who acts; needed on the live system, and recorded
  --help               this text

Without --local the environment says where the live system is: AWS credentials and AWS_REGION, STABLEHAND_TABLE, and to
start a rollback STABLEHAND_ROLLBACK (the outputs TableName and Rollback of the stack).

Exit codes: 0 done · 1 it could not be done · 2 bad input
`;

/** @throws BadCommand with what is wrong. Null: help was asked for. */
export function readRollbackOptions(argv: readonly string[]): RollbackOptions | null {
  const { values, positionals } = parse(argv);
  if (values.help || (argv.length === 0 && positionals.length === 0)) return null;
  const [name, subject = null, ...more] = positionals;
  if (more.length > 0) throw bad(`${name} takes no more than one word`);
  const action = readAction(name, subject, values);
  const forStart = values.reason !== "" || values["except-migrated"] || values["despite-migration"];
  if (action.name !== "start" && forStart) {
    throw bad("--reason, --except-migrated and --despite-migration go with start");
  }
  if (values["except-migrated"] && values["despite-migration"]) {
    throw bad("--except-migrated and --despite-migration exclude each other");
  }
  return { action, local: values.local ?? null, as: values.as ?? null };
}

function readAction(
  name: string | undefined,
  subject: string | null,
  values: { reason: string; "except-migrated": boolean; "despite-migration": boolean },
): RollbackAction {
  switch (name) {
    case "start":
      if (values.reason.length > 500) throw bad("The reason is longer than 500 characters");
      return {
        name,
        run: subject,
        scope: values["except-migrated"] ? "workers" : "all",
        despiteMigration: values["despite-migration"],
        reason: values.reason.trim(),
      };
    case "pinned":
      if (subject !== null) throw bad(`pinned takes nothing more, not "${subject}"`);
      return { name };
    case "clear":
      if (!/^sha256:[0-9a-f]{64}$/.test(subject ?? "")) throw bad("clear takes a whole digest, sha256:…");
      return { name, digest: subject ?? "" };
    default:
      throw bad(`There is no command "${name}"`);
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        as: { type: "string" },
        local: { type: "string" },
        reason: { type: "string", default: "" },
        "except-migrated": { type: "boolean", default: false },
        "despite-migration": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (thrown) {
    throw bad(messageOf(thrown).split(/\.(\s|$)/, 1)[0] ?? "");
  }
}

function bad(what: string): BadCommand {
  return new BadCommand(`${what}. See npm run rollback -- --help.`);
}
