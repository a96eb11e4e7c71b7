import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { buffer, json } from "node:stream/consumers";
import { LambdaError } from "../../infra/local/lambda.ts";

/** Calls a Lambda; rejects with what its handler threw. */
export type InvokeLambda = (functionName: string, payload: unknown) => Promise<unknown>;

/** moto's AWS on this machine: DynamoDB and Step Functions, whose Tasks call our Lambdas. */
export interface Moto {
  /** Endpoint of every service. */
  url: string;
  /** Whoever answers the Lambda calls of its state machines. */
  serve(invoke: InvokeLambda): void;
  close(): Promise<void>;
}

const invocations = /^\/2015-03-31\/functions\/([\w-]+)\/invocations$/;

/** moto_server on any free port; it ends when its standard input does, so it outlives nobody who started it. */
const program = `
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
main(["-H", "127.0.0.1", "-p", "0"])
`;

/**
 * Starts moto_server behind a proxy. moto's interpreter calls Lambda at `http://localhost:$MOTO_PORT`, which is the
 * proxy: it hands these calls to `serve`, and everything else on to moto.
 */
export async function startMoto(python: string): Promise<Moto> {
  let invoke: InvokeLambda = async (name) => {
    throw new LambdaError("Lambda.ResourceNotFoundException", `Function not found: ${name}`);
  };
  let motoPort = 0;
  const proxy = createServer((incoming, response) => {
    const name = invocations.exec(incoming.url ?? "")?.[1];
    const work = name
      ? answerInvocation(name, incoming, response, invoke)
      : forward(incoming, response, motoPort);
    work.catch(() => response.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const port = (proxy.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${port}`;
  const moto = spawn(python, ["-c", program], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { PATH: process.env.PATH, MOTO_PORT: String(port), NO_PROXY: "*" },
  });
  const close = async () => {
    moto.kill("SIGKILL");
    if (moto.exitCode === null && moto.signalCode === null) await once(moto, "exit");
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  };
  try {
    motoPort = await portOf(moto);
    const settings = { stepfunctions: { execute_state_machine: true } };
    const configured = await fetch(`${url}/moto-api/config`, {
      method: "POST",
      body: JSON.stringify(settings),
    });
    if (!configured.ok) throw new Error(`moto refuses its configuration: HTTP ${configured.status}`);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    url,
    serve: (answer) => {
      invoke = answer;
    },
    close,
  };
}

/** It says so on its standard error, which has to be read to its end in any case. */
async function portOf(moto: ChildProcess): Promise<number> {
  const lines: string[] = [];
  return await new Promise((resolve, reject) => {
    createInterface({ input: moto.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      const [, port] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (port) resolve(Number(port));
    });
    moto.once("exit", () => reject(new Error(`moto_server ended:\n${lines.join("\n")}`)));
  });
}

/** As Lambda answers: an error of the function is a 200 with a header that says so. */
async function answerInvocation(
  name: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  invoke: InvokeLambda,
): Promise<void> {
  const payload = await json(incoming);
  const headers = { "content-type": "application/json", "x-amz-executed-version": "$LATEST" };
  try {
    const result = (await invoke(name, payload)) ?? null;
    response.writeHead(200, headers).end(JSON.stringify(result));
  } catch (thrown) {
    const { name: errorType, message: errorMessage } = thrown as Error;
    response
      .writeHead(200, { ...headers, "x-amz-function-error": "Unhandled" })
      .end(JSON.stringify({ errorType, errorMessage }));
  }
}

async function forward(incoming: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const { method, url: path, headers } = incoming;
  const body = await buffer(incoming);
  const send = async () => {
    const onward = request({ host: "127.0.0.1", port, method, path, headers });
    onward.end(body);
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const content = await buffer(answer);
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(content);
  };
  if (String(headers["x-amz-target"]).startsWith("DynamoDB_")) await inTurn(send);
  else await send();
}

let lastTurn = Promise.resolve();

/**
 * One after the other. moto 5.2.5 looks at a condition and writes without a lock, each request in a thread of its own:
 * of 50 conditional puts at once, two may succeed. DynamoDB's own are atomic.
 */
async function inTurn(work: () => Promise<void>): Promise<void> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => undefined);
  await turn;
}
