import { BadConfiguration } from "./errors.ts";

/** The environment variables that every function gets from the stack. */
export type Variable =
  /** Path of the configuration file (JSON) in the bundle. */
  | "STABLEHAND_CONFIG"
  /** Name of the DynamoDB table. */
  | "STABLEHAND_TABLE"
  /** ARN of the weekly deployment's state machine. */
  | "STABLEHAND_STATE_MACHINE"
  /** ARN of the state machine of the weekly news. */
  | "STABLEHAND_NEWS_STATE_MACHINE"
  /** ARN of the rollback's state machine. */
  | "STABLEHAND_ROLLBACK"
  /** ARN of the registry cleanup's state machine. */
  | "STABLEHAND_CLEANUP"
  /** ARN of the firewall request's state machine. */
  | "STABLEHAND_FIREWALL"
  /** Prefix of the secrets' names, with its slash: `stablehand/`. */
  | "STABLEHAND_SECRETS"
  /** Prefix of the CodeBuild projects' names, with its dash: `stablehand-`. */
  | "STABLEHAND_BUILDS"
  /** Where people and webhooks reach the HTTP API, without a slash at the end. */
  | "STABLEHAND_URL"
  /** Address of an execution's page for people; `{arn}` and `{name}` are filled in. */
  | "STABLEHAND_CONSOLE";

/** @throws BadConfiguration when the variable is not set. */
export function environment(name: Variable): string {
  const value = process.env[name];
  if (!value) throw new BadConfiguration(`The environment variable ${name} is not set: the stack sets it.`);
  return value;
}

/** The page of an execution, by its ARN; null where none is configured. */
export function executionPage(arn: string): string | null {
  const pattern: Variable = "STABLEHAND_CONSOLE";
  const name = arn.split(":").at(-1) ?? "";
  return process.env[pattern]?.replaceAll("{arn}", arn).replaceAll("{name}", name) || null;
}
