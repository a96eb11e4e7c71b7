import { z } from "zod";
import type { Actions } from "./actions.ts";
import { type AppSettings, createAppApi } from "./app.ts";
import type { Answer, Backend, Identity } from "./backend.ts";
import { answerGraphql } from "./graphql.ts";
import type { PullPage } from "./pull-page.ts";
import type { Pulls } from "./pulls.ts";
import { changedWorkflow, type WorkflowsPermission, workflowRefusal } from "./refs.ts";
import type { Reviews } from "./reviews.ts";
import type { ProxyRequest, Reply } from "./server.ts";
import type { Validation } from "./validation.ts";

/** What stands between Stablehand and the emulator: it refuses what GitHub refuses, and adds what the emulator lacks. */
export interface ProxyOptions {
  backend: Backend;
  identity: Identity;
  /** Address of the proxy. */
  publicUrl: string;
  actions: Actions;
  pulls: Pulls;
  reviews: Reviews;
  page: PullPage;
  mainBranch: string;
  workflows: WorkflowsPermission;
  validation: Validation;
  settings: AppSettings;
  owner: string;
  /** Where our HTTP API takes webhooks. */
  target(): string;
  /** `owner/name`. */
  repositories: string[];
}

export function createProxy(options: ProxyOptions): (request: ProxyRequest) => Promise<Reply> {
  const { backend, actions, pulls, reviews, page, mainBranch, workflows, validation, publicUrl } = options;
  const tokens = new Map<string, number>();
  const app = createAppApi({
    ...options,
    pass,
    repositories: async () => await Promise.all(options.repositories.map(readRepository)),
    workflowsGranted: workflows.granted,
  });

  return async (request) => {
    const { method, url } = request;
    const shown = await page.answer(request);
    if (shown) return shown;
    const refused = refuse(request, tokens);
    if (refused) return refused;
    if (method === "POST" && url.pathname === "/graphql") {
      return await answerGraphql(request.text, { backend, workflows, pulls, mainBranch, publicUrl });
    }
    const own =
      (await app.answer(request)) ??
      (await actions.answer(request)) ??
      validation.answer(request) ??
      pullsOfCommit(request) ??
      (await reviews.answer(request));
    if (own) return own;
    if (method === "GET" || method === "HEAD") return pullByNumber(request, await pass(request));
    if (url.pathname.startsWith("/app/")) return rememberToken(await pass(request));
    return await backend.exclusively(() => write(request));
  };

  async function pass(request: ProxyRequest): Promise<Answer> {
    const { method, path, text } = request;
    return await backend.send({
      method,
      path,
      headers: pick(request.headers, ["authorization", "accept", "content-type"]),
      ...(text === "" ? {} : { body: text }),
    });
  }

  async function readRepository(name: string): Promise<Record<string, unknown>> {
    return (await backend.read(`/repos/${name}`)) as Record<string, unknown>;
  }

  async function write(request: ProxyRequest): Promise<Reply> {
    const body = withDates(request, options.identity);
    const refused = await refuseWorkflowChange(request, body);
    if (refused) return refused;
    const answer = await pass({ ...request, text: body === undefined ? request.text : JSON.stringify(body) });
    if (answer.status < 300) {
      const { method, path } = request;
      await backend.record({ method, path, body }, answer.text === "" ? null : JSON.parse(answer.text));
    }
    return toReply(answer);
  }

  async function refuseWorkflowChange({ method, url }: ProxyRequest, body: unknown): Promise<Reply | null> {
    const [, repository, ref] = /^\/repos\/([^/]+\/[^/]+)\/git\/(refs\/heads\/.+)$/.exec(url.pathname) ?? [];
    const move = refMove.safeParse(body);
    if (workflows.granted() || method !== "PATCH" || !repository || !ref || !move.success) return null;
    const now = backend.mirror.refs(repository).get(ref) ?? "";
    const commits = backend.mirror.between(repository, now, move.data.sha);
    const path = await changedWorkflow(backend, repository, commits);
    if (!path) return null;
    workflows.refused(repository);
    return { status: 403, body: { message: workflowRefusal(path) } };
  }

  function pullsOfCommit({ method, url }: ProxyRequest): Reply | null {
    const [, repository, sha] =
      /^\/repos\/([^/]+\/[^/]+)\/commits\/([0-9a-f]{40})\/pulls$/.exec(url.pathname) ?? [];
    if (method !== "GET" || !repository || !sha) return null;
    if (!backend.mirror.commit(repository, sha)) {
      return { status: 422, body: { message: `No commit found for SHA: ${sha}` } };
    }
    return { status: 200, body: pulls.ofCommit(repository, sha, mainBranch) };
  }

  function pullByNumber({ url }: ProxyRequest, answer: Answer): Reply {
    const [, repository, number] = /^\/repos\/([^/]+\/[^/]+)\/pulls\/(\d+)$/.exec(url.pathname) ?? [];
    const found =
      answer.status === 404 && repository ? pulls.byNumber(repository, Number(number), mainBranch) : null;
    return found ? { status: 200, body: found } : toReply(answer);
  }

  function rememberToken(answer: Answer): Reply {
    const issued = answer.status === 201 ? token.safeParse(JSON.parse(answer.text)) : null;
    if (issued?.success) tokens.set(issued.data.token, Date.parse(issued.data.expires_at));
    return toReply(answer);
  }

  /** The emulator takes any token for an administrator's; GitHub does not. */
  function refuse({ method, url, headers }: ProxyRequest, known: Map<string, number>): Reply | null {
    const given = headers.authorization?.replace(/^(bearer|token)\s+/i, "");
    if (given === undefined) {
      const reading = method === "GET" || method === "HEAD";
      return reading ? null : { status: 401, body: { message: "Requires authentication" } };
    }
    // The emulator itself verifies the App's tokens, which its installation's tokens are asked for with.
    if (/^\/app(\/|$)/.test(url.pathname)) return null;
    if ((known.get(given) ?? 0) > Date.now()) return null;
    return { status: 401, body: { message: "Bad credentials" } };
  }

  function toReply({ status, headers, text }: Answer): Reply {
    const kept = pick(Object.fromEntries(headers), [
      "content-type",
      "location",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
      "retry-after",
    ]);
    // Addresses of further pages are the emulator's own.
    const link = headers.get("link")?.replaceAll(backend.url, options.publicUrl);
    return {
      status,
      headers: { ...kept, ...(link ? { link } : {}) },
      ...(text === "" ? {} : { body: text }),
    };
  }
}

const token = z.object({ token: z.string(), expires_at: z.string() });
const refMove = z.object({ sha: z.string() });
const person = z.looseObject({
  name: z.string().optional(),
  email: z.string().optional(),
  date: z.string().optional(),
});
const commitBody = z.looseObject({ author: person.optional(), committer: person.optional() });

/**
 * A commit's sha holds who made it and when. Where the request leaves that to GitHub, it is put in here, so that the
 * same request gives the same sha when it is repeated after a restart.
 */
function withDates({ method, url, text }: ProxyRequest, { appId }: Identity): unknown {
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  const commits =
    (method === "POST" && /\/git\/commits$/.test(url.pathname)) ||
    (/^(PUT|DELETE)$/.test(method) && /^\/repos\/[^/]+\/[^/]+\/contents\//.test(url.pathname));
  const commit = commits ? commitBody.safeParse(body) : null;
  if (!commit?.success) return body;
  const bot = {
    name: "stablehand[bot]",
    email: `${appId}+stablehand[bot]@users.noreply.github.com`,
    date: new Date().toISOString(),
  };
  const author = { ...bot, ...commit.data.author };
  return { ...commit.data, author, committer: { ...author, ...commit.data.committer } };
}

function pick(headers: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
