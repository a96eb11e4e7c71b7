import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LambdaError } from "./lambda.ts";

/** A function as it is deployed. */
export interface DeployedFunction {
  /** `stablehand-OpenRun` */
  functionName: string;
  /** The unpacked bundle. */
  directory: string;
  /** `OpenRun.handler` */
  handler: string;
  memoryMb: number;
  timeoutSeconds: number;
  /** What the stack sets, and where to find AWS; AWS_REGION is among it. */
  environment: Record<string, string>;
  /** Address of the X-Ray daemon; left out: its invocations are not traced. */
  traceDaemon?: string;
}

/** Lambda's own limit of what a function returns, in bytes. */
const largestResult = 6 * 1024 * 1024;
const bootstrap = fileURLToPath(new URL("./lambda-bootstrap.ts", import.meta.url));

interface Invocation {
  id: string;
  event: string;
  end: PromiseWithResolvers<unknown>;
}

/**
 * An execution environment: a process of its own that has imported a bundle and answers one invocation at a time, behind
 * an endpoint of Lambda's Runtime API.
 */
export class Sandbox {
  readonly #deployed: DeployedFunction;
  readonly #server: Server;
  readonly #ready = Promise.withResolvers<void>();
  #process: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  /** The process's request for its next invocation. */
  #poll: ServerResponse | null = null;
  #current: Invocation | null = null;
  #ended = false;
  /** From the start of the process until it asked for its first invocation: Lambda's init duration. */
  initMs = 0;

  private constructor(deployed: DeployedFunction) {
    this.#deployed = deployed;
    this.#server = createServer((incoming, response) => {
      this.#serve(incoming, response).catch(() => response.destroy());
    });
    this.#ready.promise.catch(() => undefined);
  }

  /**
   * @param onLine is told every line that the process prints.
   * @throws Error with the name and message of what the bundle's import threw.
   */
  static async start(deployed: DeployedFunction, onLine: (line: string) => void): Promise<Sandbox> {
    const sandbox = new Sandbox(deployed);
    const port = await listen(sandbox.#server);
    const startedAt = performance.now();
    sandbox.#process = startProcess(deployed, port, onLine);
    sandbox.#exited = once(sandbox.#process, "exit").then(async () => await sandbox.#close());
    try {
      await sandbox.#ready.promise;
    } catch (thrown) {
      await sandbox.kill();
      throw thrown;
    }
    sandbox.initMs = performance.now() - startedAt;
    return sandbox;
  }

  /** Whether it takes an invocation now. */
  get idle(): boolean {
    return !this.#ended && this.#current === null;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Runs the handler; call it only when `idle`. What the handler throws comes out as an Error of that name and message;
   * LambdaError where the function's time is up or its process ends, and the sandbox ends with it.
   */
  async invoke(event: unknown): Promise<unknown> {
    const id = randomUUID();
    const { timeoutSeconds } = this.#deployed;
    const { promise, ...end } = Promise.withResolvers<unknown>();
    this.#current = { id, event: JSON.stringify(event ?? null), end: { promise, ...end } };
    this.#hand();
    const timer = setTimeout(() => {
      const what = `RequestId: ${id} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      end.reject(new LambdaError("Sandbox.Timedout", what));
      this.#process?.kill("SIGKILL");
    }, timeoutSeconds * 1000);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when nothing of it is left. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#exited;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const path = (incoming.url ?? "").replace("/2018-06-01/runtime/", "");
    if (path === "invocation/next") {
      this.#poll = response;
      this.#ready.resolve();
      this.#hand();
      return;
    }
    const [, id, what] = /^invocation\/([\w-]+)\/(response|error)$/.exec(path) ?? [];
    if (path === "init/error") this.#ready.reject(thrownThere(body));
    else if (id === this.#current?.id) this.#answered(what === "error" ? thrownThere(body) : body);
    response.writeHead(202).end();
  }

  /** Hands over the invocation once there is one and the process has asked. */
  #hand(): void {
    const [poll, current] = [this.#poll, this.#current];
    if (!poll || !current) return;
    this.#poll = null;
    const { functionName, timeoutSeconds, environment, traceDaemon } = this.#deployed;
    poll.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": current.id,
      "lambda-runtime-deadline-ms": String(Date.now() + timeoutSeconds * 1000),
      "lambda-runtime-invoked-function-arn": `arn:aws:lambda:${environment.AWS_REGION}:000000000000:function:${functionName}`,
      "lambda-runtime-trace-id": traceHeader(current.id, traceDaemon !== undefined),
    });
    poll.end(current.event);
  }

  #answered(result: string | Error): void {
    const end = this.#current?.end;
    this.#current = null;
    if (typeof result !== "string") end?.reject(result);
    else if (Buffer.byteLength(result) <= largestResult) end?.resolve(JSON.parse(result));
    else end?.reject(new LambdaError("Function.ResponseSizeTooLarge", "The result is larger than 6 MB."));
  }

  async #close(): Promise<void> {
    this.#ended = true;
    const { signalCode, exitCode } = this.#process as ChildProcess;
    const error = new LambdaError(
      "Runtime.ExitError",
      `Runtime exited: ${signalCode ?? `status ${exitCode}`}`,
    );
    this.#ready.reject(error);
    this.#answered(error);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A trace of its own for each invocation. */
function traceHeader(invocation: string, sampled: boolean): string {
  const digits = invocation.replaceAll("-", "");
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-${digits.slice(0, 24)}`;
  return `Root=${root};Parent=${digits.slice(-16)};Sampled=${sampled ? 1 : 0}`;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The variables that Lambda sets itself, and the function's own: nothing of this process's environment. */
function startProcess(
  deployed: DeployedFunction,
  port: number,
  onLine: (line: string) => void,
): ChildProcess {
  const { functionName, directory, handler, memoryMb, environment, traceDaemon } = deployed;
  const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, bootstrap], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      AWS_DEFAULT_REGION: environment.AWS_REGION,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "local",
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: handler,
      ...(traceDaemon === undefined ? {} : { AWS_XRAY_DAEMON_ADDRESS: traceDaemon }),
      ...environment,
    },
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
  return child;
}

/** An error as the runtime reports it. */
function thrownThere(body: string): Error {
  const { errorType, errorMessage, trace } = JSON.parse(body) as Record<string, unknown>;
  const error = new Error(String(errorMessage));
  error.name = String(errorType);
  error.stack = Array.isArray(trace) ? trace.join("\n") : undefined;
  return error;
}
