import {
  planRollback,
  type ReturnableImage,
  type RollbackPlan,
  type RollbackScope,
} from "../domain/rollback.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { quay } from "../services/quay.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { recallBefore } from "./before-move.ts";
import { allImages, type OwnedImage } from "./images.ts";
import type { Baseline } from "./inspect-baseline.ts";
import { productionStreams, type StreamDigests } from "./production-streams.ts";

/** Under these facts of the run that owns it, a rollback keeps what it does and how it ended. */
export const planKey = (number: number) => `rollback/${number}/plan`;
export const outcomeKey = (number: number) => `rollback/${number}/outcome`;

export interface RollbackOutcome {
  status: "done" | "skipped" | "aborted" | "failed";
  reason: string;
}

/** @throws NotFound before OpenRollback has made it. */
export async function recallPlan(run: string, number: number): Promise<RollbackPlan> {
  const plan = await runs().recall<RollbackPlan>(run, planKey(number));
  if (!plan) throw new NotFound(`${run} has no plan of rollback ${number}.`);
  return plan;
}

/**
 * What would go back where, from what is recorded of the run and what production holds now. A stream that an earlier try
 * has returned already belongs to it, too.
 *
 * @param of the run that is taken back.
 * @throws NotFound when it never got as far as its baseline, so that nothing is known to return to.
 */
export async function planOfRollback(of: string, scope: RollbackScope): Promise<RollbackPlan> {
  const baseline = await runs().recall<Baseline>(of, "baseline");
  if (!baseline) throw new NotFound(`${of} recorded no images to return to: it ended before it changed any.`);
  const current = await productionStreams();
  for (const pin of await ledger().pins()) {
    if (pin.run === of && current[pin.stream] === pin.digest) current[pin.stream] = pin.instead;
  }
  const images = await Promise.all(
    allImages().map((image) => returnable(of, image, baseline.streams, current)),
  );
  const migrated = Object.keys(await migratedRepositories(of));
  return planRollback(images, { scope, migrated });
}

async function returnable(
  of: string,
  image: OwnedImage,
  before: StreamDigests,
  current: StreamDigests,
): Promise<ReturnableImage> {
  const { name, repository, stream } = image;
  const base = { image: name, repository, stream, runsMigrations: runsMigrations(image) };
  if (stream) {
    return { ...base, before: before[stream] ?? null, now: current[stream] ?? null, ofRun: true };
  }
  const moved = await recallBefore(of, repository);
  if (!moved) return { ...base, before: null, now: null, ofRun: false };
  const tag = await (await quay()).tag(name, config().clusters.production.tag);
  return { ...base, before: moved.tags[name]?.digest ?? null, now: tag?.digest ?? null, ofRun: true };
}

/** Where no image of a repository with migrations is said to run them, each might. */
function runsMigrations({ repository, runsMigrations: says }: OwnedImage): boolean {
  return says || !allImages().some((each) => each.repository === repository && each.runsMigrations);
}

/** Repository → the database migrations that the approved plan held, of those that moved. */
export async function migratedRepositories(of: string): Promise<Record<string, string[]>> {
  const plan = await runs().approved(of);
  const moved = (plan?.repositories ?? []).filter(
    ({ action, migrations }) => action === "move" && migrations.length > 0,
  );
  return Object.fromEntries(moved.map(({ name, migrations }) => [name, migrations]));
}
