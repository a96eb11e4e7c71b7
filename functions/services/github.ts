import { config } from "../runtime/config.ts";
import { NotFound, RequestRefused } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { createClient, type GitHubClient, type GitHubOptions } from "./github-client.ts";
import { type ChangedFile, type Comparison, commitFiles, compare, type GitCommit } from "./github-compare.ts";
import { type BranchMove, branchHead, keepRef, moveBranch } from "./github-refs.ts";
import { commitSubmodules, type Submodule, type SubmoduleCommit, submodules } from "./github-submodules.ts";

export type { BranchMove, ChangedFile, Comparison, GitCommit, GitHubOptions, Submodule, SubmoduleCommit };

export interface WorkflowRun {
  id: number;
  /** Counts up when a person runs it again. */
  attempt: number;
  /** `queued`, `in_progress`, `completed`, … */
  status: string;
  /** `success`, `failure`, `cancelled`, …; null until it is completed. */
  conclusion: string | null;
  branch: string;
  sha: string;
  /** Of the workflow: `.github/workflows/build-and-push.yml`. */
  path: string;
  /** What began it: `push`, `workflow_dispatch`, `schedule`, … */
  event: string;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
  url: string;
}

export interface Issue {
  number: number;
  url: string;
  /** Logins. */
  assignees: string[];
  body: string;
}

/**
 * GitHub as the App's installation sees it. `repo` is a short name in the organisation of the configuration.
 * Every method throws ServiceUnavailable, RateLimited, PermissionDenied, NotFound or RequestRefused.
 */
export interface GitHub {
  /** Null: there is no such branch. */
  branchHead(repo: string, branch: string): Promise<string | null>;
  /** `base` and `head` are branches or shas. */
  compare(repo: string, base: string, head: string): Promise<Comparison>;
  /** What a commit changes against its first parent. */
  commitFiles(repo: string, sha: string): Promise<{ path: string; patch?: string }[]>;
  /**
   * Moves a branch by compare-and-swap; fine when it is at `to` already.
   * @throws StableMoved it is elsewhere; NotFastForward without `force`; PermissionDenied says which right is missing.
   */
  moveBranch(repo: string, move: BranchMove): Promise<void>;
  /**
   * Creates a ref (`refs/stablehand/…`) that keeps a commit reachable; fine when it is there already.
   * @throws RequestRefused when it holds another commit.
   */
  keepRef(repo: string, ref: string, sha: string): Promise<void>;
  /** The run of a workflow on a branch with the highest id; null: there was none. `workflow` is the file's path. */
  newestWorkflowRun(repo: string, workflow: string, branch: string): Promise<WorkflowRun | null>;
  /** Newest first, 100 at most. */
  workflowRuns(
    repo: string,
    workflow: string,
    filter: { branch: string; sha?: string; event?: string },
  ): Promise<WorkflowRun[]>;
  workflowRun(repo: string, id: number): Promise<WorkflowRun | null>;
  /** Starts a workflow; returns the id of its run. Not idempotent: look for an earlier one first. */
  dispatchWorkflow(repo: string, workflow: string, branch: string): Promise<number>;
  /** Runs the failed jobs of a completed run again: its next attempt. Look at the attempt first: twice is refused. */
  rerunFailedJobs(repo: string, id: number): Promise<void>;
  /** The newest issue with exactly this title: an open one if there is any, else a closed one. */
  newestIssue(search: { repository: string; label: string; title: string }): Promise<Issue | null>;
  /** Head commit and tree of a branch, and where its git submodules point. */
  submodules(repo: string, branch: string): Promise<{ commit: string; tree: string; modules: Submodule[] }>;
  /**
   * Makes one commit that points submodules elsewhere, and moves the branch there. Returns its sha, or `parent`
   * without a commit when they point there already.
   * @throws NotFastForward when the branch moved meanwhile: read it again.
   */
  commitSubmodules(repo: string, branch: string, commit: SubmoduleCommit): Promise<string>;
}

export function createGitHub({ appId, privateKey, installationId, ...options }: GitHubOptions): GitHub {
  const client = createClient({ ...options, credentials: { appId, privateKey, installationId } });
  return {
    branchHead: (repo, branch) => branchHead(client, repo, branch),
    compare: (repo, base, head) => compare(client, repo, base, head),
    commitFiles: (repo, sha) => commitFiles(client, repo, sha),
    moveBranch: (repo, move) => moveBranch(client, repo, move),
    keepRef: (repo, ref, sha) => keepRef(client, repo, ref, sha),
    newestWorkflowRun: async (repo, workflow, branch) =>
      (await workflowRuns(client, repo, workflow, { branch }))[0] ?? null,
    workflowRuns: (repo, workflow, filter) => workflowRuns(client, repo, workflow, filter),
    workflowRun: (repo, id) => workflowRun(client, repo, id),
    dispatchWorkflow: (repo, workflow, branch) => dispatchWorkflow(client, repo, workflow, branch),
    rerunFailedJobs: (repo, id) => rerunFailedJobs(client, repo, id),
    newestIssue: (search) => newestIssue(client, search),
    submodules: (repo, branch) => submodules(client, repo, branch),
    commitSubmodules: (repo, branch, commit) => commitSubmodules(client, repo, branch, commit),
  };
}

/** The App of the configuration, with its key from the secret `github`. */
export const github = lazy(async (): Promise<GitHub> => createGitHub(await appOptions()));

/** The same as a client for what the other modules of GitHub do: pull requests, issues, what was merged. */
export const githubClient = lazy(async (): Promise<GitHubClient> => {
  const { appId, privateKey, installationId, ...options } = await appOptions();
  return createClient({ ...options, credentials: { appId, privateKey, installationId } });
});

async function appOptions(): Promise<GitHubOptions> {
  const { appId, privateKey, installationId } = await secret("github");
  const { apiUrl, owner } = config().github;
  return { apiUrl, owner, appId, privateKey, installationId };
}

interface ApiRun {
  id: number;
  run_attempt?: number;
  status: string | null;
  conclusion: string | null;
  head_branch: string | null;
  head_sha: string;
  path: string;
  event: string;
  created_at: string;
  updated_at: string;
  html_url: string;
}

async function workflowRuns(
  { octokit, owner, call }: GitHubClient,
  repo: string,
  workflow: string,
  { branch, sha, event }: { branch: string; sha?: string; event?: string },
): Promise<WorkflowRun[]> {
  const { data } = await call(`the runs of ${workflow} in ${owner}/${repo}`, () =>
    octokit.rest.actions.listWorkflowRuns({
      owner,
      repo,
      workflow_id: fileName(workflow),
      branch,
      per_page: 100,
      ...(sha ? { head_sha: sha } : {}),
      ...(event ? { event } : {}),
    }),
  );
  return data.workflow_runs.map(toRun).sort((left, right) => right.id - left.id);
}

async function workflowRun({ octokit, owner, callOrNull }: GitHubClient, repo: string, id: number) {
  const answer = await callOrNull(`workflow run ${id} of ${owner}/${repo}`, () =>
    octokit.rest.actions.getWorkflowRun({ owner, repo, run_id: id }),
  );
  return answer ? toRun(answer.data) : null;
}

async function dispatchWorkflow(
  { octokit, owner, call }: GitHubClient,
  repo: string,
  workflow: string,
  branch: string,
): Promise<number> {
  const what = `${workflow} on ${branch} of ${owner}/${repo}`;
  const answer: { data: unknown } = await call(what, () =>
    octokit.request("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
      owner,
      repo,
      workflow_id: fileName(workflow),
      ref: branch,
      return_run_details: true,
    }),
  );
  const details = answer.data;
  if (typeof details === "object" && details !== null && "workflow_run_id" in details) {
    const id = Number(details.workflow_run_id);
    if (Number.isSafeInteger(id)) return id;
  }
  throw new RequestRefused(
    `GitHub started ${what} but did not tell the run's id: it needs to know return_run_details.`,
  );
}

async function rerunFailedJobs(
  { octokit, owner, call }: GitHubClient,
  repo: string,
  id: number,
): Promise<void> {
  await call(`the failed jobs of run ${id} of ${owner}/${repo}`, () =>
    octokit.rest.actions.reRunWorkflowFailedJobs({ owner, repo, run_id: id }),
  );
}

async function newestIssue(
  { octokit, call }: GitHubClient,
  { repository, label, title }: { repository: string; label: string; title: string },
): Promise<Issue | null> {
  const [owner, repo] = repository.split("/");
  if (!owner || !repo) throw new NotFound(`${repository} is no repository: it must be owner/name.`);
  for (const state of ["open", "closed"] as const) {
    const { data } = await call(`the issues of ${repository}`, () =>
      octokit.rest.issues.listForRepo({
        owner,
        repo,
        labels: label,
        state,
        sort: "created",
        direction: "desc",
        per_page: 100,
      }),
    );
    const found = data.find((issue) => !issue.pull_request && issue.title.trim() === title.trim());
    if (found) {
      return {
        number: found.number,
        url: found.html_url,
        assignees: (found.assignees ?? []).map((person) => person.login),
        body: found.body ?? "",
      };
    }
  }
  return null;
}

/** The API finds a workflow by its file name, not by its path. */
function fileName(workflow: string): string {
  return workflow.slice(workflow.lastIndexOf("/") + 1);
}

function toRun(run: ApiRun): WorkflowRun {
  return {
    id: run.id,
    attempt: run.run_attempt ?? 1,
    status: run.status ?? "queued",
    conclusion: run.conclusion,
    branch: run.head_branch ?? "",
    sha: run.head_sha,
    // Some runs carry the ref too: `.github/workflows/build.yml@main`.
    path: run.path.replace(/@.*$/, ""),
    event: run.event,
    createdAt: run.created_at,
    updatedAt: run.updated_at,
    url: run.html_url,
  };
}
