import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { startSecretsManager } from "../../infra/local/secrets-manager.ts";

async function client(secrets: Record<string, object>): Promise<SecretsManagerClient> {
  const server = await startSecretsManager(secrets);
  const made = new SecretsManagerClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(async () => {
    made.destroy();
    await server.close();
  });
  return made;
}

test("a secret is given as JSON text, by name and by ARN", async () => {
  const secrets = await client({ "stablehand/quay": { token: "t" } });
  const byName = await secrets.send(new GetSecretValueCommand({ SecretId: "stablehand/quay" }));
  expect(JSON.parse(byName.SecretString ?? "")).toEqual({ token: "t" });
  const byArn = await secrets.send(new GetSecretValueCommand({ SecretId: byName.ARN }));
  expect(byArn.SecretString).toBe(byName.SecretString);
});

test("a secret that is not there is not found", async () => {
  const secrets = await client({});
  const asked = secrets.send(new GetSecretValueCommand({ SecretId: "toString" }));
  await expect(asked).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});
