/** What of a pod tells how far its rollout is. */
export interface RolloutPod {
  name: string;
  phase: string;
  terminating: boolean;
  ready: boolean;
  waitingReasons: string[];
  images: { container: string; image: string; digest: string | null }[];
}

/** What of a workload tells so: `updated` counts the pods of its newest template. */
export interface RolloutWorkload {
  name: string;
  desired: number;
  ready: number;
  updated: number;
  image: string;
  /** That the template asks for; null when it asks for a tag. */
  digest: string | null;
}

/**
 * Image → the digests that stand for what its stream holds: the one in the stream, and, where that is of several
 * architectures, those of the list and of each of them. An image also goes by the name of its stream.
 */
export type WantedDigests = Record<string, readonly string[]>;

/**
 * Whether a pod ran to its end, well (Jobs) or not, and so runs no image any more: an evicted one stays in the list for
 * weeks, and its workload has another one instead.
 */
export function hasEnded({ phase }: Pick<RolloutPod, "phase">): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

/**
 * Whether a rollout waits for a pod at all. What has ended does not count, and neither do pods without an image that a
 * stream of ours holds: they may have been broken before.
 */
export function isRolledOut(pod: Pick<RolloutPod, "phase" | "images">, wanted: WantedDigests): boolean {
  return !hasEnded(pod) && pod.images.some(({ image }) => Object.hasOwn(wanted, image));
}

/**
 * The pods that keep a rollout from being over, one phrase each: those that run another image than their stream holds,
 * are not ready, or are still on their way out.
 */
export function stillOld(pods: readonly RolloutPod[], wanted: WantedDigests): string[] {
  const left: string[] = [];
  for (const pod of pods) {
    if (!isRolledOut(pod, wanted)) continue;
    const old = pod.images.find(({ image, digest }) => wanted[image]?.includes(digest ?? "") === false);
    const waiting = pod.waitingReasons[0];
    if (pod.terminating) left.push(`${pod.name} is terminating`);
    else if (waiting && waiting !== "ContainerCreating") left.push(`${pod.name} is in ${waiting}`);
    else if (old) left.push(`${pod.name} runs an older ${old.image}`);
    else if (!pod.ready) left.push(`${pod.name} is ${waiting ?? `${pod.phase}, not ready`}`);
  }
  return left;
}

/**
 * The workloads that keep a rollout from being over, one phrase each; those of other images than ours do not count. Pods
 * alone do not tell it: a workload may have none yet, or may not have looked at its new template.
 */
export function unfinished(workloads: readonly RolloutWorkload[], wanted: WantedDigests): string[] {
  return workloads.flatMap(({ name, desired, ready, updated, image, digest }) => {
    const ours = wanted[image];
    if (desired === 0 || ours === undefined) return [];
    if (digest !== null && !ours.includes(digest)) return [`${name} still asks for an older ${image}`];
    if (updated < desired) return [`${name} has ${updated} of ${desired} pods of its newest template`];
    return ready < desired ? [`${name} has ${ready} of ${desired} pods ready`] : [];
  });
}

/**
 * Whether waiting on would be in vain: a pod has been told to end long ago, cannot pull its image, or crashes again and
 * again. What only starts slowly is none of these.
 *
 * @param now ISO 8601
 */
export function isStuck(
  pod: RolloutPod & { goneBy: string | null; restarts: number },
  { now, terminatingMinutes }: { now: string; terminatingMinutes: number },
): boolean {
  if (pod.phase === "Succeeded") return false;
  if (pod.goneBy !== null) return Date.parse(pod.goneBy) + terminatingMinutes * 60_000 <= Date.parse(now);
  const { waitingReasons: reasons } = pod;
  if (reasons.includes("ImagePullBackOff")) return true;
  return reasons.includes("CrashLoopBackOff") && pod.restarts >= hopelessRestarts;
}

/** What a container waits for that cannot have its image. */
export const pullProblems = ["ImagePullBackOff", "ErrImagePull"];

/** A service that starts before its database is ready crashes once or twice, and then runs. */
const hopelessRestarts = 3;
