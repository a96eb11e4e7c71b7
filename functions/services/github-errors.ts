import { PermissionDenied, RateLimited, StablehandError } from "../runtime/errors.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/**
 * Octokit's errors as ours. Octokit reports a connection that failed as an HttpError with status 500 and no response;
 * GraphQL reports refusals with status 200 and a list of errors.
 */

interface HttpError extends Error {
  status: number;
  response?: { headers: Record<string, string | number | undefined>; data?: unknown };
}

export interface GraphqlRefusal extends Error {
  headers: Record<string, string | number | undefined>;
  errors: { type?: string; message: string }[];
}

export function isHttpError(thrown: unknown, status?: number): thrown is HttpError {
  return (
    thrown instanceof Error &&
    thrown.name === "HttpError" &&
    "status" in thrown &&
    (status === undefined || thrown.status === status)
  );
}

export function isGraphqlRefusal(thrown: unknown): thrown is GraphqlRefusal {
  return thrown instanceof Error && thrown.name === "GraphqlResponseError" && "errors" in thrown;
}

/** GitHub's own sentence, without the rest of the body. */
export function wordsOf(thrown: unknown): string {
  if (isGraphqlRefusal(thrown)) return shorten(thrown.errors.map((each) => each.message).join("; "));
  if (isHttpError(thrown)) {
    const data = thrown.response?.data;
    if (typeof data === "object" && data !== null && "message" in data) return shorten(String(data.message));
  }
  return "";
}

/** @param what the thing that the request was about: `branch stable of packit/dashboard`. */
export function mapGitHubError(thrown: unknown, what: string): Error {
  if (thrown instanceof StablehandError) return thrown;
  if (isGraphqlRefusal(thrown)) return mapGraphqlRefusal(thrown, what);
  if (!isHttpError(thrown)) {
    return thrown instanceof Error && (thrown.name === "AbortError" || thrown.name === "TimeoutError")
      ? mapNetworkFailure("GitHub", what, thrown)
      : asError(thrown);
  }
  if (!thrown.response) {
    return thrown.status === 500
      ? mapNetworkFailure("GitHub", what, thrown.cause ?? thrown)
      : mapStatus("GitHub", what, thrown.status, {}, { cause: thrown });
  }
  const { headers } = thrown.response;
  // The secondary limit does not always come with the headers of a limit.
  if (thrown.status === 403 && /rate limit/i.test(wordsOf(thrown))) {
    return mapStatus("GitHub", what, 429, headers, { cause: thrown });
  }
  return mapStatus("GitHub", what, thrown.status, headers, { cause: thrown });
}

function mapGraphqlRefusal(thrown: GraphqlRefusal, what: string): StablehandError {
  const types = thrown.errors.map((each) => each.type);
  const options = { cause: thrown };
  if (types.includes("RATE_LIMITED") || /rate limit/i.test(wordsOf(thrown))) {
    const limited = mapStatus("GitHub", what, 429, thrown.headers, options);
    return limited instanceof RateLimited ? limited : new RateLimited(limited.message, options);
  }
  if (types.includes("NOT_FOUND")) return mapStatus("GitHub", what, 404, {}, options);
  if (types.includes("FORBIDDEN") || types.includes("INSUFFICIENT_SCOPES")) {
    return new PermissionDenied(
      `GitHub does not allow this (${what}): ${wordsOf(thrown)}. Give the App the right.`,
      options,
    );
  }
  if (types.includes("UNPROCESSABLE")) return mapStatus("GitHub", what, 422, {}, options);
  // Errors without a type are GitHub's own: "Something went wrong while executing your query".
  return mapStatus("GitHub", what, types.some(Boolean) ? 422 : 502, {}, options);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
