import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Variable } from "../functions/runtime/environment.ts";
import { ServiceUnavailable, StablehandError } from "../functions/runtime/errors.ts";
import { configs, deployed } from "./config/index.ts";
import { BadCommand } from "./local/bad-command.ts";
import { readEnvironment } from "./local/environment-file.ts";

/** The variables that say where the live system is, but for our configuration. */
export type LiveVariable = Exclude<Variable, "STABLEHAND_CONFIG">;

/**
 * Runs `work` with what the functions expect in their environment: from the rehearsal in the folder `local`, or as it
 * is, with our configuration. It changes the environment of its process.
 *
 * @param needed those without which nothing can be done on the live system.
 * @throws BadCommand where one is missing, or no rehearsal is under way.
 */
export async function inEnvironment<T>(
  local: string | null,
  needed: readonly LiveVariable[],
  work: () => Promise<T>,
): Promise<T> {
  // Functions write log lines and metrics to the output, which is the person's here.
  Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: "SILENT", POWERTOOLS_METRICS_DISABLED: "true" });
  if (local !== null) {
    Object.assign(process.env, await readEnvironment(resolve(local)));
    return await work();
  }
  const missing = needed.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    const verb = missing.length === 1 ? "is" : "are";
    throw new BadCommand(
      `${missing.join(", ")} ${verb} not set: the README says how to take ${missing.length === 1 ? "it" : "them"} from ` +
        "the live system. To look at a rehearsal: --local.",
    );
  }
  if (process.env.STABLEHAND_CONFIG) return await work();
  const folder = await mkdtemp(join(tmpdir(), "stablehand-command-"));
  try {
    process.env.STABLEHAND_CONFIG = join(folder, "config.json");
    await writeFile(process.env.STABLEHAND_CONFIG, JSON.stringify(configs[deployed]));
    return await work();
  } finally {
    delete process.env.STABLEHAND_CONFIG;
    await rm(folder, { recursive: true, force: true });
  }
}

export interface LocalArguments {
  /** Folder of the rehearsal; null: the live system. */
  local: string | null;
  rest: string[];
}

const defaultLocal = ".stablehand";

/**
 * Takes `--local [DIR]` out of the arguments. The folder may be left out, which parseArgs does not know: it is the next
 * word unless that is an option or one of `words`.
 * @throws BadCommand
 */
export function takeLocal(argv: readonly string[], words: readonly string[] = []): LocalArguments {
  const at = argv.findIndex((each) => each === "--local" || each.startsWith("--local="));
  if (at < 0) return { local: null, rest: [...argv] };
  const word = argv[at] ?? "";
  const next = argv[at + 1];
  if (word.includes("=")) {
    const local = word.slice("--local=".length);
    if (!local) throw new BadCommand("--local= names no folder. See --help.");
    return { local, rest: argv.toSpliced(at, 1) };
  }
  const named = next !== undefined && !next.startsWith("-") && !words.includes(next);
  return { local: named ? next : defaultLocal, rest: argv.toSpliced(at, named ? 2 : 1) };
}

/** What is wrong, for a person who typed a command; null: an error of ours, which is shown whole. */
export function explainCommand(thrown: unknown, local: string | null): string | null {
  if (!(thrown instanceof Error)) return null;
  if (thrown instanceof ServiceUnavailable && local !== null) {
    return `The rehearsal in ${local} does not answer: it has just ended, or was killed.`;
  }
  if (thrown instanceof BadCommand || thrown instanceof StablehandError) return thrown.message;
  const aws = "$metadata" in thrown || thrown.name === "CredentialsProviderError";
  return aws || thrown.message === "Region is missing" ? `AWS: ${thrown.message}` : null;
}
