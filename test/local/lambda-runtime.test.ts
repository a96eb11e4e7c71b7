import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type DeployedFunction, Sandbox } from "../../infra/local/lambda-runtime.ts";
import { mostSandboxes, SandboxPool } from "../../infra/local/sandbox-pool.ts";
import { scratchFolder } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

let count = 0;
function deployed(source: string, rest: Partial<DeployedFunction> = {}): DeployedFunction {
  const directory = join(scratch.path, `function-${++count}`);
  mkdirSync(directory);
  writeFileSync(join(directory, "Work.mjs"), source);
  return {
    functionName: "stablehand-Work",
    directory,
    handler: "Work.handler",
    memoryMb: 128,
    timeoutSeconds: 20,
    environment: { AWS_REGION: "eu-central-1", STABLEHAND_TABLE: "table" },
    ...rest,
  };
}

async function start(source: string, rest?: Partial<DeployedFunction>): Promise<Sandbox> {
  const sandbox = await Sandbox.start(deployed(source, rest), () => undefined);
  ends.push(sandbox.kill.bind(sandbox));
  return sandbox;
}

describe("a function in a process of its own", () => {
  test("gets the event and Lambda's context, and stays for the next one", async () => {
    const sandbox = await start(`let count = 0;
      export const handler = async (event, context) => ({ event, count: ++count, name: context.functionName,
        left: context.getRemainingTimeInMillis(), pid: process.pid });`);

    const first = await sandbox.invoke({ a: [1, null, "ě"] });
    expect(first).toMatchObject({ event: { a: [1, null, "ě"] }, count: 1, name: "stablehand-Work" });
    expect((first as { left: number }).left).toBeGreaterThan(15_000);
    const { pid } = first as { pid: number };
    expect(await sandbox.invoke(null)).toMatchObject({ event: null, count: 2, pid });
    expect(sandbox.initMs).toBeGreaterThan(0);
  });

  test("has the stack's variables and none of this process", async () => {
    process.env.STRAY_VARIABLE = "stray";
    const sandbox = await start(`export const handler = () => process.env;`);
    delete process.env.STRAY_VARIABLE;

    const environment = await sandbox.invoke({});
    expect(environment).toMatchObject({
      STABLEHAND_TABLE: "table",
      AWS_LAMBDA_FUNCTION_NAME: "stablehand-Work",
    });
    expect(environment).not.toHaveProperty("STRAY_VARIABLE");
  });

  test("throws with the error's name, and goes on", async () => {
    const sandbox = await start(`class StableMoved extends Error { name = "StableMoved" }
      export const handler = (event) => { if (event.fail) throw new StableMoved("moved on"); return "well" };`);

    await expect(sandbox.invoke({ fail: true })).rejects.toMatchObject({
      name: "StableMoved",
      message: "moved on",
    });
    expect(await sandbox.invoke({})).toBe("well");
  });

  test("ends after its timeout", async () => {
    const sandbox = await start(`export const handler = () => new Promise((r) => setTimeout(r, 60000));`, {
      timeoutSeconds: 0.2,
    });

    await expect(sandbox.invoke({})).rejects.toMatchObject({ name: "Sandbox.Timedout" });
    await sandbox.kill();
    expect(sandbox.idle).toBe(false);
  });

  test("that ends by itself is an error of the platform", async () => {
    const sandbox = await start(`export const handler = () => process.exit(3);`);

    await expect(sandbox.invoke({})).rejects.toMatchObject({
      name: "Runtime.ExitError",
      message: /status 3/,
    });
    expect(sandbox.ended).toBe(true);
  });

  test.each([
    ["cannot be imported", `throw new TypeError("no such thing");`, "TypeError"],
    ["has no handler", `export const other = 1;`, "Runtime.HandlerNotFound"],
  ])("whose bundle %s does not start", async (_what, source, name) => {
    await expect(start(source)).rejects.toMatchObject({ name });
  });
});

test("many at once share a few processes, and closing leaves none", async () => {
  const pool = new SandboxPool(() =>
    deployed(`export const handler = () => new Promise((r) => setTimeout(() => r(process.pid), 20));`),
  );
  ends.push(pool.close.bind(pool));

  // In two goes, since those that end while others begin are what once got lost.
  const several = async () =>
    await Promise.all(Array.from({ length: 15 }, async () => await pool.invoke({})));
  const pids = new Set([...(await several()), ...(await several())] as number[]);
  expect(pids.size).toBeLessThanOrEqual(mostSandboxes);

  await pool.close();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  await expect(pool.invoke({})).rejects.toMatchObject({ name: "Lambda.ServiceException" });
});
