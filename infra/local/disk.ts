import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is kept between processes, in the folder for state. */
export const keptNames = ["dynamodb", "world", "step-functions.json"];

/**
 * Copies what is kept as it is at this moment, so that it can be put back: what a process that is killed now would leave
 * behind, whatever it still writes while it goes down.
 */
export function keepDisk(folder: string): { restore(): void } {
  const copy = mkdtempSync(join(tmpdir(), "stablehand-killed-"));
  transfer(folder, copy);
  return {
    restore() {
      transfer(copy, folder);
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

function transfer(from: string, to: string): void {
  for (const name of keptNames) {
    rmSync(join(to, name), { recursive: true, force: true });
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name), { recursive: true });
  }
}
