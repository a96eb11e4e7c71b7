import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, test } from "vitest";
import { secretSchemas } from "../../functions/runtime/secrets.ts";
import { readEnvironment } from "../../infra/local/environment-file.ts";
import { type Rehearsed, scratchFolder, startRehearsalWith } from "../support/rehearsal.ts";
import { synthesize } from "../support/stack.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

/** Every text in every secret of a rehearsal that is under way: each of them is a canary. */
async function canaries(stateDir: string): Promise<string[]> {
  const { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint, STABLEHAND_SECRETS: prefix } =
    await readEnvironment(stateDir);
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SecretsManagerClient({ endpoint, region: "eu-central-1", credentials });
  const found: string[] = [];
  for (const name of Object.keys(secretSchemas)) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: `${prefix}${name}` }));
    const texts = textsIn(JSON.parse(SecretString ?? ""));
    expect(texts.length, `texts in ${name}`).toBeGreaterThan(0);
    found.push(...texts);
  }
  client.destroy();
  return found;
}

/** A private key by its lines, since a log would break it at them; without what is no secret: ids and headings. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") {
    return value.split("\n").filter((line) => line.length >= 12 && !/^-----|^@/.test(line));
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Ids of the processes that began with a variable that holds this text. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return readFileSync(`/proc/${id}/environ`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

/** Bundles are unpacked under it, so its processes and files are known by it. */
function temporaryFolder(name: string): string {
  const folder = join(scratch.path, name);
  mkdirSync(folder);
  return folder;
}

function expectNothingLeft(temporary: string): void {
  expect(processesWith(temporary)).toEqual([]);
  // tsx has a cache there.
  expect(readdirSync(temporary).filter((name) => name.startsWith("stablehand-"))).toEqual([]);
}

test("the bundles deploy a week, and no secret shows up in anything that is written or handed on", async () => {
  const temporary = temporaryFolder("whole");
  const rehearsal = startRehearsalWith({ TMPDIR: temporary }, scratch.path, "--bundles", "--yes", "--fresh");
  const stateDir = join(scratch.path, "state");
  await rehearsal.printed(/console {2}http/);
  const secrets = await canaries(stateDir);
  const { code, output, report }: Rehearsed = await rehearsal.ended;

  expect(output).toMatch(/finished: deployed/);
  expect(code).toBe(0);
  expect(report?.run).toMatchObject({ status: "finished", decision: "approve" });
  expectNothingLeft(temporary);

  const written = {
    terminal: output,
    report: JSON.stringify(report),
    // Of the functions, the emulated systems and the engine.
    log: readFileSync(join(stateDir, "stablehand.log"), "utf8"),
    // With the input and output of every state.
    executions: readFileSync(join(stateDir, "step-functions.json"), "utf8"),
    template: JSON.stringify(synthesize()),
  };
  expect(written.log).toContain("move-stable.moved");
  expect(written.executions).toContain("MoveStable");
  expectTraces(written.log, report?.run.id ?? "");
  expect(leaks(written, secrets)).toEqual([]);
  // A leak would be seen, whichever secret it is of: logged as the functions log, handed on as states do.
  for (const secret of secrets) {
    const log = `${written.log}${JSON.stringify({ message: "x", reason: `refused: ${secret}` })}\n`;
    expect(leaks({ ...written, log }, secrets)).toEqual(["log"]);
  }
}, 240_000);

/** Where secrets stand. JSON would write a line's end as \n, and nothing else of these texts in another way. */
function leaks(written: Record<string, string>, secrets: string[]): string[] {
  return Object.keys(written).filter((where) => secrets.some((each) => written[where]?.includes(each)));
}

/** What X-Ray was sent: each step by its run, and what it asked other systems, by host and path alone. */
function expectTraces(log: string, run: string): void {
  const lines = log.split("\n").filter((line) => line.startsWith('{"source":"x-ray"'));
  const parts = lines.map((line) => JSON.parse(JSON.parse(line).text));
  const moves = parts.filter(({ name }) => name === "move-stable");
  expect(moves.length).toBeGreaterThan(0);
  for (const { annotations } of moves) {
    expect(annotations).toMatchObject({
      run,
      repository: expect.any(String),
      ColdStart: expect.any(Boolean),
    });
  }
  const asked = parts.flatMap(({ http, subsegments = [] }) => [
    ...(http ? [http.request.url] : []),
    ...subsegments.flatMap((each: { http?: { request: { url: string } } }) => each.http?.request.url ?? []),
  ]);
  expect(asked.length).toBeGreaterThan(10);
  for (const url of asked) expect(url).not.toContain("?");
}

test("Ctrl-C leaves none of their processes", async () => {
  const temporary = temporaryFolder("interrupted");
  const rehearsal = startRehearsalWith({ TMPDIR: temporary }, scratch.path, "--bundles", "--fresh");
  await rehearsal.printed(/Your decision: http\S+/);
  // This one, and those of the functions that were used so far.
  expect(processesWith(temporary).length).toBeGreaterThan(2);

  rehearsal.child.kill("SIGINT");
  expect((await rehearsal.ended).code).toBe(130);

  expectNothingLeft(temporary);
}, 180_000);

test("even killed outright it leaves none of their processes", async () => {
  const temporary = temporaryFolder("killed");
  const rehearsal = startRehearsalWith({ TMPDIR: temporary }, scratch.path, "--bundles", "--fresh");
  await rehearsal.printed(/Your decision: http\S+/);

  rehearsal.child.kill("SIGKILL");
  await rehearsal.ended;

  await expect.poll(() => processesWith(temporary), { timeout: 10_000 }).toEqual([]);
}, 180_000);
