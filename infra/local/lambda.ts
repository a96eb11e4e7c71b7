import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";

/** A handler as deployed: what API Gateway and Step Functions hand over, and what they get back, is JSON. */
export type LambdaHandler = (event: never, context: Context) => unknown;

export interface LambdaFunction {
  /** Imports the entry file. Called at the first invocation, and again only when it failed. */
  load: () => Promise<{ handler: LambdaHandler }>;
  timeoutSeconds: number;
  memoryMb?: number;
}

export interface LambdaLayer {
  /** Names of all functions. */
  names: string[];
  /**
   * Runs a function. What the handler throws comes out as it was thrown, so errors keep their names; the layer's own are
   * Sandbox.Timedout, Runtime.MarshalError (the result is no JSON) and Lambda.ResourceNotFoundException.
   * A handler that timed out or was aborted goes on in the background, as there is no sandbox to freeze.
   */
  invoke(functionName: string, payload: unknown, options?: { signal?: AbortSignal }): Promise<unknown>;
  /** Resolves when no handler is at work any more, those included that nobody waits for. */
  settled(): Promise<void>;
  /** From now on nothing is invoked any more. */
  close(): Promise<void>;
}

/** An error of the platform, not of the function. */
export class LambdaError extends Error {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Lambda on one machine: the real handlers, in this process. Payloads and results go through JSON, as they do on AWS. */
export function createLambdaLayer({ functions }: { functions: Record<string, LambdaFunction> }): LambdaLayer {
  const byName = new Map(Object.entries(functions));
  const loaded = new Map<string, Promise<LambdaHandler>>();
  const atWork = new Set<Promise<unknown>>();
  let closed = false;

  function handlerOf(name: string, { load }: LambdaFunction): Promise<LambdaHandler> {
    let loading = loaded.get(name);
    if (!loading) {
      loading = load().then(({ handler }) => handler);
      loaded.set(name, loading);
      loading.catch(() => loaded.delete(name));
    }
    return loading;
  }

  async function invoke(
    name: string,
    payload: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const found = byName.get(name);
    if (!found) throw new LambdaError("Lambda.ResourceNotFoundException", `Function not found: ${name}`);
    const event = JSON.parse(JSON.stringify(payload ?? null)) as never;
    // Loading is not on the clock: on AWS the initialization has its own.
    const handler = await handlerOf(name, found);
    // A signal that came while it was loading has no listener yet.
    signal?.throwIfAborted();
    if (closed) throw new LambdaError("Lambda.ServiceException", "The functions are no longer there.");
    const context = createContext(name, found);
    const work = async () => await handler(event, context);
    const result = await limited(() => tracked(work()), found, context, signal);
    return throughJson(name, result);
  }

  async function tracked(work: Promise<unknown>): Promise<unknown> {
    atWork.add(work);
    try {
      return await work;
    } finally {
      atWork.delete(work);
    }
  }

  async function settled(): Promise<void> {
    while (atWork.size > 0) await Promise.allSettled(atWork);
  }

  async function close(): Promise<void> {
    closed = true;
  }

  return { names: [...byName.keys()], invoke, settled, close };
}

async function limited(
  work: () => Promise<unknown>,
  { timeoutSeconds }: LambdaFunction,
  context: Context,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      end();
      const text = `Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      reject(new LambdaError("Sandbox.Timedout", `RequestId: ${context.awsRequestId} ${text}`));
    }, timeoutSeconds * 1000);
    signal?.addEventListener("abort", abort, { once: true });
    work().then(resolve, reject).finally(end);
  });
}

function throughJson(name: string, result: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(result ?? null));
  } catch (cause) {
    throw new LambdaError("Runtime.MarshalError", `The result of ${name} is no JSON: ${String(cause)}`);
  }
}

function createContext(name: string, { timeoutSeconds, memoryMb = 512 }: LambdaFunction): Context {
  const deadline = performance.now() + timeoutSeconds * 1000;
  const removed = () => {
    throw new LambdaError("Runtime.Removed", "Handlers answer by returning or throwing.");
  };
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "local",
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    done: removed,
    fail: removed,
    succeed: removed,
  };
}
