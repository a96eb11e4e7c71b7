import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { RateLimited, ServiceUnavailable, type StablehandError } from "../runtime/errors.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/**
 * A watch that lasts: it lists, then follows the changes over as many connections as that takes.
 *
 * Why not the client's own `Watch`: it drops lines that it cannot parse without a word, swallows what the callback
 * throws, and does not tell `Retry-After`.
 *
 * Life of a watch:
 * - list → versions of all objects, and the list's own version;
 * - connect from that version; each event, bookmarks included, moves the version on;
 * - connection ends, breaks, or breaks off in the middle of a line → connect again from the last version;
 * - 410 Gone, as status of the answer or as event → the version is too old: list again;
 * - 429, 5xx, no connection → wait, then connect again; 401, 403, 404 → thrown, waiting does not help.
 */
export interface WatchOptions {
  /** Full URL of the collection: `https://…/api/v1/namespaces/NS/pods`. */
  url: string;
  headers: Record<string, string>;
  /** Of what, for messages: `pods of packit--prod`. */
  what: string;
  list(signal: AbortSignal): Promise<{ version: string; pods: V1Pod[] }>;
  timeoutSeconds: number;
  /** Aborted: the watch ends and throws the signal's reason. */
  signal?: AbortSignal;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
}

interface WatchEvent {
  type?: string;
  /** A pod; for ERROR a `Status`, which has a code. */
  object?: V1Pod & { code?: number };
}

/** The server ends each connection after so long, so that a connection that died silently is noticed. */
const CONNECTION_SECONDS = 30;
/** What we give the server on top, before we end a silent connection ourselves. */
const GRACE_SECONDS = 5;
const QUICK_END_MS = 1000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Calls `onChange` with all pods after the first list and after every change, until it returns true.
 *
 * @returns "timeout" when `timeoutSeconds` passed before that.
 * @throws StablehandError when the first list fails, when access is refused, or when the API could not be reached at
 * the end of the time; whatever `onChange` throws; the signal's reason when it is aborted.
 */
export async function watch(
  options: WatchOptions,
  onChange: (pods: V1Pod[]) => boolean,
): Promise<"stopped" | "timeout"> {
  const timeUp = AbortSignal.timeout(Math.ceil(options.timeoutSeconds * 1000));
  const ended = options.signal ? AbortSignal.any([options.signal, timeUp]) : timeUp;
  const deadline = Date.now() + options.timeoutSeconds * 1000;
  const known = new Map<string, V1Pod>();
  let version: string | null = null;
  let listed = false;
  let failure: StablehandError | null = null;
  let pause = FIRST_PAUSE_MS;

  const show = (): boolean => {
    try {
      return onChange([...known.values()]);
    } catch (thrown) {
      throw new CallerFailed(thrown);
    }
  };

  /** True: `onChange` said stop. */
  const list = async (): Promise<boolean> => {
    const answer = await options.list(ended);
    version = answer.version;
    listed = true;
    known.clear();
    for (const pod of answer.pods) known.set(nameOf(pod), pod);
    return show();
  };

  /** True: `onChange` said stop. */
  const follow = async (from: string): Promise<boolean> => {
    for await (const { type, object } of connect(options, from, deadline, ended)) {
      if (type === "ERROR") throw errorOf(options, object?.code);
      pause = FIRST_PAUSE_MS;
      version = object?.metadata?.resourceVersion ?? version;
      if (type === "BOOKMARK" || !object) continue;
      if (type === "DELETED") known.delete(nameOf(object));
      else known.set(nameOf(object), object);
      if (show()) return true;
    }
    return false;
  };

  while (!ended.aborted) {
    const connectedAt = Date.now();
    try {
      if (version === null && (await list())) return "stopped";
      if (version !== null && (await follow(version))) return "stopped";
      failure = null;
      // A server that closes every connection at once must not be asked without a pause.
      if (Date.now() - connectedAt >= QUICK_END_MS) pause = FIRST_PAUSE_MS;
      else pause = await rest(pause, pause, ended);
    } catch (thrown) {
      if (thrown instanceof CallerFailed) throw thrown.thrown;
      if (ended.aborted) break;
      if (thrown instanceof Gone) version = null;
      else if (listed && isPassing(thrown)) failure = thrown;
      else throw thrown;
      pause = await rest(pauseAfter(thrown, pause), pause, ended);
    }
  }
  options.signal?.throwIfAborted();
  if (failure) throw failure;
  if (!listed) throw mapNetworkFailure("OpenShift", options.what, timeUp.reason);
  return "timeout";
}

/** The version that we want to go on from is no longer known to the server. */
class Gone extends Error {}

/** Carries what `onChange` threw past our own handling of failures. */
class CallerFailed extends Error {
  readonly thrown: unknown;
  constructor(thrown: unknown) {
    super("onChange threw");
    this.thrown = thrown;
  }
}

/** One connection's events, to its end. A connection that breaks ends like one that is closed. */
async function* connect(
  options: WatchOptions,
  version: string,
  deadline: number,
  ended: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const seconds = Math.max(1, Math.min(CONNECTION_SECONDS, Math.ceil((deadline - Date.now()) / 1000)));
  const url = new URL(options.url);
  url.search = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: version,
    timeoutSeconds: String(seconds),
  }).toString();
  const closing = new AbortController();
  const tooLong = AbortSignal.timeout((seconds + GRACE_SECONDS) * 1000);
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(url, {
      headers: { ...options.headers, accept: "application/json" },
      signal: AbortSignal.any([ended, tooLong, closing.signal]),
    });
  } catch (cause) {
    throw mapNetworkFailure("OpenShift", options.what, cause);
  }
  try {
    if (response.status === 410) throw new Gone();
    if (!response.ok) throw mapStatus("OpenShift", options.what, response.status, response.headers);
    if (response.body) yield* eventsOf(response.body);
  } finally {
    closing.abort();
  }
}

/** Parses one JSON object a line. What is left without its line end when the stream ends or breaks is dropped. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<WatchEvent> {
  const chunks = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  const reader = chunks.getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() === "") continue;
      const event = parse(line);
      if (!event) return;
      yield event;
    }
  }
}

function parse(line: string): WatchEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

function errorOf(options: WatchOptions, code: number | undefined): Error {
  return code === 410 ? new Gone() : mapStatus("OpenShift", options.what, code ?? 500);
}

function isPassing(thrown: unknown): thrown is ServiceUnavailable | RateLimited {
  return thrown instanceof ServiceUnavailable || thrown instanceof RateLimited;
}

function pauseAfter(thrown: unknown, pause: number): number {
  const told = thrown instanceof RateLimited ? thrown.retryAfterSeconds : undefined;
  return told === undefined ? pause : Math.max(told * 1000, FIRST_PAUSE_MS);
}

/** Waits, or until the watch ends. Returns the next pause, which is twice `before`. */
async function rest(milliseconds: number, before: number, ended: AbortSignal): Promise<number> {
  // An aborted pause is no error here: the loop looks at the signal itself.
  await sleep(milliseconds, undefined, { signal: ended }).catch(() => undefined);
  return Math.min(before * 2, LONGEST_PAUSE_MS);
}

function nameOf(pod: V1Pod): string {
  return pod.metadata?.name ?? "";
}
