import { type Definition, type State, statesOf } from "./definition.ts";

/** The Resources that Task states may name. */
export const resources = {
  "arn:aws:states:::lambda:invoke": { resource: "invoke", waits: false },
  "arn:aws:states:::lambda:invoke.waitForTaskToken": { resource: "invoke.waitForTaskToken", waits: true },
} as const;

const tokenPath = "$$.Task.Token";
/** What of the context object is the same here and on AWS, wherever it is asked for. */
const contextPaths = new Set([
  tokenPath,
  "$$.Execution.Id",
  "$$.Execution.Name",
  "$$.StateMachine.Id",
  "$$.StateMachine.Name",
]);
/** Fields that the engine ignores, or understands in another way than AWS. */
const otherFields = [
  "QueryLanguage",
  "Assign",
  "Arguments",
  "Output",
  "Credentials",
  "HeartbeatSeconds",
  "HeartbeatSecondsPath",
  "TimeoutSecondsPath",
  "ToleratedFailureCount",
  "ToleratedFailureCountPath",
  "ToleratedFailurePercentage",
  "ToleratedFailurePercentagePath",
  "ItemReader",
  "ItemBatcher",
  "ResultWriter",
];

/**
 * Where a valid definition leaves the subset on which the embedded engine (aws-local-stepfunctions 3.0.0) and AWS agree.
 * Most of it would not fail but do something else, silently; so it is refused before anything runs.
 */
export function subsetProblems(definition: Definition): string[] {
  const problems: string[] = [];
  for (const [name, state] of statesOf(definition)) {
    for (const problem of problemsOf(state)) problems.push(`${name}: ${problem}`);
  }
  if (definition.QueryLanguage === "JSONata") problems.push("(whole): JSONata is not interpreted here");
  return problems;
}

function* problemsOf(state: State): Generator<string> {
  for (const field of otherFields) {
    if (field in state) yield `${field} is not the same here and on AWS`;
  }
  if (state.ResultPath === "$") yield `ResultPath "$" adds a key named "$": leave it out`;
  if ("Result" in state && !state.Result) yield "a Result that is false, 0, empty or null is ignored";
  for (const handler of [...(state.Retry ?? []), ...(state.Catch ?? [])]) {
    if (handler.ErrorEquals.includes("States.TaskFailed")) {
      yield "States.TaskFailed also matches States.Timeout here: name the errors, or States.ALL";
    }
  }
  if (JSON.stringify(state.ItemProcessor ?? {}).includes('"DISTRIBUTED"')) {
    yield "a distributed Map is not interpreted here";
  }
  for (const choice of state.Choices ?? []) yield* choiceProblems(choice);
  if (state.Type === "Task") yield* taskProblems(state);
  yield* pathProblems(state);
}

function* taskProblems(state: State): Generator<string> {
  const known = Object.keys(resources);
  const kind = resources[state.Resource as keyof typeof resources];
  if (!kind) {
    yield `Resource ${state.Resource} cannot be called here: use one of ${known.join(", ")}`;
    return;
  }
  const parameters = state.Parameters as Record<string, unknown> | undefined;
  if (typeof parameters?.FunctionName !== "string") yield "Parameters.FunctionName has to be a literal name";
  const tokens = contextReferences(state.Parameters).filter((path) => path === tokenPath).length;
  if (kind.waits && tokens !== 1) yield `a state that waits hands over ${tokenPath} exactly once`;
  if (!kind.waits && tokens > 0) yield `${tokenPath} is given only to states that wait for it`;
}

function* choiceProblems(rule: unknown): Generator<string> {
  if (typeof rule !== "object" || rule === null) return;
  for (const [key, value] of Object.entries(rule)) {
    if (/^Is[A-Z]/.test(key) && value === false) yield `${key}: false never matches: write Not`;
    for (const inner of Array.isArray(value) ? value : [value]) yield* choiceProblems(inner);
  }
}

/** References to the context object that give something else here than on AWS. */
function* pathProblems(state: State): Generator<string> {
  const { ItemProcessor, Iterator: iterator, Branches, ItemSelector, Parameters, ...rest } = state;
  const inMap = state.Type === "Map";
  const selected = contextReferences([ItemSelector, inMap ? Parameters : undefined]);
  const others = contextReferences([rest, inMap ? undefined : Parameters]);
  for (const path of selected) {
    if (!contextPaths.has(path) && !path.startsWith("$$.Map.Item.")) yield `${path} is not known here`;
  }
  for (const path of others) if (!contextPaths.has(path)) yield `${path} is not known here`;
}

function contextReferences(value: unknown): string[] {
  if (typeof value === "string") return value.match(/\$\$\.[\w.]+/g) ?? [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === "Comment" || key === "Cause" ? [] : contextReferences(each),
  );
}
