import type { StartedCleanup } from "../functions/start-cleanup.ts";
import { resultOf } from "../functions/steps/cleanup-closing.ts";
import { cleanups } from "../functions/store/cleanups.ts";
import { runs } from "../functions/store/runs.ts";
import { readHistory, stateVisits } from "./local/step-functions/visits.ts";
import type { System } from "./local/system.ts";

/** What a rehearsed cleanup planned and did, and what stands at the emulated Quay afterwards. */
export async function makeCleanupReport(system: System, { run, execution }: StartedCleanup) {
  const record = await runs().get(run);
  const plan = await cleanups().plan(run);
  const { freed, stayed } = await resultOf(run);
  const deleted: string[] = [];
  const judged: Record<string, { name: string; digest: string; keptBecause: string | null }[]> = {};
  for (const { image } of plan?.images ?? []) {
    const outcomes = await cleanups().outcomes(run, image);
    deleted.push(
      ...outcomes.flatMap(({ name, outcome }) => (outcome === "deleted" ? [`${image}:${name}`] : [])),
    );
    judged[image] = ((await cleanups().judged(run, image)) ?? []).map(({ name, digest, keptBecause }) => ({
      name,
      digest,
      keptBecause,
    }));
  }
  const history = await readHistory(system.stepFunctions, execution);
  return {
    run: {
      id: run,
      status: record?.status ?? "failed",
      decision: record?.decision ?? null,
      reason: record?.reason ?? null,
    },
    plan,
    judged,
    deleted,
    freed,
    /** Approved, and kept all the same. */
    stayed,
    quay: Object.fromEntries(
      (plan?.images ?? []).map(({ image }) => [image, system.world.quay.tagNames(image)]),
    ),
    slack: (await system.world.slack.messages(system.world.slack.channelId)).map(({ text }) => text),
    states: stateVisits(history).map(({ name, outcome }) => ({ name, outcome })),
  };
}

export type CleanupReport = Awaited<ReturnType<typeof makeCleanupReport>>;
