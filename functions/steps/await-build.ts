import { githubRunKey, stopKey } from "../domain/keys.ts";
import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { BuildNotStarted, DeadlinePassed } from "../runtime/errors.ts";
import { step, waitingRepositoryInput } from "../runtime/step.ts";
import type { WorkflowRun } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { type ExpectedBuild, expectedBuild, findBuild } from "./build-wait.ts";
import { tellWhenLate } from "./late.ts";
import { thenShow } from "./live-message.ts";
import { assertNotStopped, minutesAfter, now } from "./run-context.ts";

/**
 * Waits for the end of the build that the move (or the dispatch) started, good or bad: GitHub's `workflow_run` webhook
 * says so. Each entry of the state asks GitHub once, in case the webhook was lost.
 * @throws BuildNotStarted after `limits.buildStartMinutes` without a run, DeadlinePassed after `limits.buildMinutes`.
 */
const work = step("await-build", waitingRepositoryInput, async ({ run, repository, taskToken }) => {
  await assertNotStopped(run);
  const { github: settings, limits } = config();
  const expected = await expectedBuild(run, repository);
  const key = githubRunKey({
    owner: settings.owner,
    repository,
    branch: expected.branch,
    workflow: expected.workflow,
    sha: expected.sha,
  });
  const waitId = `${run}/AwaitBuild/${repository}`;
  const wait = await waits().register({
    id: waitId,
    run,
    keys: [key, stopKey(run)],
    after: { laterThan: expected.laterThan },
    token: taskToken,
    deadline: minutesAfter(now(), limits.buildMinutes),
  });
  if (wait.status === "resumed") return {};

  const build = await findBuild(repository, expected);
  if (build?.status === "completed") {
    await waits().signal({
      key,
      id: `run/${build.id}/${build.attempt}`,
      origin: "recheck",
      body: { runId: build.id, attempt: build.attempt, conclusion: build.conclusion },
    });
    return {};
  }
  const problem = overdue(repository, { build, expected, deadline: wait.deadline });
  if (problem) {
    await waits().giveUp(waitId, taskToken);
    throw problem;
  }
  await runs().saveRepository(run, repository, {
    stage: "building",
    note: build ? null : `the workflow run of ${expected.sha.slice(0, 7)}`,
    ...(build && { buildRun: { id: build.id, attempt: build.attempt, url: build.url, conclusion: null } }),
  });
  await tellWhenLate(run, `the build of ${repository}`);
  return {};
});

export const handler = thenShow(work);

function overdue(
  repository: string,
  {
    build,
    expected,
    deadline,
  }: { build: WorkflowRun | null; expected: ExpectedBuild; deadline: string | null },
): BuildNotStarted | DeadlinePassed | null {
  const { buildMinutes, buildStartMinutes } = config().limits;
  if (!deadline) return null;
  const sha = expected.sha.slice(0, 7);
  if (now() > deadline) {
    return new DeadlinePassed(
      `${repository}: no finished build of ${sha} after ${durationOf(buildMinutes)}` +
        (build ? `; ${build.url} is ${build.status}.` : `; ${expected.workflow} never started.`),
    );
  }
  if (build || now() <= minutesAfter(deadline, buildStartMinutes - buildMinutes)) return null;
  return new BuildNotStarted(
    `${repository}: ${expected.workflow} has not started for ${sha} within ${durationOf(buildStartMinutes)}. ` +
      "GitHub may be late, or the commit's message says [skip ci], or the workflow does not run on this branch.",
  );
}
