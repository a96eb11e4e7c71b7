import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createOpenShift } from "../../functions/services/openshift.ts";

/** A cluster's API that says what the test wants, word for word: for what a well-behaved one does not do. */

export const token = "sha256~very-secret";

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
  body: unknown;
}

export type Answer = (response: ServerResponse, request: Request) => void | Promise<void>;

/** A cluster that answers the nth request for a path (lists and watches of pods apart) with its nth answer. */
export async function startFakeCluster(answers: Record<string, Answer[]>) {
  const requests: Request[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    requests.push(request);
    const watching = request.query.get("watch") === "true" ? "watch " : "";
    const next = answers[`${watching}${request.path.split("/").at(-1)}`]?.shift();
    if (next) await next(response, request);
    else response.writeHead(599).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = createOpenShift({ apiUrl: url, namespace: "ns", token, requestTimeoutMs: 300 });
  return { url, cluster, requests };
}

async function read(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(incoming.url ?? "", "http://host");
  return {
    method: incoming.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    authorization: incoming.headers.authorization,
    body: text === "" ? null : JSON.parse(text),
  };
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };

export const failure = (code: number) => ({
  kind: "Status",
  status: "Failure",
  message: `words of ${token}`,
  code,
});

export const pod = (name: string, version: number, digest = "") => ({
  metadata: { name, resourceVersion: String(version), labels: { component: "worker" } },
  spec: { containers: [{ name: "main", image: "quay.io/packit/packit-worker:prod" }] },
  status: {
    phase: "Running",
    containerStatuses: [{ name: "main", imageID: digest && `quay.io/packit/packit-worker@${digest}` }],
  },
});

export const podList = (version: number, ...items: unknown[]) =>
  json({ metadata: { resourceVersion: String(version) }, items });
