import { access, constants, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../functions/runtime/errors.ts";
import { BadCommand } from "./bad-command.ts";

/**
 * Claims the folder that keeps store and world, so that two processes do not write into it at once. A claim whose
 * process is gone does not count.
 * @returns gives it back.
 * @throws BadCommand when another process has it.
 */
export async function claimState(stateDir: string): Promise<() => Promise<void>> {
  try {
    await mkdir(stateDir, { recursive: true });
    await access(stateDir, constants.W_OK);
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new BadCommand(`${stateDir} cannot keep the state: ${why}. Use another folder: --state DIR.`);
  }
  const file = join(stateDir, "pid");
  const owner = Number(await readFile(file, "utf8").catch(() => ""));
  if (owner && owner !== process.pid) {
    if (isAlive(owner)) {
      throw new BadCommand(
        `The process ${owner} is using ${stateDir}. Wait for it, or use another folder: --state DIR.`,
      );
    }
    await rm(file, { force: true });
  }
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(`${process.pid}\n`);
    await handle.close();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    throw new BadCommand(`Another process has just taken ${stateDir}. Use another folder: --state DIR.`);
  }
  return async () => await rm(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
