import { firstMove } from "../control.ts";
import { config } from "../runtime/config.ts";
import { github } from "../services/github.ts";
import { quay } from "../services/quay.ts";
import { runs } from "../store/runs.ts";
import { assertMayChange, buildConfig, now, repositoryConfig } from "./run-context.ts";

/** What stood before a repository was moved or rebuilt: it tells its new build and images from older ones. */
export interface BeforeMove {
  /** ISO 8601, our clock. */
  at: string;
  /** Id of the newest workflow run of the stable branch; 0: there was none. */
  workflowRun: number;
  /** Image → what the production tag named at Quay. */
  tags: Record<string, { digest: string; startedAt: string } | null>;
}

/**
 * Writes down that the run begins to move, and only then looks whether it may: a veto is written first and looks for
 * this afterwards, so one of the two sees the other.
 * @throws RunSuperseded, RunStopped, RunPaused
 */
export async function noteFirstMove(run: string): Promise<void> {
  await runs().remember(run, firstMove, now());
  await assertMayChange(run);
}

const key = (repository: string) => `before/${repository}`;

/**
 * Looks once, durably: a step that runs again gets what it saw the first time, since by then its own move may have
 * started a build. `first` is false from the second time on.
 *
 * @param found what stood before, where that is not what stands now.
 */
export async function rememberBefore(
  run: string,
  repository: string,
  found: () => Promise<BeforeMove> = () => look(repository),
): Promise<{ first: boolean; value: BeforeMove }> {
  const known = await recallBefore(run, repository);
  if (known) return { first: false, value: known };
  return await runs().remember(run, key(repository), await found());
}

export async function recallBefore(run: string, repository: string): Promise<BeforeMove | null> {
  return await runs().recall<BeforeMove>(run, key(repository));
}

async function look(repository: string): Promise<BeforeMove> {
  const before: BeforeMove = { at: now(), workflowRun: 0, tags: {} };
  if (!repositoryConfig(repository).build) return before;
  const { workflow, images } = buildConfig(repository);
  const { github: settings, clusters } = config();
  const newest = await (await github()).newestWorkflowRun(repository, workflow, settings.stableBranch);
  before.workflowRun = newest?.id ?? 0;
  const registry = await quay();
  for (const image of images) {
    const tag = await registry.tag(image.name, clusters.production.tag);
    before.tags[image.name] = tag && { digest: tag.digest, startedAt: tag.startedAt };
  }
  return before;
}
