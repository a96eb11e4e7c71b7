import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { ServiceUnavailable } from "../runtime/errors.ts";
import { isHttpError, mapGitHubError } from "./github-errors.ts";

/** An installation of an App. */
export interface AppCredentials {
  appId: number;
  /** PEM. */
  privateKey: string;
  installationId: number;
}

export interface ClientOptions {
  apiUrl: string;
  /** Organisation of all repositories that are given by a short name. */
  owner: string;
  /** The App, or the token of a person. */
  credentials: AppCredentials | { token: string };
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
  /** Of every single request. Default: 10 s. */
  timeoutMs?: number;
}

export type GitHubOptions = Omit<ClientOptions, "credentials"> & AppCredentials;

/** Octokit with the App's installation token, and our errors. */
export interface GitHubClient {
  octokit: Octokit;
  owner: string;
  /** Runs requests; what they throw comes out as our error about `what`. */
  call<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** The same, with null for 404. */
  callOrNull<T>(what: string, work: () => Promise<T>): Promise<T | null>;
}

export function createClient(options: ClientOptions): GitHubClient {
  const { apiUrl, owner, credentials, timeoutMs = 10_000 } = options;
  const send = options.fetch ?? fetch;
  const quiet = () => undefined;
  const octokit = new Octokit({
    ...("token" in credentials
      ? { auth: credentials.token }
      : { authStrategy: createAppAuth, auth: credentials }),
    baseUrl: apiUrl,
    userAgent: "stablehand",
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: {
      fetch: async (url: string, init: RequestInit) =>
        await whole(await send(url, { ...init, signal: AbortSignal.timeout(timeoutMs) })),
    },
  });
  // Octokit hands out the text where an answer is a page of a proxy.
  octokit.hook.after("request", (response, { method, url }) => {
    if (response.status === 200 && typeof response.data === "string") {
      throw new ServiceUnavailable(`GitHub's answer is no JSON (${method} ${url}): try again.`);
    }
  });

  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw mapGitHubError(thrown, what);
    }
  };
  const callOrNull = <T>(what: string, work: () => Promise<T>): Promise<T | null> =>
    call(what, async () => {
      try {
        return await work();
      } catch (thrown) {
        if (isHttpError(thrown, 404)) return null;
        throw thrown;
      }
    });
  return { octokit, owner, call, callOrNull };
}

/**
 * Octokit takes what arrived of a JSON answer for all of it: a token would be `undefined`, and kept for an hour.
 * @throws what broke it off, which Octokit reports as a connection that failed.
 */
async function whole(response: Response): Promise<Response> {
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const text = response.ok && isJson ? await response.clone().text() : "";
  if (text !== "") JSON.parse(text);
  return response;
}
