import { madeUpSha, titleOf } from "../seed.ts";
import type { Identity } from "./backend.ts";
import type { MirroredCommit } from "./mirror.ts";
import { appUser, nodeId } from "./webhooks.ts";

/** A workflow run as it is kept. */
export interface RunRecord {
  id: number;
  /** Short name. */
  repository: string;
  /** Path of the workflow. */
  path: string;
  branch: string;
  sha: string;
  event: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  /** Counts the runs of one workflow. */
  number: number;
  attempt: number;
  /** ISO 8601. */
  createdAt: string;
  startedAt: string;
  updatedAt: string;
}

export interface RunFilter {
  repository: string;
  path?: string;
  branch?: string | null;
  sha?: string | null;
  event?: string | null;
  /** GitHub matches it with the status or the conclusion. */
  status?: string | null;
}

export interface RunStore {
  add(run: Omit<RunRecord, "id" | "number" | "attempt">): RunRecord;
  /** Changes a run; throws when there is none. */
  update(repository: string, id: number, change: Partial<RunRecord>): RunRecord;
  get(repository: string, id: number): RunRecord | null;
  /** Newest first. */
  list(filter: RunFilter): RunRecord[];
  unfinished(): RunRecord[];
}

/** GitHub's ids are of this size. */
const firstId = 18_000_000_000;

/** @param kept those of an earlier life; later states of the same run come later. */
export function createRunStore(kept: readonly RunRecord[], keep: (run: RunRecord) => void): RunStore {
  const runs = new Map(kept.map((run) => [run.id, run]));
  let lastId = Math.max(firstId, ...runs.keys());

  const list = ({ repository, path, branch, sha, event, status }: RunFilter) =>
    [...runs.values()]
      .filter(
        (run) =>
          run.repository === repository &&
          (!path || run.path === path) &&
          (!branch || run.branch === branch) &&
          (!sha || run.sha === sha) &&
          (!event || run.event === event) &&
          (!status || run.status === status || run.conclusion === status),
      )
      .sort((left, right) => right.id - left.id);

  const put = (run: RunRecord) => {
    runs.set(run.id, run);
    keep(run);
    return run;
  };
  const get = (repository: string, id: number) => {
    const run = runs.get(id);
    return run?.repository === repository ? run : null;
  };

  return {
    add(run) {
      lastId += 1;
      const number = list({ repository: run.repository, path: run.path }).length + 1;
      return put({ ...run, id: lastId, number, attempt: 1 });
    },
    update(repository, id, change) {
      const run = get(repository, id);
      if (!run) throw new Error(`the emulated GitHub has no workflow run ${id} in ${repository}`);
      return put({ ...run, ...change });
    },
    get,
    list,
    unfinished: () => [...runs.values()].filter((run) => run.status !== "completed"),
  };
}

/** A run that waits for a machine. */
export function newRun(
  run: Pick<RunRecord, "repository" | "path" | "branch" | "sha" | "event">,
  at: Date = new Date(),
): Omit<RunRecord, "id" | "number" | "attempt"> {
  const time = at.toISOString();
  return { ...run, status: "queued", conclusion: null, createdAt: time, startedAt: time, updatedAt: time };
}

/** Addresses and names that stand in what the API says of a run. */
export interface RunFormat {
  publicUrl: string;
  owner: string;
  identity: Identity;
  commit(repository: string, sha: string): MirroredCommit | null;
  /** What the API says of a repository. */
  repository(repository: string): Promise<unknown>;
}

export function workflowId(repository: string, path: string): number {
  return Number.parseInt(madeUpSha(repository, path).slice(0, 7), 16);
}

export function workflowName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function formatWorkflow({ publicUrl, owner }: RunFormat, repository: string, path: string) {
  const id = workflowId(repository, path);
  const url = `${publicUrl}/repos/${owner}/${repository}`;
  const web = `${publicUrl}/${owner}/${repository}`;
  return {
    id,
    node_id: nodeId("Workflow", id),
    name: "Rebuild & push images",
    path,
    state: "active",
    created_at: "2024-01-01T00:00:00Z",
    updated_at: "2024-01-01T00:00:00Z",
    url: `${url}/actions/workflows/${id}`,
    html_url: `${web}/blob/main/${path}`,
    badge_url: `${web}/actions/workflows/${workflowName(path)}/badge.svg`,
  };
}

export async function formatRun(format: RunFormat, run: RunRecord): Promise<Record<string, unknown>> {
  const { publicUrl, owner, identity } = format;
  const repository = await format.repository(run.repository);
  const url = `${publicUrl}/repos/${owner}/${run.repository}/actions/runs/${run.id}`;
  const workflow = formatWorkflow(format, run.repository, run.path);
  const commit = format.commit(run.repository, run.sha);
  const actor = appUser(identity);
  return {
    id: run.id,
    name: workflow.name,
    node_id: nodeId("WorkflowRun", run.id),
    check_suite_id: run.id + 1,
    check_suite_node_id: nodeId("CheckSuite", run.id + 1),
    check_suite_url: `${publicUrl}/repos/${owner}/${run.repository}/check-suites/${run.id + 1}`,
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.path,
    display_title: commit ? titleOf(commit.message) : workflow.name,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflow.id,
    workflow_url: workflow.url,
    url,
    html_url: runPage(publicUrl, owner, run),
    pull_requests: [],
    created_at: run.createdAt,
    run_started_at: run.startedAt,
    updated_at: run.updatedAt,
    actor,
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    referenced_workflows: [],
    head_commit: commit && {
      id: commit.sha,
      tree_id: commit.tree,
      message: commit.message,
      timestamp: commit.author.date,
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.author.name, email: commit.author.email },
    },
    repository,
    head_repository: repository,
  };
}

export function runPage(publicUrl: string, owner: string, run: { repository: string; id: number }): string {
  return `${publicUrl}/${owner}/${run.repository}/actions/runs/${run.id}`;
}
