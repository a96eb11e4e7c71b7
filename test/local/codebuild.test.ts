import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createCodeBuild } from "../../functions/services/codebuild.ts";
import { type BuildEvent, type LocalCodeBuild, startCodeBuild } from "../../infra/local/codebuild/index.ts";
import { openVault } from "../../infra/local/world/vault.ts";

/** Our client against the local CodeBuild, over HTTP, with jobs that really run. */

const note = "! Changelog !";
const vault = openVault(null, note);
const folder = mkdtempSync(join(tmpdir(), "stablehand-vault-"));
const events: BuildEvent[] = [];
let local: LocalCodeBuild;
let client: CodeBuildClient;
let password = vault.account.masterPassword;

beforeAll(async () => {
  writeFileSync(join(folder, "vault.json"), JSON.stringify(vault.file()));
  local = await startCodeBuild({
    prefix: "stablehand-",
    region: "eu-central-1",
    secrets: {
      get bitwarden() {
        return { ...vault.account, masterPassword: password };
      },
    },
    prepare: async () => ({ STANDIN_VAULT: join(folder, "vault.json") }),
    onEvent: async (event) => {
      events.push(event);
    },
    log: () => undefined,
  });
  client = new CodeBuildClient({
    endpoint: local.url,
    region: "eu-central-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
});
afterAll(async () => {
  client.destroy();
  await local.close();
  rmSync(folder, { recursive: true });
});

const codeBuild = () => createCodeBuild({ client, prefix: () => "stablehand-" });
const job = (token: string, variables: Record<string, string> = {}) => ({
  project: "read-vault" as const,
  token,
  variables: { NOTE: note, ...variables },
});

async function ended(id: string) {
  return await vi.waitFor(
    async () => {
      const state = await codeBuild().job(id);
      expect(state.status).not.toBe("running");
      return state;
    },
    { timeout: 25_000 },
  );
}

describe("a job", () => {
  test("lets out what it exports, and its end is told once", async () => {
    const id = await codeBuild().start(job("first"));
    expect(id).toMatch(/^stablehand-read-vault:[0-9a-f-]{36}$/);
    const { status, exported } = await ended(id);
    expect(status).toBe("succeeded");
    const result = JSON.parse(Buffer.from(exported.RESULT ?? "", "base64").toString("utf8"));
    expect(result).toEqual({ ...vault.changelog(), since: "first", added: [], more: 0 });
    const told = events.filter(({ detail }) => detail["build-id"].endsWith(id));
    expect(told.map(({ detail }) => detail["build-status"])).toEqual(["IN_PROGRESS", "SUCCEEDED"]);
  });

  test("with the same token is the same build; with other parameters it is refused", async () => {
    const [one, other] = await Promise.all([codeBuild().start(job("same")), codeBuild().start(job("same"))]);
    expect(other).toBe(one);
    expect(await codeBuild().start(job("another"))).not.toBe(one);
    await expect(codeBuild().start(job("same", { NOTE: "else" }))).rejects.toMatchObject({
      name: "RequestRefused",
    });
  });

  test("that fails ends as failed, and says nothing of the vault in its log", async () => {
    password = "wrong";
    const id = await codeBuild().start(job("locked"));
    const { status, word, exported } = await ended(id);
    password = vault.account.masterPassword;
    expect([status, word, exported.RESULT ?? ""]).toEqual(["failed", "FAILED", ""]);
    const log = local.builds().find((each) => each.id === id)?.log ?? "";
    for (const canary of vault.canaries) expect(log).not.toContain(canary);
  });

  test("that is not known is told so", async () => {
    await expect(codeBuild().job("stablehand-read-vault:none")).rejects.toMatchObject({ name: "NotFound" });
  });

  test("of a service that is away is worth another try", async () => {
    const away = new CodeBuildClient({
      endpoint: "http://127.0.0.1:9",
      region: "eu-central-1",
      maxAttempts: 1,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const asked = createCodeBuild({ client: away, prefix: () => "" }).job("x");
    await expect(asked).rejects.toMatchObject({ name: "ServiceUnavailable" });
    away.destroy();
  });
});
