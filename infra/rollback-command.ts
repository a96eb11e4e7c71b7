import { timeOf } from "../functions/domain/times.ts";
import { approvers } from "../functions/facts.ts";
import { config } from "../functions/runtime/config.ts";
import { startRollbackByHand } from "../functions/start-rollback.ts";
import { migratedRepositories } from "../functions/steps/rollback-plan.ts";
import { ledger } from "../functions/store/ledger.ts";
import { runs } from "../functions/store/runs.ts";
import { explainCommand, inEnvironment } from "./environment.ts";
import { BadCommand } from "./local/bad-command.ts";
import { help, type RollbackOptions, readRollbackOptions } from "./rollback-options.ts";
import { whoActs } from "./runs-act.ts";
import type { Terminal } from "./runs-command.ts";

const exit = { done: 0, notDone: 1, badInput: 2 };
const lookedAt = 50;

/**
 * `npm run rollback`: starts a rollback, shows what is pinned, and clears digests.
 * @returns the exit code.
 */
export async function rollbackCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  let options: RollbackOptions | null = null;
  try {
    options = readRollbackOptions(argv);
    if (!options) {
      terminal.out(help);
      return exit.done;
    }
    const given = options;
    return await inEnvironment(given.local, ["STABLEHAND_TABLE", "STABLEHAND_ROLLBACK"], () =>
      perform(given, terminal),
    );
  } catch (thrown) {
    const text = explainCommand(thrown, options?.local ?? null);
    if (text === null) throw thrown;
    terminal.error(`${text}\n`);
    return thrown instanceof BadCommand ? exit.badInput : exit.notDone;
  }
}

async function perform({ action, as, local }: RollbackOptions, terminal: Terminal): Promise<number> {
  if (action.name === "pinned") {
    terminal.out(await pinned());
    return exit.done;
  }
  const person = whoActs(as, local !== null);
  if (!person.approver) {
    const names = approvers().map((each) => each.name);
    terminal.out(`Only approvers can do this: ${names.join(", ")}. Nothing was done.\n`);
    return exit.notDone;
  }
  if (action.name === "clear") return await clear(action.digest, person.github, terminal);
  const of = action.run ?? (await newestThatBrought());
  if (!(await runs().get(of))) throw new BadCommand(`There is no run ${of}. npm run runs -- list shows all.`);
  const { scope, reason } = action;
  const migrated = Object.keys(await migratedRepositories(of));
  if (migrated.length > 0 && scope === "all" && !action.despiteMigration) {
    throw new BadCommand(
      `${of} brought a database migration of ${migrated.join(", ")}: an earlier image of the service does not start on ` +
        "the new schema. Take --except-migrated, or fix it forward.",
    );
  }
  const { name } = await startRollbackByHand({ of, scope, by: person.github, reason });
  terminal.out(
    `${name} takes back what ${of} brought. It says in Slack how it goes; npm run runs -- show ${name} does, too.\n`,
  );
  return exit.done;
}

/** The newest run whose images reached production. */
async function newestThatBrought(): Promise<string> {
  for (const { id, kind } of await runs().list(lookedAt)) {
    if (kind === "rollback" || kind === "dry-run") continue;
    const progress = await runs().repositories(id);
    if (progress.some(({ stage }) => ["imported", "deployed", "rolledBack"].includes(stage))) return id;
  }
  throw new BadCommand("No run has brought anything to production: name the one that is to be taken back.");
}

async function clear(digest: string, by: string, terminal: Terminal): Promise<number> {
  const entry = (await ledger().quarantine()).find((each) => each.digest === digest);
  if (!entry || !(await ledger().clearQuarantined(digest))) {
    terminal.out(`${digest} is not in quarantine. Nothing was done.\n`);
    return exit.notDone;
  }
  await runs().record(entry.run, {
    code: "quarantine.cleared",
    text: `${by} cleared ${entry.image}@${digest}: it may be imported again`,
    who: by,
  });
  terminal.out(`${entry.image}@${digest} may be imported again.\n`);
  return exit.done;
}

async function pinned(): Promise<string> {
  const { timeZone } = config().schedule;
  const at = (iso: string) => timeOf(iso, timeZone, new Date().toISOString());
  const pins = (await ledger().pins()).map(
    ({ stream, digest, run, at: since }) => `  ${stream}  ${digest}  since ${run}, ${at(since)}`,
  );
  const held = (await ledger().quarantine()).map(
    ({ image, digest, run }) => `  ${image}  ${digest}  rolled back with ${run}`,
  );
  return [
    pins.length > 0 ? "Pinned image streams:" : "No image stream is pinned.",
    ...pins,
    held.length > 0 ? "In quarantine:" : "Nothing is in quarantine.",
    ...held,
    "",
  ].join("\n");
}
