import { dependenciesKey, stopKey } from "../domain/keys.ts";
import { rpmState } from "../domain/rpm-evidence.ts";
import { durationOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";
import { DeadlinePassed, RpmFailed } from "../runtime/errors.ts";
import { step, waitingRepositoryInput } from "../runtime/step.ts";
import { copr } from "../services/copr.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { thenShow } from "./live-message.ts";
import {
  approvedPlan,
  assertNotStopped,
  minutesAfter,
  now,
  repositoryConfig,
  stableAfter,
} from "./run-context.ts";

/**
 * Waits until the RPMs that a repository's images install are built from the commits that were approved: the newest
 * succeeded build of each must carry the 7 characters of that repository's stable commit in its version. Copr sends
 * nothing, so each entry of the state asks it.
 *
 * @throws RpmFailed when the newest build is of that commit and failed, once for each such build; DeadlinePassed after
 * `limits.rpmMinutes`. The RPMs are built by production itself, which may be broken.
 */
const awaitDependencies = step(
  "await-dependencies",
  waitingRepositoryInput,
  async ({ run, repository, taskToken }) => {
    await assertNotStopped(run);
    const rpms = await neededRpms(run, repository);
    if (rpms.length === 0) {
      await stepFunctions().succeed(taskToken, {});
      return {};
    }
    const key = dependenciesKey(run, repository);
    const waitId = `${run}/AwaitDependencies/${repository}`;
    const wait = await waits().register({
      id: waitId,
      run,
      keys: [key, stopKey(run)],
      after: {},
      token: taskToken,
      deadline: minutesAfter(now(), config().limits.rpmMinutes),
    });
    if (wait.status === "resumed") return {};

    const { missing, failed, askedAbout } = await lookAtCopr(run, repository, rpms);
    if (missing.length === 0) {
      await waits().signal({ key, id: `built/${now()}`, origin: "recheck", body: {} });
      return {};
    }
    const names = missing.map(({ rpm }) => nameOf(rpm)).join(", ");
    const help = "Production itself builds these RPMs: check that it works, or build them by hand";
    if (failed.length > 0) {
      await waits().giveUp(waitId, taskToken);
      // Only what has failed since is worth another question.
      await runs().saveRepository(run, repository, {
        failedRpms: {
          ...askedAbout,
          ...Object.fromEntries(failed.map(({ rpm, build }) => [rpm.package, build.id])),
        },
      });
      const which = failed
        .map(({ rpm, build }) => `${nameOf(rpm)} (${build.state}: ${build.url})`)
        .join(", ");
      throw new RpmFailed(`Copr could not build ${which}. ${help}, and try again.`);
    }
    if (wait.deadline && now() > wait.deadline) {
      await waits().giveUp(waitId, taskToken);
      throw new DeadlinePassed(
        `Copr has no build of ${names} after ${durationOf(config().limits.rpmMinutes)}. ${help}, and try again.`,
      );
    }
    await runs().saveRepository(run, repository, { stage: "waiting", note: `RPM of ${names}` });
    return {};
  },
);

export const handler = thenShow(awaitDependencies, "Promote");

interface Rpm {
  package: string;
  sha: string;
}

/** A repository outside the plan (retired) has no commit that was approved, so nothing waits for it. */
async function neededRpms(run: string, repository: string): Promise<Rpm[]> {
  const plan = await approvedPlan(run);
  const leftOut = new Set(
    (await runs().repositories(run))
      .filter((each) => each.stage === "leftOut")
      .map((each) => each.repository),
  );
  return repositoryConfig(repository).waitsFor.flatMap((wait) => {
    const rpm = wait.until === "rpm" ? repositoryConfig(wait.repository).rpm : null;
    const planned = plan.repositories.find((each) => each.name === wait.repository);
    if (!rpm || !planned) return [];
    const sha = leftOut.has(planned.name) ? planned.from : stableAfter(planned);
    return [{ package: rpm, sha }];
  });
}

async function lookAtCopr(run: string, repository: string, rpms: Rpm[]) {
  const client = await copr();
  const [record, progress] = await Promise.all([runs().get(run), runs().repository(run, repository)]);
  const askedAbout = progress?.failedRpms ?? {};
  const looked = await Promise.all(
    rpms.map(async (rpm) => {
      const builds = await client.newestBuilds(rpm.package);
      const state = rpmState(builds, {
        sha: rpm.sha,
        since: record?.openedAt ?? now(),
        askedAbout: askedAbout[rpm.package] ?? 0,
      });
      return { rpm, state, build: builds.latest };
    }),
  );
  return {
    askedAbout,
    missing: looked.filter((each) => each.state !== "built"),
    failed: looked.flatMap(({ rpm, state, build }) => (state === "failed" && build ? [{ rpm, build }] : [])),
  };
}

function nameOf({ package: name, sha }: Rpm): string {
  return `${name} at ${sha.slice(0, 7)}`;
}
