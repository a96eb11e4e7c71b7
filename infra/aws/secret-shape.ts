import { z } from "zod";
import { type SecretName, secretSchemas } from "../../functions/runtime/secrets.ts";

interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  pattern?: string;
}

/** What a secret's JSON looks like, from its schema: `{"token": "…", "webhookSecrets": ["… (16 characters or more)"]}`. */
export function secretShape(name: SecretName): string {
  return shape(z.toJSONSchema(secretSchemas[name], { io: "output" }) as JsonSchema);
}

function shape({ type, properties, items, minLength = 1, maxItems }: JsonSchema): string {
  if (type === "object") {
    const fields = Object.entries(properties ?? {}).map(([name, value]) => `"${name}": ${shape(value)}`);
    return `{${fields.join(", ")}}`;
  }
  if (type === "array") return `[${shape(items ?? {})}${maxItems === 1 ? "" : ", …"}]`;
  if (type === "integer" || type === "number") return "123";
  return minLength > 1 ? `"… (${minLength} characters or more)"` : '"…"';
}
