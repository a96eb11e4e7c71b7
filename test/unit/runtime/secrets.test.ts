import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { BadConfiguration, PermissionDenied } from "../../../functions/runtime/errors.ts";
import { forgetLazyValues, lazy } from "../../../functions/runtime/lazy.ts";
import { type SecretName, secret, secretSchemas } from "../../../functions/runtime/secrets.ts";
import { runInput, step } from "../../../functions/runtime/step.ts";

const long = "0123456789abcdef0123456789abcdef";
const good: Record<SecretName, unknown> = {
  github: { appId: "12", privateKey: "key", installationId: 34, webhookSecrets: [long] },
  slack: { botToken: "xoxb-1", signingSecrets: [long, long] },
  matrix: { userId: "@stablehand:fedora.im", accessToken: "token" },
  mastodon: { accessToken: "token" },
  quay: { token: "token", webhookSecrets: [long] },
  openshift: { productionToken: "p", stagingToken: "s" },
  sentry: { token: "token" },
  bitwarden: { clientId: "user.1", clientSecret: "secret", masterPassword: "password" },
  deployment: { apiKey: "sha256~token" },
  links: { signingKeys: [long] },
};

describe("the shapes of the secrets", () => {
  it.each(Object.entries(good))("%s takes a good one", (name, value) => {
    expect(secretSchemas[name as SecretName].safeParse(value).success).toBe(true);
  });

  it.each<[SecretName, object, string]>([
    ["github", { webhookSecrets: [] }, "webhookSecrets"],
    ["github", { webhookSecrets: ["short"] }, "webhookSecrets.0"],
    ["github", { webhookSecrets: [long, long, long] }, "webhookSecrets"],
    ["github", { appId: "app" }, "appId"],
    ["slack", { botToken: "" }, "botToken"],
    ["slack", { extra: 1 }, ""],
    ["matrix", { userId: "stablehand" }, "userId"],
    ["links", { signingKeys: [long.slice(0, 31)] }, "signingKeys.0"],
  ])("%s refuses %j", (name, change, path) => {
    const result = secretSchemas[name].safeParse({ ...(good[name] as object), ...change });
    expect(result.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});

describe("secret", () => {
  let server: Server;
  let answers: (string | null)[];
  let asked: string[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        asked.push(JSON.parse(body).SecretId);
        const text = answers.shift() ?? null;
        response.setHeader("content-type", "application/x-amz-json-1.1");
        response.end(JSON.stringify(text === null ? { Name: "x" } : { Name: "x", SecretString: text }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    answers = [];
    asked = [];
    const { port } = server.address() as AddressInfo;
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://127.0.0.1:${port}`);
    vi.stubEnv("AWS_REGION", "eu-central-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    vi.stubEnv("STABLEHAND_SECRETS", "stablehand/");
    forgetLazyValues();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    forgetLazyValues();
  });

  it("is read once per container, also by two at the same time", async () => {
    answers = [JSON.stringify(good.github)];
    const [one, other] = await Promise.all([secret("github"), secret("github")]);
    expect(one).toEqual({ appId: 12, privateKey: "key", installationId: 34, webhookSecrets: [long] });
    expect(await secret("github")).toBe(other);
    expect(asked).toEqual(["stablehand/github"]);
  });

  it("is read again by the same container once a step was refused something", async () => {
    const renewed = { ...(good.slack as object), botToken: "xoxb-2" };
    answers = [JSON.stringify(good.slack), JSON.stringify(renewed)];
    const used: string[] = [];
    const client = lazy(async () => (await secret("slack")).botToken);
    const handler = step("announce-start", runInput, async () => {
      used.push(await client());
      if (used.length === 1) throw new PermissionDenied("Slack refuses our credentials: renew the secret.");
    });
    await expect(handler({ run: "weekly-1" })).rejects.toThrow(PermissionDenied);
    await handler({ run: "weekly-1" });
    await handler({ run: "weekly-1" });
    expect(used).toEqual(["xoxb-1", "xoxb-2", "xoxb-2"]);
  });

  it("is asked for again after a wrong one", async () => {
    answers = ["{}", JSON.stringify(good.links)];
    await expect(secret("links")).rejects.toThrow(BadConfiguration);
    await expect(secret("links")).resolves.toEqual(good.links);
  });

  it.each([
    [
      null,
      "The secret stablehand/matrix is empty. Fill it: aws secretsmanager put-secret-value " +
        "--secret-id stablehand/matrix --secret-string file://matrix.json",
    ],
    ["hunter2-not-json", "The secret stablehand/matrix is not JSON."],
    [
      JSON.stringify({ userId: "hunter2", accessToken: 3 }),
      "The secret stablehand/matrix has the wrong shape at: userId, accessToken.",
    ],
  ])("with %j says what is wrong, never what it holds", async (text, message) => {
    answers = [text];
    const thrown = await secret("matrix").catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(BadConfiguration);
    expect((thrown as Error).message).toBe(message);
    expect(
      JSON.stringify([thrown, `${(thrown as Error).stack}`, `${(thrown as Error).cause}`]),
    ).not.toContain("hunter2");
  });
});
