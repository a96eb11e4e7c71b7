import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { parseConfig } from "../../functions/runtime/config.ts";
import { packit } from "../../infra/config/packit.ts";
import type { WorldContext } from "../../infra/local/world/context.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import { createTimers } from "../../infra/local/world/timers.ts";

/** Fast enough that a 40-minute build takes 0.4 s. */
export const testSpeed = 6000;

/** A context for emulated systems. Its timers end with the test; errors of their work fail it. */
export function worldContext(changes: Partial<WorldContext> = {}): WorldContext & { logged: string[] } {
  const logged: string[] = [];
  const errors: unknown[] = [];
  const timers = createTimers({ speed: testSpeed, onError: (error) => errors.push(error) });
  onTestFinished(() => {
    timers.close();
    if (errors.length > 0) throw new AggregateError(errors, "Work in the world failed");
  });
  return {
    config: parseConfig(packit),
    speed: testSpeed,
    stateDir: null,
    events: new EventEmitter(),
    timers,
    faults: createFaults([]),
    targets: {
      github: "http://127.0.0.1:9/github",
      quay: "http://127.0.0.1:9/quay",
      slack: "http://127.0.0.1:9/slack",
    },
    log: (system, text) => logged.push(`${system}: ${text}`),
    logged,
    ...changes,
  };
}

export interface Receiver {
  url: string;
  /** The JSON bodies of all requests, in order. */
  bodies: unknown[];
}

/** A webhook's end: answers with what `status` says for the nth request (from 0), 200 by default. */
export async function startReceiver(status: (request: number) => number = () => 200): Promise<Receiver> {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(status(bodies.length - 1)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, bodies };
}
