/**
 * The states of a wait and the steps between them, without any I/O: waits.ts stores what these functions return.
 *
 * | from            | by                                    | to                                  |
 * |-----------------|---------------------------------------|-------------------------------------|
 * | none            | `registered(t)`                       | waiting(t)                          |
 * | waiting(t)      | `registered(t2)`, after a timeout     | waiting(t2)                         |
 * | waiting(t)      | `claimed(s)`                          | resuming(s, t)                      |
 * | waiting(t)      | `givenUp`                             | done                                |
 * | resuming(s, t)  | `sentAgain`, by another process       | resuming(s, t), marked              |
 * | resuming(s, t)  | `delivered`                           | done(s)                             |
 * | resuming(s, t)  | `tokenDied`, not when marked          | waiting without a token             |
 * | resuming(s, t)  | `registered(t2)`                      | resuming(s, t2); waiting(t2) where `after` excludes s now |
 * | done(s)         | `registered(t2)`                      | waiting(t2)                         |
 */

/** What counts. Keys come again every week, and the same commit may have been built before. All that is given must hold. */
export interface After {
  /**
   * Received at this time or later (ISO 8601). Clocks of two Lambdas differ a little, so hand over a time from before
   * the deed that brings the signal about (`before the move`, not `after it`): then the deed's own duration is the margin.
   */
  since?: string;
  /** Of the signals of workflow runs: exactly this run's. */
  workflowRun?: number;
  /** Of the signals of workflow runs: a newer run's, or a later attempt of the same run. */
  laterThan?: { run: number; attempt: number };
}

/** What came from outside. */
export interface Signal {
  key: string;
  /** One per event under its key, however often it is sent: `run/<id>/<attempt>`, a delivery's id. */
  id: string;
  /** ISO 8601. */
  receivedAt: string;
  /** `recheck`: a step asked the source itself. */
  origin: "signal" | "recheck";
  /** Small. Under `github/run/…`, `runId` and `attempt` are what `After` looks at. */
  body: Record<string, string | number | null>;
}

/** The output that a resumed state gets. What the signal claims is read from its source, not from here. */
export type ResumedWith = Pick<Signal, "key" | "id" | "origin">;

export interface WaitRequest {
  /** One per state and item of a run, the same in every round: `<run>/AwaitBuild/<repository>`. */
  id: string;
  run: string;
  /** A signal under any of them resumes the wait. */
  keys: string[];
  after: After;
  token: string;
  /** ISO 8601. The first one of a round is kept: registering again after a timeout does not move it. */
  deadline?: string | null;
}

export interface Wait {
  id: string;
  run: string;
  keys: string[];
  after: After;
  status: "waiting" | "resuming" | "done";
  /** Null while nobody can be resumed: the last token is dead. */
  token: string | null;
  /** What it is being resumed with (`resuming`), or was (`done`). */
  signal: Signal | null;
  /** Somebody sent `signal` again, in case the one who claimed it died: then a dead token proves nothing. */
  sentAgain: boolean;
  /** Every signal that has resumed this wait; see `nextSignal`. */
  used: string[];
  firstRegisteredAt: string;
  deadline: string | null;
  waitingSince: string | null;
  /** Seconds waited in earlier rounds. */
  seconds: number;
  resumedAt: string | null;
  resumedBy: Signal["origin"] | null;
  /** Counts writes: each one is conditional on the version that it was derived from. */
  version: number;
}

const workflowRunKeys = "github/run/";

/** Whether a signal is what a wait with this `after` waits for. A person's answer has no workflow run to compare. */
export function satisfies(after: After, signal: Pick<Signal, "key" | "receivedAt" | "body">): boolean {
  if (after.since !== undefined && Date.parse(signal.receivedAt) < Date.parse(after.since)) return false;
  if (!signal.key.startsWith(workflowRunKeys)) return true;
  const { runId, attempt } = signal.body;
  const { workflowRun, laterThan } = after;
  if (workflowRun !== undefined && runId !== workflowRun) return false;
  if (!laterThan) return true;
  if (typeof runId !== "number" || typeof attempt !== "number") return false;
  return runId > laterThan.run || (runId === laterThan.run && attempt > laterThan.attempt);
}

/** Whether a signal is for this wait, whether or not it was used before. */
export function isFor(wait: Wait, signal: Signal): boolean {
  return wait.keys.includes(signal.key) && satisfies(wait.after, signal);
}

/**
 * The oldest signal that is for this wait and has not resumed it yet.
 *
 * So "newer than the last one" does not rest on comparing times, which are those of several Lambdas' clocks: a signal
 * that came later, from a clock that is behind, would pass for old and be lost. It rests on what the wait has used:
 * each signal resumes it at most once, and none is passed over. Times decide nothing but the order among those that
 * are there together.
 */
export function nextSignal(wait: Wait, signals: Signal[]): Signal | undefined {
  return signals
    .filter((each) => isFor(wait, each) && !wait.used.includes(name(each)))
    .sort((one, other) => compare(one.receivedAt, other.receivedAt) || compare(one.id, other.id))[0];
}

export function sameSignal(
  one: Pick<Signal, "key" | "id"> | null,
  other: Pick<Signal, "key" | "id">,
): boolean {
  return one !== null && name(one) === name(other);
}

function name({ key, id }: Pick<Signal, "key" | "id">): string {
  return `${key}#${id}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The wait after a register. Null: nothing changes, since this very token was resumed already or is being resumed. */
export function registered(wait: Wait | null, request: WaitRequest, now: string): Wait | null {
  const { id, run, keys, after, token } = request;
  const asked = { id, run, keys, after, token };
  if (!wait) {
    return {
      ...asked,
      status: "waiting",
      signal: null,
      sentAgain: false,
      used: [],
      firstRegisteredAt: now,
      deadline: request.deadline ?? null,
      waitingSince: now,
      seconds: 0,
      resumedAt: null,
      resumedBy: null,
      version: 1,
    };
  }
  if (wait.status !== "waiting" && wait.token === token) return null;
  const next: Wait = {
    ...wait,
    ...asked,
    sentAgain: false,
    waitingSince: wait.waitingSince ?? now,
    version: wait.version + 1,
  };
  if (wait.status === "resuming" && wait.signal) {
    // The old token died with the signal under way to it.
    if (isFor(next, wait.signal)) return next;
    // The step has gone on by itself and asks for something later now: this signal is history.
    return { ...next, status: "waiting", signal: null, used: [...wait.used, name(wait.signal)] };
  }
  const deadline =
    wait.status === "done"
      ? (request.deadline ?? wait.deadline)
      : (wait.deadline ?? request.deadline ?? null);
  return { ...next, status: "waiting", signal: null, deadline };
}

/** waiting(t) → resuming(s, t) */
export function claimed(wait: Wait, signal: Signal): Wait {
  return { ...wait, status: "resuming", signal, sentAgain: false, version: wait.version + 1 };
}

/** resuming(s, t), by somebody who did not claim it. */
export function sentAgain(wait: Wait): Wait {
  return { ...wait, sentAgain: true, version: wait.version + 1 };
}

/** resuming(s, t) → done(s) */
export function delivered(wait: Wait & { signal: Signal }, now: string): Wait {
  return {
    ...rested(wait, now),
    status: "done",
    used: [...wait.used, name(wait.signal)],
    resumedAt: now,
    resumedBy: wait.signal.origin,
  };
}

/** resuming(s, t) → waiting without a token. The signal counts as not used. */
export function tokenDied(wait: Wait): Wait {
  return { ...wait, status: "waiting", token: null, signal: null, version: wait.version + 1 };
}

/** waiting(t) → done, without a signal: the step stopped waiting. */
export function givenUp(wait: Wait, now: string): Wait {
  return {
    ...rested(wait, now),
    status: "done",
    token: null,
    signal: null,
    resumedAt: null,
    resumedBy: null,
  };
}

function rested(wait: Wait, now: string): Wait {
  return { ...wait, seconds: secondsWaited(wait, now), waitingSince: null, version: wait.version + 1 };
}

/** In all rounds together, the present one included. */
export function secondsWaited(wait: Wait, now: string): number {
  if (!wait.waitingSince) return wait.seconds;
  return wait.seconds + Math.max(0, Date.parse(now) - Date.parse(wait.waitingSince)) / 1000;
}
