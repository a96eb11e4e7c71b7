import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createCopr } from "../../functions/services/copr.ts";
import { createGitHub } from "../../functions/services/github.ts";
import { createMatrix } from "../../functions/services/matrix.ts";
import { createQuay } from "../../functions/services/quay.ts";
import { createSlack } from "../../functions/services/slack.ts";
import type { FaultName } from "../../infra/local/faults.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import { startWorld } from "../../infra/local/world/index.ts";
import { smallConfig, smallWeek } from "./small-week.ts";
import { testSpeed } from "./world-context.ts";

export interface Received {
  /** `github`, `quay` or `slack`. */
  from: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: payloads of other systems, looked into by tests.
  body: any;
}

/** The whole emulated world with its faults, our clients of it over HTTP, and a receiver of its webhooks. */
export async function startFaultyWorld(
  names: FaultName[],
  { stateDir = null, speed = testSpeed }: { stateDir?: string | null; speed?: number } = {},
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    received.push({ from: (request.url ?? "").slice(1), headers: request.headers, body: JSON.parse(text) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const faults = createFaults(names);
  const logged: string[] = [];
  const world = await startWorld({
    config: smallConfig,
    seed: smallWeek(),
    speed,
    stateDir,
    targets: { github: `${url}/github`, quay: `${url}/quay`, slack: `${url}/slack` },
    faults,
    log: (system, text) => logged.push(`${system}: ${text}`),
  });
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= (async () => {
      await world.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    })();
    return closed;
  };
  onTestFinished(close);
  const { owner } = world.config.github;
  const { appId, privateKey, installationId } = world.secrets.github;
  const github = createGitHub({ apiUrl: world.github.url, owner, appId, privateKey, installationId });
  return {
    world,
    close,
    faults,
    received,
    logged,
    github,
    quay: createQuay({
      apiUrl: world.quay.url,
      namespace: world.config.quay.namespace,
      token: world.quayToken,
    }),
    copr: createCopr({ apiUrl: world.copr.url, owner: "packit", project: "packit-stable" }),
    slack: createSlack({ apiUrl: world.slack.url, botToken: world.slack.botToken }),
    matrix: createMatrix({
      homeserverUrl: world.matrix.url,
      userId: world.matrix.userId,
      accessToken: world.matrix.accessToken,
    }),
    /** Moves a stable branch to the head of main, as the run does. */
    async move(repository: string): Promise<string> {
      const from = world.github.head(repository, "stable") ?? "";
      const to = world.github.head(repository, "main") ?? "";
      await github.moveBranch(repository, { branch: "stable", from, to, force: false });
      return to;
    },
  };
}
