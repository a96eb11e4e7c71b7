import { confirmBuild } from "../domain/build-evidence.ts";
import { config } from "../runtime/config.ts";
import { BadInput } from "../runtime/errors.ts";
import type { WorkflowRun } from "../services/github.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { recallBefore } from "./before-move.ts";
import { approvedRepository, buildConfig, stableAfter } from "./run-context.ts";

/** The build that a repository's move or rebuild started, and what tells it from others of the same commit. */
export interface ExpectedBuild {
  sha: string;
  branch: string;
  workflow: string;
  /** Newer than the move; with a run of its own (dispatched, taken over), that one or a newer one. */
  laterThan: { run: number; attempt: number };
}

export async function expectedBuild(run: string, repository: string): Promise<ExpectedBuild> {
  const sha = stableAfter(await approvedRepository(run, repository));
  const branch = config().github.stableBranch;
  const { workflow } = buildConfig(repository);
  const { dispatchedRun, dispatchedAfter = 0 } = (await runs().repository(run, repository)) ?? {};
  if (dispatchedRun !== undefined) {
    return { sha, branch, workflow, laterThan: { run: dispatchedRun, attempt: dispatchedAfter } };
  }

  const before = await recallBefore(run, repository);
  if (!before) throw new BadInput(`${repository} was neither moved nor rebuilt by ${run}.`);
  // No attempt of an older run counts: it began before the move, whoever ran it again.
  return { sha, branch, workflow, laterThan: { run: before.workflowRun, attempt: Number.MAX_SAFE_INTEGER } };
}

/** Asks GitHub for that build; the newest one that counts, or null while there is none. */
export async function findBuild(repository: string, expected: ExpectedBuild): Promise<WorkflowRun | null> {
  const { laterThan, workflow, branch, sha } = expected;
  const all = await (await github()).workflowRuns(repository, workflow, { branch, sha });
  return all.find((each) => confirmBuild(each, { branch, sha, after: { laterThan } }) !== "other") ?? null;
}
