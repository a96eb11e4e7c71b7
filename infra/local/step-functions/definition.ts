import { readFileSync } from "node:fs";
import validate from "asl-validator";
import { parseDocument } from "yaml";
import { messageOf } from "../../../functions/runtime/errors.ts";
import { subsetProblems } from "./subset.ts";

/** A state of the Amazon States Language, as far as this layer looks into it. */
export interface State {
  Type: "Task" | "Parallel" | "Map" | "Pass" | "Wait" | "Choice" | "Succeed" | "Fail";
  Comment?: string;
  Next?: string;
  End?: boolean;
  Resource?: string;
  Parameters?: unknown;
  ItemSelector?: unknown;
  ResultPath?: string | null;
  Result?: unknown;
  InputPath?: string | null;
  TimeoutSeconds?: number;
  Seconds?: number;
  SecondsPath?: string;
  ItemsPath?: string;
  Retry?: {
    ErrorEquals: string[];
    IntervalSeconds?: number;
    BackoffRate?: number;
    MaxAttempts?: number;
    MaxDelaySeconds?: number;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath?: string | null }[];
  Choices?: unknown[];
  ItemProcessor?: Definition;
  Iterator?: Definition;
  Branches?: Definition[];
  [field: string]: unknown;
}

/** A state machine, a branch of a Parallel state or the iterator of a Map state. */
export interface Definition {
  Comment?: string;
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
  [field: string]: unknown;
}

/** The scopes directly inside a state: its branches, or its iterator. */
export function innerScopes(state: State): Definition[] {
  const iterator = state.ItemProcessor ?? state.Iterator;
  return [...(state.Branches ?? []), ...(iterator ? [iterator] : [])];
}

/** Every state of a definition, those of inner scopes included. */
export function* statesOf(definition: Definition): Generator<[name: string, state: State]> {
  for (const [name, state] of Object.entries(definition.States)) {
    yield [name, state];
    for (const inner of innerScopes(state)) yield* statesOf(inner);
  }
}

/** A definition that cannot be run; the message lists every problem. */
export class InvalidDefinition extends Error {
  override readonly name = "InvalidDefinition";
  readonly problems: string[];
  constructor(source: string, problems: string[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`The state machine ${source} has ${count}:\n${problems.map((each) => `  ${each}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads a state machine (YAML), fills in `${Name}` wherever it stands in a text, and checks the result: its syntax with
 * asl-validator, and that it keeps to what the embedded engine does as AWS does it (see subset.ts).
 *
 * @throws InvalidDefinition that lists all problems at once.
 */
export function loadDefinition(path: string, substitutions: Record<string, string>): Definition {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new InvalidDefinition(path, [`cannot be read: ${messageOf(cause)}`]);
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new InvalidDefinition(
      path,
      document.errors.map((each) => each.message),
    );
  }
  const missing = new Set<string>();
  const definition = substitute(document.toJS(), substitutions, missing);
  const problems = [
    ...[...missing].map((name) => `no substitution for \${${name}}`),
    ...definitionProblems(definition),
  ];
  if (problems.length > 0) throw new InvalidDefinition(path, problems);
  checked.add(definition as Definition);
  return definition as Definition;
}

/** The check of a real state machine takes a third of a second: what `loadDefinition` made needs no second one. */
const checked = new WeakSet<Definition>();

/** @throws InvalidDefinition that lists all problems at once. */
export function assertRunnable(name: string, definition: Definition): void {
  if (checked.has(definition)) return;
  const problems = definitionProblems(definition);
  if (problems.length > 0) throw new InvalidDefinition(name, problems);
}

/** What asl-validator and the check of the subset find wrong with a definition; empty when it can be run. */
export function definitionProblems(definition: unknown): string[] {
  if (typeof definition !== "object" || definition === null) return ["is no state machine"];
  // The validator writes into what it checks.
  const { errors } = validate(structuredClone(definition));
  if (errors.length > 0) {
    return errors.map((each) =>
      each.Message
        ? `${each["Error code"]}: ${each.Message}`
        : `${each.instancePath || "(whole)"}: ${each.message ?? "is invalid"}`,
    );
  }
  return subsetProblems(definition as Definition);
}

function substitute(value: unknown, names: Record<string, string>, missing: Set<string>): unknown {
  if (typeof value === "string") {
    return value.replace(/\$\{([^}]+)\}/g, (placeholder, name: string) => {
      const replacement = Object.hasOwn(names, name) ? names[name] : undefined;
      if (replacement === undefined) missing.add(name);
      return replacement ?? placeholder;
    });
  }
  if (Array.isArray(value)) return value.map((each) => substitute(each, names, missing));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, substitute(each, names, missing)]),
  );
}
