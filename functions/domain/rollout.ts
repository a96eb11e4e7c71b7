/** What of a pod tells how far its rollout is. */
export interface RolloutPod {
  name: string;
  phase: string;
  terminating: boolean;
  ready: boolean;
  waitingReasons: string[];
  images: { container: string; image: string; digest: string | null }[];
}

/**
 * The pods that keep a rollout from being over, one phrase each: those that run another image than their stream holds,
 * are not ready, or are still on their way out. Pods that ran to their end (Jobs) do not count, and neither do images
 * that no stream holds.
 *
 * @param wanted image → digest
 */
export function stillOld(pods: RolloutPod[], wanted: Record<string, string>): string[] {
  const left: string[] = [];
  for (const pod of pods) {
    if (pod.phase === "Succeeded") continue;
    const old = pod.images.find(
      ({ image, digest }) => wanted[image] !== undefined && wanted[image] !== digest,
    );
    if (pod.terminating) left.push(`${pod.name} is terminating`);
    else if (old) left.push(`${pod.name} runs an older ${old.image}`);
    else if (!pod.ready) left.push(`${pod.name} is ${pod.waitingReasons[0] ?? `${pod.phase}, not ready`}`);
  }
  return left;
}
