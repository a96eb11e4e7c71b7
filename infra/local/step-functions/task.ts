import { randomBytes } from "node:crypto";
import { AwsError } from "../aws-json.ts";
import type { TaskPlan } from "./compile.ts";
import { Stopped } from "./engine.ts";
import { after, dataDetails } from "./history.ts";

/** Calls a Lambda; rejects with what its handler threw. */
export type Invoke = (
  functionName: string,
  payload: unknown,
  options: { signal: AbortSignal },
) => Promise<unknown>;

/** A Task that ended badly. The engine matches Retry and Catch on `name`, and makes `message` the Cause. */
export class TaskFailed extends Error {
  override readonly name: string;
  readonly isCatchable: boolean;
  readonly isRetryable: boolean;
  constructor(name: string, cause: string, fatal = false) {
    super(cause);
    this.name = name;
    this.isCatchable = !fatal;
    this.isRetryable = !fatal;
  }
}

const timeout = "States.Timeout";
/** Step Functions' limit of what passes between states, in bytes of JSON. */
export const largestData = 262_144;

/** The tasks that wait, by token. A token belongs to one attempt of one visit of a state, and is used up by its end. */
export class Tokens {
  readonly #waiting = new Map<string, Attempt>();
  readonly #spent = new Set<string>();

  issue(attempt: Attempt): string {
    const token = `AQC${randomBytes(96).toString("base64url")}`;
    this.#waiting.set(token, attempt);
    return token;
  }

  spend(token: string): void {
    if (this.#waiting.delete(token)) this.#spent.add(token);
  }

  /** @throws AwsError as the real service does for a token that is dead, unknown or none at all. */
  find(token: string): Attempt {
    const attempt = this.#waiting.get(token);
    if (attempt) return attempt;
    if (this.#spent.has(token)) {
      throw new AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    }
    if (!/^AQC[\w-]{128}$/.test(token)) throw new AwsError("InvalidToken", "Invalid Token: 'Invalid token'");
    throw new AwsError("TaskDoesNotExist", "Task does not exist");
  }
}

/** One attempt at a Task state: invoked once, ended once, by whichever of its ends comes first. */
export class Attempt {
  readonly #plan: TaskPlan;
  readonly #tokens: Tokens;
  readonly #record: (type: string, details: Record<string, unknown>) => void;
  readonly #end = Promise.withResolvers<unknown>();
  readonly #abort = new AbortController();
  #token: string | null = null;
  #stopTimer: () => void = () => undefined;
  /** Of a waiting Task in compressed time: its time was up before its function had returned. */
  #late = false;
  #invoked = false;
  #ended = false;

  /** @param record adds an event to the execution's history. */
  constructor(
    plan: TaskPlan,
    tokens: Tokens,
    record: (type: string, details: Record<string, unknown>) => void,
  ) {
    this.#plan = plan;
    this.#tokens = tokens;
    this.#record = record;
    this.#end.promise.catch(() => undefined);
  }

  /** The same for the whole attempt, however often it is asked for. */
  get token(): string {
    this.#token ??= this.#tokens.issue(this);
    return this.#token;
  }

  /** @returns the Task's result, as `lambda:invoke` wraps it, or what came with the token. */
  run(input: unknown, region: string, invoke: Invoke): Promise<unknown> {
    const { functionName, timeoutSeconds, waits } = this.#plan;
    this.#add("TaskScheduled", {
      region,
      parameters: JSON.stringify(input),
      ...(timeoutSeconds === null ? {} : { timeoutInSeconds: Math.ceil(timeoutSeconds) }),
    });
    this.#add("TaskStarted");
    if (timeoutSeconds !== null) this.#stopTimer = after(timeoutSeconds, () => this.#timeOut());
    const payload = (input as { Payload?: unknown }).Payload ?? {};
    invoke(functionName, payload, { signal: this.#abort.signal }).then(
      (result) => this.#returned(envelope(result), waits),
      (thrown: unknown) => this.fail(...asLambdaError(thrown)),
    );
    return this.#end.promise;
  }

  succeed(output: unknown): void {
    const details = dataDetails("output", output);
    const size = Buffer.byteLength(String(details.output));
    if (size > largestData) {
      this.#tooLarge(size);
      return;
    }
    this.#finish(() => {
      this.#add("TaskSucceeded", details);
      this.#end.resolve(output);
    });
  }

  fail(error: string, cause: string): void {
    this.#finish(() => {
      this.#add("TaskFailed", { error, cause });
      this.#end.reject(new TaskFailed(error, cause));
    });
  }

  /** The execution, or the scope of this state, ends: the token is dead, the Lambda's work is of no use any more. */
  stop(): void {
    this.#finish(() => {
      const reason = new Stopped("The execution has ended.");
      this.#end.reject(reason);
      this.#abort.abort(reason);
    });
  }

  /** A function ends before its state's time is up. In compressed time it may not, so then the state waits for it. */
  #timeOut(): void {
    if (this.#plan.compressed && !this.#invoked) {
      this.#late = true;
      return;
    }
    this.#finish(() => {
      this.#add("TaskTimedOut", { error: timeout });
      this.#end.reject(new TaskFailed(timeout, ""));
      this.#abort.abort(new TaskFailed(timeout, "The state timed out."));
    });
  }

  #tooLarge(size: number): void {
    const error = "States.DataLimitExceeded";
    const cause = `The state returned ${size} bytes, more than the ${largestData} that may pass between states.`;
    this.#finish(() => {
      this.#add("TaskFailed", { error, cause });
      this.#end.reject(new TaskFailed(error, cause, true));
    });
  }

  #returned(result: Record<string, unknown>, waits: boolean): void {
    this.#invoked = true;
    if (!waits) this.succeed(result);
    else if (!this.#ended) this.#add("TaskSubmitted", dataDetails("output", result));
    if (this.#late) this.#timeOut();
  }

  #finish(work: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopTimer();
    if (this.#token) this.#tokens.spend(this.#token);
    work();
  }

  #add(type: string, details: Record<string, unknown> = {}): void {
    this.#record(type, { resourceType: "lambda", resource: this.#plan.resource, ...details });
  }
}

/** What the `lambda:invoke` integration makes of a function's result. */
function envelope(result: unknown): Record<string, unknown> {
  return { ExecutedVersion: "$LATEST", Payload: result ?? null, StatusCode: 200 };
}

/** Name and Cause as Lambda reports an error that a handler threw. */
function asLambdaError(thrown: unknown): [error: string, cause: string] {
  const error = thrown instanceof Error ? thrown : null;
  const errorType = error?.name ?? typeof thrown;
  const errorMessage = error?.message ?? String(thrown);
  return [errorType, JSON.stringify({ errorType, errorMessage })];
}
