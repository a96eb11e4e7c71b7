import { EventEmitter } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type Config, parseConfig } from "../../functions/runtime/config.ts";
import { createGitHub, type GitHub } from "../../functions/services/github.ts";
import { packit } from "../../infra/config/packit.ts";
import type { WorldContext, WorldEvents } from "../../infra/local/world/context.ts";
import { createFaults, type Faults } from "../../infra/local/world/faults.ts";
import {
  type GitHubEmulator,
  type GitHubEmulatorOptions,
  startGitHub,
} from "../../infra/local/world/github/index.ts";
import type { SeedCommit, SeedRepository, WorldSeed } from "../../infra/local/world/seed.ts";
import { evenRepository, madeUpSha } from "../../infra/local/world/seed.ts";
import { createTimers } from "../../infra/local/world/timers.ts";

export const testConfig: Config = parseConfig(packit);

export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  /** Raw. */
  body: string;
}

export interface GitHubFixture {
  emulator: GitHubEmulator;
  hub: GitHub;
  events: EventEmitter<WorldEvents>;
  webhooks: ReceivedWebhook[];
  logs: string[];
  /** A client of the emulator; `fetch` replaces the global one. */
  client(options?: { fetch?: typeof fetch; privateKey?: string }): GitHub;
  close(): Promise<void>;
}

/** The emulated GitHub with a receiver of its webhooks. */
export async function startGitHubFixture(
  seed: WorldSeed,
  {
    stateDir = null,
    faults = createFaults([]),
    ...options
  }: GitHubEmulatorOptions & { stateDir?: string | null; faults?: Faults } = {},
): Promise<GitHubFixture> {
  const webhooks: ReceivedWebhook[] = [];
  const logs: string[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    webhooks.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  const events = new EventEmitter<WorldEvents>();
  const timers = createTimers({ speed: 1000, onError: (error) => logs.push(String(error)) });
  const context: WorldContext = {
    config: testConfig,
    speed: 1000,
    stateDir,
    events,
    timers,
    faults,
    targets: { github: `http://127.0.0.1:${address.port}/webhooks/github`, quay: "", slack: "" },
    log: (_system, text) => logs.push(text),
  };
  const emulator = await startGitHub(context, seed, options);
  const client = ({ fetch, privateKey }: { fetch?: typeof globalThis.fetch; privateKey?: string } = {}) =>
    createGitHub({
      apiUrl: emulator.url,
      owner: testConfig.github.owner,
      appId: emulator.appId,
      privateKey: privateKey ?? emulator.privateKey,
      installationId: emulator.installationId,
      ...(fetch ? { fetch } : {}),
    });
  return {
    emulator,
    hub: client(),
    events,
    webhooks,
    logs,
    client,
    async close() {
      timers.close();
      await emulator.close();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    },
  };
}

/** A week in which only the given repositories have something to deploy: titles of commits, oldest first. */
export function weekOf(
  changed: Record<
    string,
    { ahead?: string[]; behind?: string[]; files?: Record<string, Record<string, string>> }
  >,
): WorldSeed {
  const repositories = testConfig.repositories.map(({ name }): SeedRepository => {
    const even = evenRepository(name, madeUpSha(name), "2026-11-16T12:00:00.000Z");
    const week = changed[name];
    if (!week) return even;
    const chain = (branch: string, titles: string[]) =>
      titles.map((message, index): SeedCommit => {
        const previous = index === 0 ? even.base.sha : madeUpSha(name, branch, String(index - 1));
        return {
          sha: madeUpSha(name, branch, String(index)),
          message,
          date: new Date(Date.UTC(2026, 10, 17) + index * 60_000).toISOString(),
          parents: [previous],
          author: "ada-packit",
          ...(week.files?.[message] ? { files: week.files[message] } : {}),
        };
      });
    const ahead = chain("main", week.ahead ?? []);
    const behind = chain("stable", week.behind ?? []);
    return {
      ...even,
      ahead,
      behind,
      main: ahead.at(-1)?.sha ?? even.base.sha,
      stable: behind.at(-1)?.sha ?? even.base.sha,
    };
  });
  return { repositories, notes: [] };
}
