import { parse } from "yaml";
import { z } from "zod";
import type { Backend } from "./backend.ts";
import { workflowFiles } from "./refs.ts";
import {
  formatRun,
  formatWorkflow,
  newRun,
  type RunFormat,
  type RunRecord,
  type RunStore,
  runPage,
  workflowId,
  workflowName,
} from "./runs.ts";
import type { ProxyRequest, Reply } from "./server.ts";

/** The API of workflows and their runs, which the emulator lacks. */
export interface Actions {
  /** Null: no request of this API. */
  answer(request: ProxyRequest): Promise<Reply | null>;
}

export interface ActionsOptions {
  backend: Backend;
  runs: RunStore;
  format: RunFormat;
  mainBranch: string;
  /** Whether somebody switched the workflows of a repository off. */
  isDisabled(repository: string): boolean;
  /** A run begins, for the first time or again: its failed jobs alone, or all. */
  begin(run: RunRecord, again?: "failed" | "all"): void;
}

const dispatchBody = z.object({
  ref: z.string().min(1),
  inputs: z.record(z.string(), z.unknown()).nullish(),
  return_run_details: z.boolean().nullish(),
});

const notFound: Reply = { status: 404, body: { message: "Not Found" } };

export function createActions({
  backend,
  runs,
  format,
  mainBranch,
  isDisabled,
  begin,
}: ActionsOptions): Actions {
  const { owner, publicUrl } = format;

  async function answer(request: ProxyRequest): Promise<Reply | null> {
    const [, inOwner, repository, rest] =
      /^\/repos\/([^/]+)\/([^/]+)\/actions\/(runs|workflows)(?=\/|$)/.exec(request.url.pathname) ?? [];
    if (!repository || inOwner !== owner) return null;
    if ((await format.repository(repository)) === null) return notFound;
    const parts = request.url.pathname.split("/").slice(5);
    const [id, verb] = parts.slice(1).map(decodeURIComponent);
    return rest === "runs"
      ? await answerRuns(request, repository, id, verb)
      : await answerWorkflows(request, repository, id, verb);
  }

  async function answerRuns(request: ProxyRequest, repository: string, id?: string, verb?: string) {
    if (id === undefined) return await list(request, repository);
    const run = runs.get(repository, Number(id));
    if (!run) return notFound;
    if (request.method === "GET" && verb === undefined) {
      return { status: 200, body: await formatRun(format, run) };
    }
    if (request.method === "POST" && (verb === "rerun" || verb === "rerun-failed-jobs")) {
      return rerun(run, verb === "rerun" ? "all" : "failed");
    }
    return null;
  }

  function rerun(run: RunRecord, again: "failed" | "all"): Reply {
    if (run.status !== "completed") {
      return { status: 403, body: { message: "This workflow run cannot be retried: it is not completed" } };
    }
    const now = new Date().toISOString();
    const change = { status: "queued", conclusion: null, startedAt: now, updatedAt: now } as const;
    begin(runs.update(run.repository, run.id, { ...change, attempt: run.attempt + 1 }), again);
    return { status: 201, body: {} };
  }

  async function answerWorkflows(request: ProxyRequest, repository: string, id?: string, verb?: string) {
    const paths = await workflowPaths(repository);
    if (id === undefined) {
      const workflows = paths.map((path) => formatWorkflow(format, repository, path));
      return { status: 200, body: { total_count: workflows.length, workflows } };
    }
    const path = paths.find(
      (each) => workflowName(each) === id || String(workflowId(repository, each)) === id,
    );
    if (!path) return notFound;
    if (request.method === "GET" && verb === undefined) {
      const state = isDisabled(repository) ? "disabled_manually" : "active";
      return { status: 200, body: { ...formatWorkflow(format, repository, path), state } };
    }
    if (request.method === "GET" && verb === "runs") return await list(request, repository, path);
    if (request.method === "POST" && verb === "dispatches") return await dispatch(request, repository, path);
    return null;
  }

  /** GitHub knows the workflows of the main branch, and those that ran. */
  async function workflowPaths(repository: string): Promise<string[]> {
    const head = backend.mirror.refs(`${owner}/${repository}`).get(`refs/heads/${mainBranch}`);
    const tree = head ? backend.mirror.commit(`${owner}/${repository}`, head)?.tree : undefined;
    const files = tree ? await workflowFiles(backend, `${owner}/${repository}`, tree) : new Map();
    return [...new Set([...files.keys(), ...runs.list({ repository }).map((run) => run.path)])].sort();
  }

  async function list({ url }: ProxyRequest, repository: string, path?: string): Promise<Reply> {
    const query = url.searchParams;
    const found = runs.list({
      repository,
      path,
      branch: query.get("branch"),
      sha: query.get("head_sha"),
      event: query.get("event"),
      status: query.get("status"),
    });
    const size = Math.min(100, Math.max(1, Number(query.get("per_page")) || 30));
    const page = Math.max(1, Number(query.get("page")) || 1);
    const shown = found.slice((page - 1) * size, page * size);
    const workflow_runs = await Promise.all(shown.map((run) => formatRun(format, run)));
    return { status: 200, body: { total_count: found.length, workflow_runs } };
  }

  async function dispatch(request: ProxyRequest, repository: string, path: string): Promise<Reply> {
    const body = dispatchBody.safeParse(JSON.parse(request.text || "{}"));
    if (!body.success)
      return { status: 422, body: { message: `Invalid request: ${z.prettifyError(body.error)}` } };
    const branch = body.data.ref.replace(/^refs\/heads\//, "");
    const sha = backend.mirror.refs(`${owner}/${repository}`).get(`refs/heads/${branch}`);
    if (!sha) return { status: 422, body: { message: `No ref found for: ${body.data.ref}` } };
    const triggers = await triggersOf(repository, path, sha);
    if (!triggers) return notFound;
    if (!triggers.includes("workflow_dispatch")) {
      return { status: 422, body: { message: "Workflow does not have 'workflow_dispatch' trigger" } };
    }
    const run = runs.add(newRun({ repository, path, branch, sha, event: "workflow_dispatch" }));
    begin(run);
    if (!body.data.return_run_details) return { status: 204 };
    return {
      status: 200,
      body: {
        workflow_run_id: run.id,
        run_url: `${publicUrl}/repos/${owner}/${repository}/actions/runs/${run.id}`,
        html_url: runPage(publicUrl, owner, run),
      },
    };
  }

  /** What starts a workflow, as its file at a commit says; null when the commit has no such file. */
  async function triggersOf(repository: string, path: string, sha: string): Promise<string[] | null> {
    const file = fileContent.safeParse(
      await backend.read(`/repos/${owner}/${repository}/contents/${path}?ref=${sha}`),
    );
    if (!file.success) return null;
    const workflow: unknown = parse(Buffer.from(file.data.content, "base64").toString("utf8"));
    const on = typeof workflow === "object" && workflow !== null && "on" in workflow ? workflow.on : null;
    if (typeof on === "string") return [on];
    if (Array.isArray(on)) return on.map(String);
    return typeof on === "object" && on !== null ? Object.keys(on) : [];
  }

  return { answer };
}

const fileContent = z.object({ content: z.string() });
