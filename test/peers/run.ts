import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { assertNode } from "../../infra/local/guard.ts";
import { startMoto } from "../support/moto.ts";
import { PythonMissing, pythonWithPeers } from "../support/python.ts";

/**
 * `npm run test:peers`: gets the programs that we are checked by, and runs the checks. Without Python or PyPI there is
 * nothing to check with: a notice, and success, but where CI is set a failure.
 */
async function main(options: string[]): Promise<number> {
  const python = await findPython();
  if (!python) return process.env.CI ? 1 : 0;
  const moto = await startMoto(python);
  try {
    const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
    const child = spawn(process.execPath, [vitest, "run", "--config", "vitest.peers.config.ts", ...options], {
      stdio: "inherit",
      env: { ...process.env, PEERS_PYTHON: python, PEERS_DYNAMODB: moto.url },
    });
    // Ctrl-C reaches vitest as well; this one stays until that has ended.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? 1;
  } finally {
    await moto.close();
  }
}

async function findPython(): Promise<string | null> {
  try {
    return await pythonWithPeers((line) => process.stdout.write(`${line}\n`));
  } catch (thrown) {
    if (!(thrown instanceof PythonMissing)) throw thrown;
    process.stdout.write(`Skipped, no test ran: ${thrown.message}\n`);
    return null;
  }
}

assertNode();
process.exitCode = await main(process.argv.slice(2));
