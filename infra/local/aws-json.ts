import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { messageOf } from "../../functions/runtime/errors.ts";

/** An error that the client gets as such: the SDKs make an exception of this name of it. */
export class AwsError extends Error {
  override readonly name: string;
  readonly statusCode: number;
  constructor(name: string, message: string, statusCode = 400) {
    super(message);
    this.name = name;
    this.statusCode = statusCode;
  }
}

/** Answers one operation; takes the request's JSON, returns the answer's (or throws AwsError). */
export type AwsOperation = (input: unknown) => unknown;

/** An operation whose input is checked; an input of another shape is answered with ValidationException. */
export function operation<S extends z.ZodType>(
  schema: S,
  work: (input: z.output<S>) => unknown,
): AwsOperation {
  return (input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return work(parsed.data);
    throw new AwsError("ValidationException", z.prettifyError(parsed.error));
  };
}

export interface AwsJsonServer {
  url: string;
  close(): Promise<void>;
}

/**
 * A server of AWS's JSON protocol (one URL, the operation named by `X-Amz-Target`) on 127.0.0.1. Signatures are not
 * checked. An operation that is not listed is answered with UnknownOperationException.
 *
 * @param options.target what stands before the operation's name: `AWSStepFunctions`.
 * @param options.port 0 or absent: any free one.
 */
export async function startAwsJson(options: {
  target: string;
  version: "1.0" | "1.1";
  operations: Record<string, AwsOperation>;
  port?: number;
}): Promise<AwsJsonServer> {
  const operations = new Map(Object.entries(options.operations));
  const server = createServer((request, response) => {
    answer(request, operations, options.target).then(
      (body) => send(response, 200, body, options.version),
      (thrown: unknown) => sendError(response, thrown, options.version),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  operations: Map<string, AwsOperation>,
  target: string,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [prefix, name = ""] = String(request.headers["x-amz-target"] ?? "").split(".");
  const work = prefix === target ? operations.get(name) : undefined;
  if (!work) throw new AwsError("UnknownOperationException", `No such operation here: ${prefix}.${name}`);
  let input: unknown;
  try {
    input = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch {
    throw new AwsError("SerializationException", "The request is not JSON.");
  }
  return await work(input);
}

function sendError(response: ServerResponse, thrown: unknown, version: string): void {
  const error =
    thrown instanceof AwsError ? thrown : new AwsError("InternalServerError", messageOf(thrown), 500);
  send(response, error.statusCode, { __type: error.name, message: error.message }, version);
}

function send(response: ServerResponse, status: number, body: unknown, version: string): void {
  response.writeHead(status, {
    "content-type": `application/x-amz-json-${version}`,
    "x-amzn-requestid": randomUUID(),
  });
  response.end(JSON.stringify(body ?? {}));
}
