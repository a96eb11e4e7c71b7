/** An event of an execution's history as the Step Functions API tells it, as far as it is read here. */
export interface ExecutionEvent {
  id?: number;
  previousEventId?: number;
  timestamp?: Date;
  type?: string;
  mapIterationStartedEventDetails?: { name?: string; index?: number };
  stateEnteredEventDetails?: { name?: string; input?: string };
  stateExitedEventDetails?: { name?: string; output?: string };
  taskFailedEventDetails?: ExecutionError;
  taskTimedOutEventDetails?: ExecutionError;
  executionFailedEventDetails?: ExecutionError;
}

interface ExecutionError {
  error?: string;
  cause?: string;
}

/** One visit of a state, as the history tells it. */
export interface StateVisit {
  name: string;
  type: string;
  /** The Map iterations and Parallel states that it happened in, outermost first. */
  scope: string[];
  /** What the innermost labelled Map iteration around is about: a repository. Null outside of one. */
  item: string | null;
  startedAt: Date;
  /** Null while it runs. */
  endedAt: Date | null;
  outcome: "running" | "succeeded" | "failed" | "timedOut" | "aborted";
  /** How many attempts a Task, Map or Parallel needed. */
  attempts: number;
  /** JSON text, as the API gives it. */
  input: string | null;
  /** What it handed on; null while it runs, and where it ended the execution. */
  output: string | null;
  /** Of its last attempt, when that failed; a visit that was caught has an output all the same. */
  error: { error: string; cause: string } | null;
}

interface Scope {
  path: string[];
  item: string | null;
  around: Scope | null;
  visit: StateVisit | null;
  /** The iteration that gets its label from its first state's input. */
  unlabelled: boolean;
}

/**
 * The visits of states, in the order in which they were entered. Which iteration an event belongs to follows from the
 * chain of `previousEventId`, so this reads the history of the real service as well as that of the embedded one.
 */
export function stateVisits(events: ExecutionEvent[]): StateVisit[] {
  const root: Scope = { path: [], item: null, around: null, visit: null, unlabelled: false };
  const scopes = new Map<number, Scope>([[0, root]]);
  const visits: StateVisit[] = [];
  for (const event of events) {
    const scope = scopeOf(event, scopes.get(event.previousEventId ?? 0) ?? root);
    scopes.set(event.id ?? 0, scope);
    if (event.type?.endsWith("StateEntered")) {
      scope.visit = enter(event, scope);
      visits.push(scope.visit);
    } else {
      update(event, scope);
    }
  }
  return visits;
}

/** Where an event stands, given where the one before it stood. */
function scopeOf({ type = "ExecutionStarted", ...event }: ExecutionEvent, before: Scope): Scope {
  const around = before.around ?? before;
  if (type === "MapIterationStarted") {
    const { name, index } = event.mapIterationStartedEventDetails ?? {};
    return inner(before, `${name} #${index}`, true);
  }
  if (/^MapIteration(Succeeded|Failed|Aborted)$/.test(type)) return around;
  const left = type.endsWith("StateExited") ? event.stateExitedEventDetails?.name : undefined;
  // Its end follows its Succeeded event, or what was last in one of its branches or iterations.
  if (left !== undefined && before.visit?.name !== left) return scopeWith(left, before) ?? before;
  // In a branch, its first state follows the Parallel's start directly.
  const isParallel = before.visit?.type === "Parallel" && before.visit.outcome === "running";
  const parallel = isParallel ? before.visit : null;
  if (type.endsWith("StateEntered") && parallel) return inner(before, parallel.name, false);
  if (/^ParallelState(Succeeded|Failed)$/.test(type) && !parallel) return around;
  return before;
}

/** The nearest scope around in which this state is being visited. */
function scopeWith(name: string, scope: Scope): Scope | null {
  for (let each: Scope | null = scope; each; each = each.around) {
    if (each.visit?.name === name) return each;
  }
  return null;
}

function inner(around: Scope, name: string, unlabelled: boolean): Scope {
  return { path: [...around.path, name], item: around.item, around, visit: null, unlabelled };
}

function enter(event: ExecutionEvent, scope: Scope): StateVisit {
  const { name = "", input } = event.stateEnteredEventDetails ?? {};
  if (scope.unlabelled) {
    const label = labelOf(parsed(input));
    if (label) {
      scope.path[scope.path.length - 1] += ` ${label}`;
      scope.item = label;
    }
    scope.unlabelled = false;
  }
  return {
    name,
    type: String(event.type).replace(/StateEntered$/, ""),
    scope: [...scope.path],
    item: scope.item,
    startedAt: event.timestamp ?? new Date(0),
    endedAt: null,
    outcome: "running",
    attempts: 0,
    input: input ?? null,
    output: null,
    error: null,
  };
}

function update(event: ExecutionEvent, scope: Scope): void {
  const type = String(event.type);
  const { visit } = scope;
  if (/^Execution(Failed|TimedOut|Aborted)$/.test(type)) end(event, scope);
  if (!visit) return;
  const endedAt = event.timestamp ?? null;
  if (type === "TaskScheduled" || /^(Map|Parallel)StateStarted$/.test(type)) {
    const attempts = visit.attempts + 1;
    Object.assign(visit, { attempts, error: null, outcome: "running", endedAt: null });
  } else if (type === "TaskFailed") setError(visit, "failed", event.taskFailedEventDetails);
  else if (type === "TaskTimedOut") setError(visit, "timedOut", event.taskTimedOutEventDetails);
  else if (/^(Map|Parallel)StateFailed$/.test(type)) Object.assign(visit, { outcome: "failed", endedAt });
  else if (type.endsWith("StateAborted")) Object.assign(visit, { outcome: "aborted", endedAt });
  else if (type === "TaskSucceeded") Object.assign(visit, { outcome: "succeeded" });
  else if (type.endsWith("StateExited")) {
    const failed = visit.outcome === "failed" || visit.outcome === "timedOut";
    Object.assign(visit, {
      outcome: failed ? visit.outcome : "succeeded",
      endedAt,
      output: event.stateExitedEventDetails?.output ?? null,
    });
    scope.visit = null;
  }
  if (type === "TaskFailed" || type === "TaskTimedOut") visit.endedAt = endedAt;
}

/** The state that ended the execution has no event of its own that says so, when it is no Task. */
function end(event: ExecutionEvent, scope: Scope): void {
  const endedAt = event.timestamp ?? null;
  for (let each: Scope | null = scope; each; each = each.around) {
    if (each.visit && each.visit.endedAt === null) {
      const outcome = event.type === "ExecutionFailed" ? "failed" : "aborted";
      Object.assign(each.visit, { outcome, endedAt });
      if (outcome === "failed") setError(each.visit, outcome, event.executionFailedEventDetails);
    }
  }
}

function setError(
  visit: StateVisit,
  outcome: "failed" | "timedOut",
  details: { error?: string; cause?: string } | undefined,
): void {
  visit.outcome = outcome;
  visit.error = { error: details?.error ?? "", cause: details?.cause ?? "" };
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}

/** What people call the item of a Map: the repository or image in it, or the item itself when it is a text. */
export function labelOf(input: unknown): string | undefined {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null) return undefined;
  const { repository, image } = input as { repository?: unknown; image?: unknown };
  return [repository, image].find((each) => typeof each === "string");
}
