import { stillOld, unfinished } from "../domain/rollout.ts";
import { config } from "../runtime/config.ts";
import { messageOf, RollbackFailed } from "../runtime/errors.ts";
import { step } from "../runtime/step.ts";
import { openshift } from "../services/openshift.ts";
import { packit } from "../services/packit.ts";
import { runs } from "../store/runs.ts";
import { branchesToReturn } from "./branches-to-return.ts";
import { rollbackInput } from "./open-rollback.ts";
import { productionStreams } from "./production-streams.ts";
import { recallPlan } from "./rollback-plan.ts";
import { wantedDigests } from "./rollout-watch.ts";
import { assertNotStopped } from "./run-context.ts";

/** The fact that production was seen to be back. */
export const verifiedKey = (number: number) => `rollback/${number}/verified`;

/**
 * Proves the rollback: the streams hold exactly the earlier digests, every pod runs them and is ready, every workload
 * has its pods, and the service says that it is well. It is not asked whether that is what Quay's tags and the stable
 * branches name: it cannot be.
 *
 * @returns `branches`: how many stable branches still point at what was taken back, and may be moved back.
 * @throws RollbackFailed with everything that is not so.
 */
export const handler = step("verify-return", rollbackInput, async ({ run, of, number }) => {
  await assertNotStopped(run);
  const problems = await problemsOf(run, of, number);
  if (problems.length > 0) {
    throw new RollbackFailed(`Production is not as it was before ${of}: ${problems.join("; ")}.`);
  }
  await runs().remember(run, verifiedKey(number), true);
  const branches = (await branchesToReturn(of)).filter((each) => each.mayReturn);
  return { branches: branches.length };
});

async function problemsOf(run: string, of: string, number: number): Promise<string[]> {
  const { streams } = await recallPlan(run, number);
  const [held, wanted, cluster] = await Promise.all([
    productionStreams(),
    wantedDigests(of),
    openshift("production"),
  ]);
  const moved = streams.filter(({ stream, to }) => held[stream] !== to);
  const [pods, workloads] = await Promise.all([cluster.pods(), cluster.workloads()]);
  return [
    ...moved.map(({ stream, to }) => `${stream} holds ${held[stream] ?? "nothing"} instead of ${to}`),
    ...stillOld(pods, wanted),
    ...unfinished(workloads, wanted),
    ...(await healthProblem()),
  ];
}

async function healthProblem(): Promise<string[]> {
  try {
    await packit("production").health();
    return [];
  } catch (thrown) {
    return [`${config().clusters.production.serviceUrl} does not say that it is well: ${messageOf(thrown)}`];
  }
}
