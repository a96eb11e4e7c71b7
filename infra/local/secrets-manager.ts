import { createHash } from "node:crypto";
import { z } from "zod";
import { AwsError, type AwsJsonServer, operation, startAwsJson } from "./aws-json.ts";

const request = z.object({ SecretId: z.string().min(1) });

/**
 * Secrets Manager on one machine: answers GetSecretValue, by name or ARN, with the secret as JSON text.
 * What is not in `secrets` is answered with ResourceNotFoundException.
 */
export async function startSecretsManager(secrets: Record<string, object>): Promise<AwsJsonServer> {
  const createdAt = Math.floor(Date.now() / 1000);
  const byId = new Map<string, { name: string; arn: string; value: object }>();
  for (const [name, value] of Object.entries(secrets)) {
    const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-local0`;
    byId.set(name, { name, arn, value });
    byId.set(arn, { name, arn, value });
  }
  return await startAwsJson({
    target: "secretsmanager",
    version: "1.1",
    operations: {
      GetSecretValue: operation(request, ({ SecretId }) => {
        const found = byId.get(SecretId);
        if (!found) {
          throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
        }
        const text = JSON.stringify(found.value);
        return {
          ARN: found.arn,
          Name: found.name,
          SecretString: text,
          VersionId: createHash("sha256").update(text).digest("hex").slice(0, 32),
          VersionStages: ["AWSCURRENT"],
          CreatedDate: createdAt,
        };
      }),
    },
  });
}
