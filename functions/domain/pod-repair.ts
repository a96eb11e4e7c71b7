import { pullProblems } from "./rollout.ts";

/** What is done about pods that do not come right by themselves. Crash loops are never "repaired": they are the news. */

export interface RepairablePod {
  name: string;
  uid: string;
  phase: string;
  terminating: boolean;
  /** Of one that was told to end: until when it had to be gone, ISO 8601. */
  goneBy: string | null;
  /** Its containers have all ended, or its node is gone: what it ran runs no more. */
  ended: boolean;
  waitingReasons: readonly string[];
  images: readonly { image: string }[];
  owner: { kind: string; name: string } | null;
}

/**
 * `delete`: gracefully, as its owner would. `forceDelete`: takes it off the books without its node's word. `import`: the
 * image stream is imported again, because its image cannot be pulled.
 */
export type Repair =
  | { kind: "delete" | "forceDelete"; pod: string; uid: string; why: string }
  | { kind: "import"; stream: string; pod: string; why: string };

export interface RepairInput {
  pods: readonly RepairablePod[];
  /** ISO 8601. */
  now: string;
  /** A pod that is still there so long after its grace period is stuck. */
  terminatingMinutes: number;
  /** Image → its stream. */
  streams: Readonly<Record<string, string>>;
  /** Uids of the pods that an earlier round deleted gracefully. */
  deletedBefore: readonly string[];
}

export interface Repairs {
  actions: Repair[];
  /** What nobody but a person may mend, one sentence each. */
  leave: string[];
}

/**
 * A pod that is stuck in Terminating is deleted gracefully first, and forced in a later round if that did not help. A
 * StatefulSet's pod is forced only when it runs no more for sure: the name is given out again at once, and a twin of a
 * worker that still runs would do its tasks twice.
 */
export function podRepairs(input: RepairInput): Repairs {
  const result: Repairs = { actions: [], leave: [] };
  const imported = new Set<string>();
  for (const pod of input.pods) {
    if (pod.phase === "Succeeded") continue;
    if (pod.terminating) terminating(pod, input, result);
    else if (pod.waitingReasons.some((each) => pullProblems.includes(each)))
      pulling(pod, input, imported, result);
  }
  return result;
}

function terminating(pod: RepairablePod, input: RepairInput, { actions, leave }: Repairs): void {
  const { now, terminatingMinutes, deletedBefore } = input;
  if (pod.goneBy === null || Date.parse(pod.goneBy) + terminatingMinutes * 60_000 > Date.parse(now)) return;
  const { name, uid } = pod;
  const why = `${name} is stuck in Terminating`;
  if (!deletedBefore.includes(uid)) actions.push({ kind: "delete", pod: name, uid, why });
  else if (pod.owner?.kind !== "StatefulSet" || pod.ended)
    actions.push({ kind: "forceDelete", pod: name, uid, why });
  else {
    leave.push(
      `${why}, and its container may still run: a forced delete could start a twin of it. Look at its node; ` +
        `once it is sure that it runs no more, delete the pod with --force.`,
    );
  }
}

function pulling(
  pod: RepairablePod,
  { streams }: RepairInput,
  imported: Set<string>,
  { actions, leave }: Repairs,
): void {
  const why = `${pod.name} cannot pull its image`;
  const stream = pod.images.map(({ image }) => streams[image]).find((each) => each !== undefined);
  if (stream === undefined) leave.push(`${why}, and no image stream of ours holds it: look at the registry.`);
  else if (!imported.has(stream)) {
    imported.add(stream);
    actions.push({ kind: "import", stream, pod: pod.name, why });
  }
}
