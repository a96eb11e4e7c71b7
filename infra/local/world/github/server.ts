import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A request as the proxy works on it. */
export interface ProxyRequest {
  method: string;
  /** With the query. */
  path: string;
  url: URL;
  headers: Record<string, string>;
  /** Raw; empty when there is none. */
  text: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
}

export interface ProxyServer {
  url: string;
  /** Until this is called, everything is answered by 503. */
  serve(handle: (request: ProxyRequest) => Promise<Reply>): void;
  close(): Promise<void>;
}

/** @param onError gets what a handler throws; the client gets 500. */
export async function startServer(port: number, onError: (error: unknown) => void): Promise<ProxyServer> {
  let handle: (request: ProxyRequest) => Promise<Reply> = async () => ({
    status: 503,
    body: { message: "Starting" },
  });
  const server = createServer((incoming, outgoing) => {
    respond(incoming, outgoing).catch((error: unknown) => {
      onError(error);
      if (!outgoing.headersSent) write(outgoing, { status: 500, body: { message: "Server Error" } });
      else outgoing.destroy();
    });
  });

  async function respond(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const path = incoming.url ?? "/";
    const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    );
    const request = {
      method: incoming.method ?? "GET",
      path,
      url: new URL(path, "http://localhost"),
      headers: Object.fromEntries(headers),
      text: Buffer.concat(chunks).toString("utf8"),
    };
    write(outgoing, await handle(request));
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    serve: (handler) => {
      handle = handler;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function write(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  outgoing.writeHead(status, {
    ...(text === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...headers,
  });
  outgoing.end(text);
}
