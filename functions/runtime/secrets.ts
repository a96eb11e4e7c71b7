import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { environment } from "./environment.ts";
import { BadConfiguration, PermissionDenied, ServiceUnavailable } from "./errors.ts";
import { lazy } from "./lazy.ts";

/** Two values are accepted while one is rotated; the first is the one that we use ourselves. */
const rotating = z.array(z.string().min(16)).min(1).max(2);

/** One secret per outside system, as JSON in Secrets Manager under `<prefix><name>`. */
export const secretSchemas = {
  github: z.strictObject({
    appId: z.coerce.number().int(),
    privateKey: z.string().min(1),
    installationId: z.coerce.number().int(),
    webhookSecrets: rotating,
  }),
  slack: z.strictObject({ botToken: z.string().min(1), signingSecrets: rotating }),
  matrix: z.strictObject({ userId: z.string().startsWith("@"), accessToken: z.string().min(1) }),
  mastodon: z.strictObject({ accessToken: z.string().min(1) }),
  /** Quay signs nothing: its webhooks come to a URL that holds one of `webhookSecrets`. */
  quay: z.strictObject({ token: z.string().min(1), webhookSecrets: rotating }),
  openshift: z.strictObject({ productionToken: z.string().min(1), stagingToken: z.string().min(1) }),
  /** Token of an internal integration that may read issues. */
  sentry: z.strictObject({ token: z.string().min(1) }),
  /** Of the vault. No function reads it: the build jobs do. */
  bitwarden: z.strictObject({
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    masterPassword: z.string().min(1),
  }),
  /** What `make deploy` logs in to the production cluster with. No function reads it: a build job does. */
  deployment: z.strictObject({ apiKey: z.string().min(1) }),
  /** Keys that sign personal links and buttons. */
  links: z.strictObject({ signingKeys: z.array(z.string().min(32)).min(1).max(2) }),
};

export type SecretName = keyof typeof secretSchemas;
export type Secret<N extends SecretName> = z.infer<(typeof secretSchemas)[N]>;

/** What each secret is, for the people who fill it. */
export const secretPurposes: Record<SecretName, string> = {
  github: "The GitHub App that moves branches, and the secrets of its webhook.",
  slack: "The Slack app: token of its bot, and the secrets that sign its requests.",
  matrix: "The Matrix user that sets the room's topic.",
  mastodon: "The Mastodon account that toots: a token with read:accounts, read:statuses and write:statuses.",
  quay: "OAuth token for Quay, and the secrets in the address of its notifications.",
  openshift: "Tokens of the service accounts in both clusters.",
  sentry: "Token of an internal integration at Sentry, where the configuration uses Sentry.",
  bitwarden: "An account of the vault that sees what the deployment needs; used in build jobs alone.",
  deployment: "Token of the service account by which make deploy applies objects; used in a build job alone.",
  links: "Keys of our own that sign personal links and buttons: any random text.",
};

const client = lazy(() => new SecretsManagerClient({}));
const names = Object.keys(secretSchemas) as SecretName[];
const readings = new Map(names.map((name) => [name, lazy(() => read(name))]));

/**
 * Reads a secret once per container, and again after a step was refused something.
 * @throws BadConfiguration when it is empty or has another shape; the message never quotes its content.
 */
export async function secret<N extends SecretName>(name: N): Promise<Secret<N>> {
  // The map is keyed by the name whose schema made the value.
  return (await readings.get(name)?.()) as Secret<N>;
}

async function read(name: SecretName): Promise<unknown> {
  const id = `${environment("STABLEHAND_SECRETS")}${name}`;
  const text = await fetchText(id);
  if (!text) {
    throw new BadConfiguration(`The secret ${id} is empty. Fill it: ${fillCommand(id, name)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadConfiguration(`The secret ${id} is not JSON.`);
  }
  const parsed = secretSchemas[name].safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => issue.path.join(".") || "(whole)");
  throw new BadConfiguration(
    `The secret ${id} has the wrong shape at: ${[...new Set(problems)].join(", ")}.`,
  );
}

/** The command by which a person fills a secret, from a file with its JSON. */
export function fillCommand(id: string, name: SecretName): string {
  return `aws secretsmanager put-secret-value --secret-id ${id} --secret-string file://${name}.json`;
}

/** Undefined: nothing was ever put into it. */
async function fetchText(id: string): Promise<string | undefined> {
  try {
    return (await client().send(new GetSecretValueCommand({ SecretId: id }))).SecretString;
  } catch (cause) {
    const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    // The same answer for a secret without a value and for none at all.
    if (name === "ResourceNotFoundException") return undefined;
    if (name === "AccessDeniedException") {
      throw new PermissionDenied(
        `Secrets Manager refuses ${id}: functions/catalog.ts says which functions may read it.`,
        { cause },
      );
    }
    const status = $metadata?.httpStatusCode ?? 500;
    if (status >= 500 || name === "ThrottlingException") {
      throw new ServiceUnavailable(`Secrets Manager could not give ${id} (${name}): try again.`, { cause });
    }
    throw cause;
  }
}
