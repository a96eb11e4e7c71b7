import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { GitHubWorld, WorldEvents } from "../../infra/local/world/context.ts";

export interface MemoryRun {
  id: number;
  repository: string;
  path: string;
  branch: string;
  sha: string;
  event: string;
  status: string;
  conclusion: string | null;
  endedAt: Date | null;
}

export interface MemoryGitHub extends GitHubWorld {
  runs: MemoryRun[];
  /** Moves a branch to a new commit and tells the world; returns the commit. */
  push(repository: string, branch: string, message: string): string;
  dispatch(repository: string, workflow: string, branch: string): number;
}

/** A sha that is the same for the same text. */
export function shaOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** GitHub's part of the world, without HTTP: for tests of those who work with it in process. */
export function memoryGitHub(
  events: EventEmitter<WorldEvents>,
  heads: Record<string, { main: string; stable: string }>,
): MemoryGitHub {
  const messages = new Map<string, string>();
  const runs: MemoryRun[] = [];
  const branches = new Map(
    Object.entries(heads).flatMap(([repository, { main, stable }]) => [
      [`${repository}/main`, main],
      [`${repository}/stable`, stable],
    ]),
  );
  const head = (repository: string, branch: string) => branches.get(`${repository}/${branch}`) ?? null;
  const add = (run: Omit<MemoryRun, "id">): number => {
    const id = 1000 + runs.length;
    runs.push({ id, ...run });
    return id;
  };
  const begin = (repository: string, path: string, branch: string, event: string, status: string) =>
    add({
      repository,
      path,
      branch,
      sha: head(repository, branch) ?? "",
      event,
      status,
      conclusion: null,
      endedAt: null,
    });
  const found = (repository: string, id: number) =>
    runs.find((run) => run.id === id && run.repository === repository) ?? null;

  return {
    url: "http://127.0.0.1:9",
    runs,
    head,
    message: (_repository, sha) => messages.get(sha) ?? null,
    filesBelow: async () => [],
    startRun: async ({ repository, workflow, branch, event }) =>
      begin(repository, workflow, branch, event, "in_progress"),
    async finishRun({ repository, runId, conclusion }) {
      const run = found(repository, runId);
      if (!run) throw new Error(`${repository} has no run ${runId}`);
      Object.assign(run, { status: "completed", conclusion, endedAt: new Date() });
    },
    recordRun: ({ workflow, startedAt: _startedAt, ...run }) =>
      add({ ...run, path: workflow, status: "completed" }),
    run: found,
    unfinishedRuns: () =>
      runs
        .filter((run) => run.status !== "completed")
        .map(({ repository, id }) => ({ repository, runId: id })),
    push(repository, branch, message) {
      const before = head(repository, branch) ?? "";
      const after = shaOf(`${before} ${message}`);
      messages.set(after, message);
      branches.set(`${repository}/${branch}`, after);
      events.emit("push", { repository, branch, before, after });
      return after;
    },
    dispatch(repository, workflow, branch) {
      const runId = begin(repository, workflow, branch, "workflow_dispatch", "queued");
      events.emit("workflowRequested", { repository, runId });
      return runId;
    },
  };
}
