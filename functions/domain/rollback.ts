/** How production goes back to its earlier images. */

/** `all`: everything that the run brought. `workers`: all but the images that do not start on a migrated database. */
export type RollbackScope = "all" | "workers";

/** An image stream that goes back. */
export interface StreamReturn {
  stream: string;
  image: string;
  repository: string;
  /** What it holds now, and held before the run. */
  from: string;
  to: string;
}

/** An image that no stream holds: its tag at Quay goes back. */
export interface TagReturn {
  image: string;
  repository: string;
  from: string;
  to: string;
}

export interface RollbackPlan {
  scope: RollbackScope;
  streams: StreamReturn[];
  tags: TagReturn[];
  /** Streams that stay on their new image, since the earlier one does not start on the migrated database. */
  kept: string[];
  /** What cannot be brought back, and why, one sentence each. */
  lost: string[];
}

/** A configured image, with what was known of it before the run and what there is now. */
export interface ReturnableImage {
  image: string;
  repository: string;
  stream: string | null;
  /** Does not start on a database from after its repository's migrations. */
  runsMigrations: boolean;
  /** Digest that the stream (or, without one, the tag at Quay) named before the run, and names now; null: none. */
  before: string | null;
  now: string | null;
  /** The run was to bring it. */
  ofRun: boolean;
}

/**
 * What goes back where. Only what this run brought: a stream that holds what it held before has nothing to return to.
 */
export function planRollback(
  images: readonly ReturnableImage[],
  { scope, migrated }: { scope: RollbackScope; migrated: readonly string[] },
): RollbackPlan {
  const plan: RollbackPlan = { scope, streams: [], tags: [], kept: [], lost: [] };
  for (const { image, repository, stream, before, now, ofRun, runsMigrations } of images) {
    if (!ofRun || now === null || now === before) continue;
    const name = stream ?? image;
    const stays = scope === "workers" && runsMigrations && migrated.includes(repository);
    if (stays) plan.kept.push(name);
    else if (before === null) plan.lost.push(`${name} held no image before, so there is none to return to.`);
    else if (stream) plan.streams.push({ stream, image, repository, from: now, to: before });
    else plan.tags.push({ image, repository, from: now, to: before });
  }
  return plan;
}

/** A workload and whether it runs, as far as an automatic rollback asks. */
export interface JudgedWorkload {
  name: string;
  desired: number;
  ready: number;
  image: string;
}

/**
 * Whether production goes back without a person's word: every workload that got a new image failed, so nothing is lost
 * by it, and no migration stands in the way.
 *
 * @param images those that this run brought.
 */
export function mayRollBackAlone(
  workloads: readonly JudgedWorkload[],
  { images, migrated }: { images: readonly string[]; migrated: readonly string[] },
): boolean {
  const concerned = workloads.filter(({ image, desired }) => desired > 0 && images.includes(image));
  return (
    migrated.length === 0 && concerned.length > 0 && concerned.every(({ ready, desired }) => ready < desired)
  );
}

export interface BrokenPod {
  name: string;
  uid: string;
  terminating: boolean;
  ready: boolean;
  revision: string | null;
  owner: { kind: string; name: string } | null;
}

/**
 * The pods that keep an OrderedReady StatefulSet from going back: not ready, and not made from its newest template. The
 * controller waits for them to become ready, which they never do, so somebody has to delete them: highest ordinal
 * first, one of each set at a time, as the controller itself would.
 */
export function podsInTheWay(
  pods: readonly BrokenPod[],
  sets: readonly { name: string; orderedReady: boolean; updateRevision: string | null }[],
): { name: string; uid: string }[] {
  return sets.flatMap(({ name: set, orderedReady, updateRevision }) => {
    if (!orderedReady || updateRevision === null) return [];
    const broken = pods
      .filter(({ owner }) => owner?.kind === "StatefulSet" && owner.name === set)
      .filter(({ ready, revision, terminating }) => !ready && !terminating && revision !== updateRevision)
      .sort((one, other) => ordinal(other.name) - ordinal(one.name));
    return broken.slice(0, 1).map(({ name, uid }) => ({ name, uid }));
  });
}

function ordinal(pod: string): number {
  return Number(/-(\d+)$/.exec(pod)?.[1] ?? 0);
}

/** An image stream that a rollback left at a digest, until an approved run lets it follow its tag again. */
export interface Pin {
  stream: string;
  image: string;
  /** What it holds, and what was taken back. */
  digest: string;
  instead: string;
  /** The run that was rolled back. */
  run: string;
  /** ISO 8601. */
  at: string;
}

/** A digest that was rolled back: not imported again, and not deleted, until a person clears it. */
export interface Quarantined {
  digest: string;
  image: string;
  run: string;
  at: string;
}
