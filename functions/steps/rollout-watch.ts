import { isRolledOut, isStuck, stillOld, unfinished, type WantedDigests } from "../domain/rollout.ts";
import { config } from "../runtime/config.ts";
import { openshift, type Pod } from "../services/openshift.ts";
import { runs } from "../store/runs.ts";
import { now } from "./run-context.ts";

export interface RolloutLook {
  /** What keeps the rollout from being over, one phrase each; empty: it is over. */
  left: string[];
  /** A pod does not come right by itself. */
  stuck: boolean;
  pods: Pod[];
}

/**
 * Watches production's pods until each runs what its stream holds, is ready, and none of the old ones is left, or the
 * time is over. Pods that look well are believed once the workloads say that these are all of them.
 *
 * @param options.seconds how long at most.
 * @param options.untilStuck ends as soon as a pod is stuck.
 */
export async function watchRollout(
  wanted: WantedDigests,
  { seconds, untilStuck }: { seconds: number; untilStuck: boolean },
): Promise<RolloutLook> {
  const cluster = await openshift("production");
  const deadline = Date.now() + seconds * 1000;
  // That a pod does not leave shows by time alone, so the watch is cut into pieces.
  const piece = Math.max(0.5, (config().limits.terminatingMinutes * 60) / 2);
  let pods: Pod[] = [];
  for (;;) {
    let left: string[] = [];
    const timeoutSeconds = Math.max(0.1, Math.min(piece, (deadline - Date.now()) / 1000));
    await cluster.watchPods({ timeoutSeconds }, (seen) => {
      pods = seen;
      left = stillOld(seen, wanted);
      return left.length === 0 || (untilStuck && anyStuck(seen, wanted));
    });
    if (left.length === 0) left = unfinished(await cluster.workloads(), wanted);
    const stuck = anyStuck(pods, wanted);
    if (left.length === 0 || Date.now() >= deadline || (untilStuck && stuck)) return { left, stuck, pods };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Between two looks at workloads whose controllers have not caught up with their pods. */
const PAUSE_MS = 500;

/** Whether a pod of the rollout does not come right by itself. */
export function anyStuck(pods: Pod[], wanted: WantedDigests): boolean {
  const { terminatingMinutes } = config().limits;
  return pods.some((pod) => isRolledOut(pod, wanted) && isStuck(pod, { now: now(), terminatingMinutes }));
}

/** Image → what its stream in production holds, with the manifests that this run knows to be the same image. */
export async function wantedDigests(run: string): Promise<WantedDigests> {
  const { tag } = config().clusters.production;
  const streams = await (await openshift("production")).streams();
  const imported = new Map(
    (await runs().repositories(run)).flatMap(({ images }) => Object.entries(images ?? {})),
  );
  const wanted: Record<string, string[]> = {};
  for (const { build } of config().repositories) {
    for (const image of build?.images ?? []) {
      const stream = streams.find((each) => each.name === image.stream);
      const digest = stream?.tags.find((each) => each.tag === tag)?.digest;
      if (!digest) continue;
      const { digest: list, streamDigest, manifests = [] } = imported.get(image.name) ?? {};
      wanted[image.name] = streamDigest === digest && list ? [digest, list, ...manifests] : [digest];
      if (image.stream) wanted[image.stream] = wanted[image.name] as string[];
    }
  }
  return wanted;
}
