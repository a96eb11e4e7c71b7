import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = fileURLToPath(new URL("../../node_modules/.cache/stablehand-peers/", import.meta.url));
const requirements = fileURLToPath(new URL("../peers/requirements.txt", import.meta.url));
const oldest = [3, 11];

/** There is no Python here, or no registry; the message says which, for people. */
export class PythonMissing extends Error {
  override readonly name = "PythonMissing";
}

/**
 * A Python that has moto, cfn-lint and Synapse: `python -m moto.server`, and `cfn-lint` beside it. Installed from PyPI at the first
 * use, into a virtual environment under node_modules that is named by the digest of the list, so that another list
 * makes another one.
 *
 * @param tell is told before something takes long.
 * @returns the interpreter's path.
 * @throws PythonMissing
 */
export async function pythonWithPeers(tell: (line: string) => void): Promise<string> {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cache, digest);
  const pythonIn = (venv: string) => join(venv, "bin", "python");
  if (existsSync(folder)) return pythonIn(folder);

  await assertPython();
  tell("Installing moto, cfn-lint and Synapse from PyPI, once: about a minute.");
  await mkdir(cache, { recursive: true });
  // Only a whole one gets the name; an interpreter finds its libraries beside it, wherever that is.
  const unfinished = `${folder}.${process.pid}`;
  try {
    await attempt("Python cannot make a virtual environment (Debian: apt install python3-venv).", "python3", [
      ...["-m", "venv", unfinished],
    ]);
    await attempt("PyPI does not give what test/peers/requirements.txt names.", pythonIn(unfinished), [
      ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"],
      ...["--only-binary=:all:", "--requirement", requirements],
    ]);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return pythonIn(folder);
}

async function assertPython(): Promise<void> {
  const version = `import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < (${oldest.join(", ")}))`;
  await attempt(`Python ${oldest.join(".")} or newer is not here, as python3.`, "python3", ["-c", version]);
}

async function attempt(otherwise: string, command: string, options: string[]): Promise<void> {
  try {
    await run(command, options);
  } catch (thrown) {
    const { stderr = "", stdout = "", message } = thrown as Error & { stderr?: string; stdout?: string };
    const said = `${stdout}${stderr}`.trim().split("\n").at(-1) || message;
    throw new PythonMissing(`${otherwise} It said: ${said}`);
  }
}
