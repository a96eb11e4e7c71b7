import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BadCommand } from "./bad-command.ts";

/**
 * How another command on this machine (`npm run runs`) finds a rehearsal that is under way: the environment variables
 * that its functions have, in the folder that keeps its state. Only its owner may read them.
 */
const fileIn = (stateDir: string) => join(stateDir, "environment.json");

/** @returns removes it again. */
export async function offerEnvironment(
  stateDir: string,
  variables: Record<string, string>,
): Promise<() => Promise<void>> {
  const file = fileIn(stateDir);
  // One that a killed process left behind would keep its own mode.
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(variables, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  return async () => await rm(file, { force: true });
}

/** @throws BadCommand when no rehearsal is under way there. */
export async function readEnvironment(stateDir: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(fileIn(stateDir), "utf8"));
  } catch {
    throw new BadCommand(
      `No rehearsal is under way in ${stateDir}. Start one with npm start, or name its folder: --local DIR.`,
    );
  }
}
