import { setTimeout as sleep } from "node:timers/promises";
import {
  ApiException,
  AppsV1Api,
  type ConfigurationOptions,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  Observable,
} from "@kubernetes/client-node";
import { BadConfiguration, RateLimited, ServiceUnavailable, StablehandError } from "../runtime/errors.ts";
import { mapNetworkFailure, mapStatus } from "./http.ts";

/** The Kubernetes client for one namespace, with time limits and our errors. */
export interface Client {
  namespace: string;
  core: CoreV1Api;
  apps: AppsV1Api;
  custom: CustomObjectsApi;
  /**
   * Runs a request, to which `work` hands the options on, and reads its answer.
   * Asked to wait for a few seconds (429 with Retry-After, as the API server does when it is busy), it does.
   *
   * @param what the thing that it is about: `pods`.
   * @throws StablehandError for whatever fails.
   */
  call<T>(
    what: string,
    work: (limits: ConfigurationOptions) => Promise<T>,
    limit?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<T>;
}

/** @throws BadConfiguration when the token would go over plain HTTP to another machine. */
export function createClient(options: {
  apiUrl: string;
  namespace: string;
  token: string;
  requestTimeoutMs: number;
}): Client {
  const { apiUrl, namespace, token, requestTimeoutMs } = options;
  if (!isSafe(new URL(apiUrl))) {
    throw new BadConfiguration(`The cluster's address must begin with https: ${apiUrl}`);
  }
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    // The client speaks plain HTTP only when certificates do not matter; with HTTPS they always do here.
    { name: "cluster", server: apiUrl, skipTLSVerify: new URL(apiUrl).protocol === "http:" },
    { name: "stablehand", token },
  );
  return {
    namespace,
    core: kubeConfig.makeApiClient(CoreV1Api),
    apps: kubeConfig.makeApiClient(AppsV1Api),
    custom: kubeConfig.makeApiClient(CustomObjectsApi),
    async call(what, work, limit = {}) {
      for (let attempt = 1; ; attempt++) {
        const timeout = AbortSignal.timeout(limit.timeoutMs ?? requestTimeoutMs);
        const signal = limit.signal ? AbortSignal.any([limit.signal, timeout]) : timeout;
        try {
          return await work(endingWith(signal));
        } catch (thrown) {
          const error = errorOf(thrown, `${what} of ${namespace}`);
          const seconds = error instanceof RateLimited ? error.retryAfterSeconds : undefined;
          if (seconds === undefined || seconds > LONGEST_WAIT_SECONDS || attempt === LIMITED_TRIES)
            throw error;
          await sleep(seconds * 1000, undefined, { signal: limit.signal });
        }
      }
    },
  };
}

/** A longer wait is the state machine's, whose Retry knows RateLimited. */
const LONGEST_WAIT_SECONDS = 5;
const LIMITED_TRIES = 4;

/**
 * The client takes any page with status 200 for a list without items. That must not pass for "no pods": only a list
 * that is there, or null, which is how Go writes an empty one, counts.
 */
export function itemsOf<T>(list: { items?: T[] | null }): T[] {
  if (list.items === undefined) throw new Error("the answer is no list");
  return list.items ?? [];
}

/** Request options that end the exchange, body included, with the signal. */
function endingWith(signal: AbortSignal): ConfigurationOptions {
  return {
    middleware: [
      {
        pre: (request) => {
          request.setSignal(signal);
          return new Observable(Promise.resolve(request));
        },
        post: (response) => new Observable(Promise.resolve(response)),
      },
    ],
    middlewareMergeStrategy: "append",
  };
}

function errorOf(thrown: unknown, what: string): Error {
  if (thrown instanceof StablehandError) return thrown;
  if (thrown instanceof ApiException) {
    return mapStatus("OpenShift", what, thrown.code, thrown.headers, { cause: withoutBody(thrown) });
  }
  if (isNetworkFailure(thrown)) return mapNetworkFailure("OpenShift", what, thrown);
  return new ServiceUnavailable(
    `OpenShift's answer cannot be read (${what}): a proxy in between, or a page of an outage.`,
    { cause: thrown },
  );
}

/** What `fetch` throws: the signal's reason, or a TypeError that carries what happened to the connection. */
function isNetworkFailure(thrown: unknown): boolean {
  return thrown instanceof DOMException || (thrown instanceof TypeError && thrown.cause !== undefined);
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}

/** The client's exception quotes the answer's body and headers in its message, which may end up in a log. */
function withoutBody(thrown: ApiException<unknown>): ApiException<undefined> {
  return new ApiException(thrown.code, "", undefined, {});
}
