import { createServer } from "node:http";
import { createEmulator } from "emulate";
import { z } from "zod";
import type { Journal } from "../journal.ts";
import { appPermissions } from "./app.ts";
import { createMirror, type Mirror, mirroredCommit, type RefChange } from "./mirror.ts";

/** Of the App that Stablehand is; made once and kept. */
export interface Identity {
  appId: number;
  /** PEM. */
  privateKey: string;
  installationId: number;
  webhookSecret: string;
}

/** What lies in the journal: a request that changed something, in the order of the changes. */
export interface RequestEntry {
  kind: "request";
  method: string;
  path: string;
  body: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/**
 * The emulator of GitHub behind our proxy. Writes run one after the other, so that a check and the change that rests
 * on it are one; each successful one is put into the journal and learned by the mirror.
 */
export interface Backend {
  /** The emulator's own address. */
  url: string;
  mirror: Mirror;
  /** Is told which refs were moved by what ran in `exclusively`; never by what happens while starting. */
  onRefChanges: (changes: RefChange[]) => void;
  /** Passes a request on as it is. `write` says that it changes something. */
  send(request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
  }): Promise<Answer>;
  /** Reads as an administrator; null for 404. */
  read(path: string): Promise<unknown>;
  /** Changes something as an administrator; throws unless it succeeds. Only inside `exclusively`, or while starting. */
  change(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Puts a change that was sent on somebody's behalf into the journal, and tells the mirror. */
  record(request: { method: string; path: string; body: unknown }, answer: unknown): Promise<void>;
  /** Runs one work at a time; the refs that it moved are told afterwards. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Repeats what lies in the journal. */
  replay(entries: readonly RequestEntry[]): Promise<void>;
  close(): Promise<void>;
}

export interface BackendOptions {
  /** Address of the proxy, which stands in the answers. */
  publicUrl: string;
  identity: Identity;
  organisations: string[];
  /** `owner/name`. */
  repositories: string[];
  users: { login: string; name: string }[];
  defaultBranch: string;
  journal: Journal<unknown>;
}

/** The emulator allows 5,000 requests an hour and token. */
const requestsPerToken = 4000;
const tokenCount = 50;
const admin = "admin";

export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { journal } = options;
  const { url, close } = await startEmulator(options);
  const mirror = createMirror();
  let requests = 0;
  let last: Promise<unknown> = Promise.resolve();
  let moved: RefChange[] = [];

  async function send(request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
  }): Promise<Answer> {
    const response = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: "manual",
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function asAdmin(method: string, path: string, body?: unknown): Promise<Answer> {
    const token = adminToken(Math.floor(requests++ / requestsPerToken) % tokenCount);
    return await send({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function read(path: string): Promise<unknown> {
    const answer = await asAdmin("GET", path);
    if (answer.status === 404) return null;
    if (answer.status >= 300) throw new Error(`emulated GitHub: GET ${path} answered ${answer.status}`);
    return JSON.parse(answer.text);
  }

  async function change(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await asAdmin(method, path, body);
    if (answer.status >= 300) {
      throw new Error(
        `emulated GitHub: ${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 200)}`,
      );
    }
    const parsed = answer.text === "" ? null : JSON.parse(answer.text);
    await record({ method, path, body }, parsed);
    return parsed;
  }

  async function record(
    { method, path, body }: { method: string; path: string; body: unknown },
    answer: unknown,
    keep = true,
  ): Promise<void> {
    if (keep) journal.append({ kind: "request", method, path, body } satisfies RequestEntry);
    moved.push(...mirror.learn({ method, path, answer }));
    const [, repository] = /^\/repos\/([^/]+\/[^/]+)\/(contents|merges|pulls)\b/.exec(path) ?? [];
    if (repository) moved.push(...(await readRefs(repository)));
  }

  /** After a request that commits by itself: a merge, a file's contents. */
  async function readRefs(repository: string): Promise<RefChange[]> {
    const answer = refList.parse((await read(`/repos/${repository}/git/matching-refs/heads/`)) ?? []);
    const kept = [...mirror.refs(repository)].filter(([ref]) => !ref.startsWith("refs/heads/"));
    const refs = [
      ...answer.map(({ ref, object }) => ({ ref, sha: object.sha })),
      ...kept.map(([ref, sha]) => ({ ref, sha })),
    ];
    const open = refs.map((each) => each.sha);
    for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
      if (mirror.commit(repository, sha)) continue;
      const commit = mirroredCommit(await read(`/repos/${repository}/git/commits/${sha}`));
      mirror.addCommit(repository, commit);
      open.push(...commit.parents);
    }
    return mirror.setRefs(repository, refs);
  }

  async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(async () => {
      moved = [];
      try {
        return await work();
      } finally {
        const changes = moved;
        moved = [];
        if (changes.length > 0) backend.onRefChanges(changes);
      }
    });
    last = mine.catch(() => undefined);
    return await mine;
  }

  async function replay(entries: readonly RequestEntry[]): Promise<void> {
    for (const { method, path, body } of entries) {
      const answer = await asAdmin(method, path, body);
      if (answer.status >= 300) {
        throw new Error(
          `The kept state of the emulated GitHub does not fit (${method} ${path} answered ${answer.status}): start anew.`,
        );
      }
      await record({ method, path, body }, answer.text === "" ? null : JSON.parse(answer.text), false);
    }
    moved = [];
  }

  const backend: Backend = {
    url,
    mirror,
    onRefChanges: () => undefined,
    send,
    read,
    change,
    record,
    exclusively,
    replay,
    close,
  };
  return backend;
}

const refList = z.array(z.object({ ref: z.string(), object: z.object({ sha: z.string() }) }));

function adminToken(index: number): string {
  return `administrator-${index}`;
}

async function startEmulator(options: BackendOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { identity, organisations, repositories, users, defaultBranch, publicUrl } = options;
  const seed = {
    tokens: Object.fromEntries(
      Array.from({ length: tokenCount }, (_, index) => [
        adminToken(index),
        { login: admin, scopes: ["repo"] },
      ]),
    ),
    github: {
      users,
      orgs: organisations.map((login) => ({
        login,
        name: login,
        members: [{ login: admin, role: "admin" }],
      })),
      repos: repositories.map((repository) => {
        const [owner, name] = repository.split("/");
        return { owner, name, default_branch: defaultBranch, auto_init: false };
      }),
      apps: [
        {
          app_id: identity.appId,
          slug: "stablehand",
          name: "Stablehand",
          private_key: identity.privateKey,
          permissions: appPermissions,
          // The proxy sends all webhooks: the emulator's lack events, and their delivery ids are no GUIDs.
          events: [],
          installations: organisations.map((account, index) => ({
            installation_id: identity.installationId + index,
            account,
          })),
        },
      ],
    },
  };
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const emulator = await createEmulator({
        service: "github",
        port,
        hostname: "127.0.0.1",
        baseUrl: publicUrl,
        seed,
      });
      return { url: `http://127.0.0.1:${port}`, close: () => emulator.close() };
    } catch (error) {
      // Somebody else took the port meanwhile.
      if (attempt === 5) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
