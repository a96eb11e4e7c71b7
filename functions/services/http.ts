import {
  NotFound,
  PermissionDenied,
  RateLimited,
  RequestRefused,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";

/** How failures of HTTP services become the errors that the state machine knows. */

type HeaderSource = Headers | Record<string, string | number | undefined>;

export interface FetchJsonOptions {
  /** What the request is about, for the error message: `the tag prod of packit/dashboard`. Never a token. */
  what: string;
  /** Default: GET, or POST when there is a body. */
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** For the whole exchange, body included. Default: 10 s. */
  timeoutMs?: number;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
}

/**
 * The error for an answer that is not a success: 5xx and 408 → ServiceUnavailable; 429, or 403 with the headers of a
 * limit → RateLimited; 401, 403 → PermissionDenied; 404, 410 → NotFound; everything else → RequestRefused.
 *
 * @param system people's name of it: `Quay`.
 * @param what the thing that the request was about, without tokens.
 */
export function mapStatus(
  system: string,
  what: string,
  status: number,
  headers: HeaderSource = {},
  options?: ErrorOptions,
): StablehandError {
  if (status === 429 || (status === 403 && isLimit(headers))) {
    const retryAfterSeconds = retryAfter(headers);
    const when = retryAfterSeconds === undefined ? "later" : `in ${retryAfterSeconds} s`;
    return new RateLimited(`${system} limits our requests (${status}, ${what}): try again ${when}.`, {
      ...options,
      retryAfterSeconds,
    });
  }
  if (status >= 500 || status === 408) {
    return new ServiceUnavailable(
      `${system} answered ${status} (${what}): try again, and look at its status page.`,
      options,
    );
  }
  if (status === 401) {
    return new PermissionDenied(
      `${system} refuses our credentials (401, ${what}): check the secret, or renew it.`,
      options,
    );
  }
  if (status === 403) {
    return new PermissionDenied(
      `${system} does not allow this (403, ${what}): give our account the right.`,
      options,
    );
  }
  if (status === 404 || status === 410) {
    return new NotFound(
      `${system} does not have ${what} (${status}): check the name, and that our account may see it.`,
      options,
    );
  }
  return new RequestRefused(
    `${system} refuses the request (${status}, ${what}): asking again will not help.`,
    options,
  );
}

/** No answer at all: the connection failed, broke off, or took too long. */
export function mapNetworkFailure(system: string, what: string, cause: unknown): ServiceUnavailable {
  const timedOut = cause instanceof Error && (cause.name === "TimeoutError" || cause.name === "AbortError");
  const happened = timedOut ? "did not answer in time" : "cannot be reached";
  return new ServiceUnavailable(`${system} ${happened} (${what}): try again, and look at its status page.`, {
    cause,
  });
}

/**
 * Sends a request and parses the JSON of the answer; null for an empty one.
 * @throws StablehandError see `mapStatus` and `mapNetworkFailure`; ServiceUnavailable when the answer is not JSON.
 */
export async function fetchJson(
  system: string,
  url: string | URL,
  options: FetchJsonOptions,
): Promise<unknown> {
  return (await fetchAnswer(system, url, options)).body;
}

/** The same with the answer's headers, which tell of further pages. */
export async function fetchAnswer(
  system: string,
  url: string | URL,
  options: FetchJsonOptions,
): Promise<{ body: unknown; headers: Headers }> {
  const { text, headers } = await fetchText(system, url, options);
  if (text === "") return { body: null, headers };
  try {
    return { body: JSON.parse(text), headers };
  } catch {
    throw new ServiceUnavailable(
      `${system} answered something else than JSON (${options.what}): a proxy in between, or a page of an outage.`,
    );
  }
}

/** Sends a request and returns the answer as it is. @throws StablehandError see `mapStatus` and `mapNetworkFailure`. */
export async function fetchText(
  system: string,
  url: string | URL,
  options: FetchJsonOptions,
): Promise<{ text: string; headers: Headers }> {
  const { what, body, headers, timeoutMs = 10_000 } = options;
  const send = options.fetch ?? fetch;
  let response: Response;
  let text: string;
  try {
    response = await send(url, {
      method: options.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    throw mapNetworkFailure(system, what, cause);
  }
  if (!response.ok) throw mapStatus(system, what, response.status, response.headers);
  return { text, headers: response.headers };
}

function isLimit(headers: HeaderSource): boolean {
  return header(headers, "retry-after") !== null || header(headers, "x-ratelimit-remaining") === "0";
}

/** Seconds until a request may be sent again: `Retry-After` (seconds or a date), else the limit's reset time. */
function retryAfter(headers: HeaderSource): number | undefined {
  const told = header(headers, "retry-after");
  if (told !== null) {
    const seconds = Number(told);
    if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
    const date = Date.parse(told);
    if (!Number.isNaN(date)) return secondsUntil(date);
  }
  const reset = Number(header(headers, "x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(reset) ? secondsUntil(reset * 1000) : undefined;
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

function header(headers: HeaderSource, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const value = headers[name];
  return value === undefined ? null : String(value);
}
