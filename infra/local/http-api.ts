import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from "aws-lambda";
import { messageOf } from "../../functions/runtime/errors.ts";

/** The Lambdas behind the HTTP API, by the names that they have in the catalog. */
export type HttpFunction = "Webhooks" | "Pages" | "RunPages";

export interface HttpApiOptions {
  /** 0: any free one. */
  port: number;
  /** Calls a Lambda. What it throws becomes the gateway's 500, and is told to `onError`. */
  invoke(functionName: HttpFunction, event: APIGatewayProxyEventV2): Promise<APIGatewayProxyResultV2>;
  /** What is served beside the API on the same port, by the prefix of its path (`/console`). */
  mount?: Record<string, (request: Request) => Response | Promise<Response>>;
  host?: string;
  onError?: (functionName: HttpFunction, thrown: unknown) => void;
}

export interface HttpApi {
  url: string;
  close(): Promise<void>;
}

/** API Gateway's own limit. */
const largestBody = 10 * 1024 * 1024;

/**
 * The HTTP API on one machine: real HTTP in, the events of API Gateway's HTTP API (payload format 2.0) to the Lambdas,
 * and their results back. `/webhooks/*` goes to `Webhooks`, `/runs` to `RunPages`, the rest to `Pages`, as in the stack.
 *
 * @throws Error that names the port when another program has it.
 */
export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const host = options.host ?? "127.0.0.1";
  const mounted = Object.entries(options.mount ?? {}).map(([prefix, serve]) => ({
    prefix,
    listener: getRequestListener(serve, { overrideGlobalObjects: false }),
  }));
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    const mount = mounted.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
    const work = mount ? mount.listener(request, response) : serveLambda(options, request, response);
    Promise.resolve(work).catch(() => response.destroy());
  });
  await listen(server, options.port, host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(taken ? new Error(`Port ${port} is in use by another program: choose another one.`) : error);
    });
    server.listen(port, host, () => resolve());
  });
}

async function serveLambda(
  options: HttpApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === "too large") return answer(response, 413, "Request Entity Too Large");
  const event = toEvent(request, body);
  const functionName = functionFor(event.rawPath);
  let result: APIGatewayProxyResultV2;
  try {
    result = await options.invoke(functionName, event);
  } catch (thrown) {
    if (options.onError) options.onError(functionName, thrown);
    else console.error(`The Lambda ${functionName} failed: ${messageOf(thrown)}`);
    return answer(response, 500, "Internal Server Error");
  }
  send(response, result);
}

function functionFor(path: string): HttpFunction {
  if (path.startsWith("/webhooks/")) return "Webhooks";
  return path === "/runs" || path.startsWith("/runs/") ? "RunPages" : "Pages";
}

async function readBody(request: IncomingMessage): Promise<Buffer | "too large"> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too much is read to its end all the same, so that the sender gets to see the answer.
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? "too large" : Buffer.concat(chunks);
}

/** As the gateway makes it: header names in lower case, repeated ones joined, cookies apart, other bodies in base64. */
function toEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const [rawPath = "/", rawQueryString = ""] = split(request.url ?? "/", "?");
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name !== "cookie" && values) headers[name] = values.join(",");
  }
  const cookies = request.headers.cookie?.split(/; */);
  const asText = isText(headers["content-type"]);
  const now = new Date();
  const method = request.method ?? "GET";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookies ? { cookies } : {}),
    headers,
    ...(rawQueryString ? { queryStringParameters: queryOf(rawQueryString) } : {}),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "localhost",
      domainPrefix: "local",
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 ? { body: body.toString(asText ? "utf8" : "base64") } : {}),
    isBase64Encoded: body.length > 0 && !asText,
  };
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** The gateway hands over these as they are; form bodies are not among them. */
function isText(contentType: string | undefined): boolean {
  return /^(text\/|application\/(json|javascript|xml)\b)/i.test(contentType ?? "");
}

function queryOf(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters[name];
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  return parameters;
}

/** A result without a status code is the body of a 200, as JSON. */
function send(response: ServerResponse, result: APIGatewayProxyResultV2): void {
  if (typeof result === "string" || result.statusCode === undefined) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(typeof result === "string" ? result : JSON.stringify(result));
    return;
  }
  const { statusCode, headers, cookies, body = "", isBase64Encoded } = result;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, String(value));
  if (cookies?.length) response.setHeader("set-cookie", cookies);
  response.writeHead(statusCode);
  response.end(Buffer.from(body, isBase64Encoded ? "base64" : "utf8"));
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ message }));
}
