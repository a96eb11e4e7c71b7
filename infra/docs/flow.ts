import { type Definition, innerScopes, type State } from "../local/step-functions/definition.ts";

/**
 * A flow as Mermaid draws it on GitHub. Left out is what every state has: the `Catch` to the question of its scope, and
 * with it the questions.
 */
export function flowSection(name: string, definition: Definition): string {
  const diagram = ["```mermaid", "stateDiagram-v2", ...scope(definition, "  "), "```"];
  return ["", `## ${name}`, "", ...diagram, "", ...statesTable(definition), "", ""].join("\n");
}

function scope({ StartAt, States }: Definition, indent: string): string[] {
  const shown = reachable({ StartAt, States });
  return [
    `${indent}[*] --> ${StartAt}`,
    ...shown.flatMap(([name, state]) => [
      ...inner(name, state, indent),
      ...targets(state).map((target) => `${indent}${name} --> ${target}`),
      ...(state.End || state.Type === "Succeed" || state.Type === "Fail" ? [`${indent}${name} --> [*]`] : []),
    ]),
  ];
}

function inner(name: string, state: State, indent: string): string[] {
  const scopes = innerScopes(state);
  if (scopes.length === 0) return [];
  const parts = scopes.map((each) => scope(each, `${indent}  `));
  const separated = parts.flatMap((lines, index) => (index === 0 ? lines : [`${indent}  --`, ...lines]));
  return [`${indent}state ${name} {`, ...separated, `${indent}}`];
}

/** The states that are reached without anything failing, in the order of the definition. */
function reachable({ StartAt, States }: Definition): [string, State][] {
  const found = new Set<string>();
  const open = [StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = States[name];
    if (!state || found.has(name)) continue;
    found.add(name);
    open.push(...targets(state));
  }
  return Object.entries(States).filter(([name]) => found.has(name));
}

function targets({ Next, Default, Choices = [] }: State & { Default?: string }): string[] {
  const chosen = Choices.map((each) => (each as { Next?: string }).Next);
  const all = [Next, ...chosen, Default];
  return [...new Set(all.filter((each) => each !== undefined))];
}

/** Every state with its kind and comment, those inside of others behind them. */
function statesTable(definition: Definition): string[] {
  const rows = (within: Definition, depth: number): string[] =>
    Object.entries(within.States).flatMap(([name, state]) => [
      `| ${"&nbsp;&nbsp;".repeat(depth)}\`${name}\` | ${state.Type} | ${cell(state.Comment ?? "")} |`,
      ...innerScopes(state).flatMap((each) => rows(each, depth + 1)),
    ]);
  return ["| state | | |", "|---|---|---|", ...rows(definition, 0)];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
}
