import type { WorldTimers } from "../context.ts";
import type { Ailments } from "./ailments.ts";
import { type Deployment, now, type Pod, type StatefulSet, type Workload } from "./objects.ts";
import {
  crashedPod,
  endedPod,
  pendingPod,
  revisionLabel,
  revisionOf,
  runningPod,
  waitingPod,
} from "./pods.ts";
import type { Store } from "./store.ts";

/**
 * The controllers of Deployments and StatefulSets, and the kubelet that starts and ends their pods.
 *
 * They work like Kubernetes' own: look at what is, do the next thing, look again when a pod has changed. So a rollout
 * that was interrupted goes on by itself after a restart. A pod's life: Pending (ContainerCreating) → Running and
 * ready → terminating → gone; or it cannot pull its image, crashes again and again, or does not leave.
 */
export interface Rollouts {
  /** Does what is to be done for one workload now. */
  reconcile(workload: Workload): void;
  /** After a restart: goes on with pods that were starting or ending, and with all workloads. */
  resume(): void;
  /** All pods of all workloads, running since long ago: the first day. */
  startAtOnce(): Promise<void>;
  /** As `DELETE` does: gracefully, or at once when the grace period is 0. */
  deletePod(name: string, gracePeriodSeconds: number | null): Pod | null;
}

/** From the signal to end until the pod is gone; the workers get 10 s. */
const STOP_MINUTES = 0.25;
/** Until an image is pulled again, and, each time longer, until a container that crashed is started again. */
const PULL_MINUTES = 1;
const CRASH_MINUTES = [0.2, 0.3, 0.7, 1.5, 3, 5];

export interface RolloutOptions {
  timers: WorldTimers;
  speed: number;
  ailments: Ailments;
  /** Minutes of the world from a pod's creation to running. */
  startMinutes: number;
}

export function createRollouts(
  store: Store,
  { timers, speed, ailments, startMinutes }: RolloutOptions,
): Rollouts {
  const workloads = (): Workload[] => [...store.list("deployments"), ...store.list("statefulsets")];

  function reconcile(given: Workload): void {
    const workload = refreshed(store, given);
    if (!workload || !hasImage(workload)) return;
    // Each step may make the next one possible; every step changes a pod, so this ends.
    while (workload.kind === "Deployment" ? deploymentStep(workload) : statefulSetStep(workload));
    writeStatus(store, workload);
  }

  /** One step towards the wanted pods; false when there is nothing to do until a pod changes. */
  function deploymentStep(workload: Deployment): boolean {
    const { replicas } = workload.spec;
    const pods = podsOf(store, workload);
    const alive = pods.filter((each) => !isTerminating(each));
    const old = alive.filter((each) => !isUpdated(workload, each));
    const current = alive.length - old.length;
    if (workload.spec.strategy.type === "Recreate") {
      if (old[0]) return stop(old[0]);
      if (pods.some((each) => !isUpdated(workload, each))) return false;
      return current < replicas && start(workload);
    }
    // Rolling: one more than wanted, never fewer ready than wanted; what is not ready goes first.
    const surge = old.length > 0 ? 1 : 0;
    if (current < replicas && alive.length < replicas + surge) return start(workload);
    const spare = alive.filter(isReady).length > replicas ? old[0] : undefined;
    const leaving = old.find((each) => !isReady(each)) ?? spare;
    return leaving ? stop(leaving) : false;
  }

  /** OrderedReady: one pod at a time, and none while another is not ready. Updates begin at the highest ordinal. */
  function statefulSetStep(workload: StatefulSet): boolean {
    const pods = new Map(podsOf(store, workload).map((each) => [each.metadata.name, each]));
    const ordinals = Array.from({ length: workload.spec.replicas }, (_, ordinal) => ordinal);
    const podAt = (ordinal: number) => pods.get(`${workload.metadata.name}-${ordinal}`);
    for (const ordinal of ordinals) {
      const pod = podAt(ordinal);
      if (!pod) return start(workload, ordinal);
      if (isTerminating(pod) || !isReady(pod)) return false;
    }
    for (const ordinal of ordinals.reverse()) {
      const pod = podAt(ordinal);
      if (pod && !isUpdated(workload, pod)) return stop(pod);
    }
    return false;
  }

  function start(workload: Workload, ordinal?: number): true {
    const pod = store.add("pods", pendingPod(workload, ordinal));
    timers.after(startMinutes, () => startContainers(pod));
    return true;
  }

  /** The pod as it is now; null when it is gone or about to go. */
  function present(pod: Pod): Pod | null {
    const stored = store.get("pods", pod.metadata.name);
    return stored?.metadata.uid === pod.metadata.uid && !isTerminating(stored) ? stored : null;
  }

  async function startContainers(pod: Pod): Promise<void> {
    if (!present(pod)) return;
    const started = await ailments.start(pod);
    const stored = present(pod);
    if (!stored) return;
    if (started.runs) {
      store.update("pods", runningPod(stored));
    } else if (started.reason === "ImagePullBackOff") {
      store.update("pods", waitingPod(stored, started.reason));
      timers.after(PULL_MINUTES, () => startContainers(pod));
    } else {
      const crashed = crashedPod(stored);
      const { restartCount = 0 } = crashed.status.containerStatuses[0] ?? {};
      store.update("pods", crashed);
      timers.after(CRASH_MINUTES[restartCount - 1] ?? 5, () => startContainers(pod));
    }
    reconcileOwner(stored);
  }

  function stop(pod: Pod): true {
    const grace = pod.spec.terminationGracePeriodSeconds;
    pod.metadata.deletionTimestamp = now(grace / speed);
    pod.metadata.deletionGracePeriodSeconds = grace;
    store.update("pods", pod);
    timers.after(STOP_MINUTES, () => (ailments.sticks(pod) ? ended(pod) : gone(pod)));
    return true;
  }

  /** Its containers have ended, but the pod does not leave. */
  function ended(pod: Pod): void {
    const stored = store.get("pods", pod.metadata.name);
    if (stored?.metadata.uid !== pod.metadata.uid) return;
    store.update("pods", endedPod(stored));
    reconcileOwner(stored);
  }

  function gone(pod: Pod): void {
    if (store.get("pods", pod.metadata.name)?.metadata.uid !== pod.metadata.uid) return;
    store.remove("pods", pod.metadata.name);
    reconcileOwner(pod);
  }

  function reconcileOwner(pod: Pod): void {
    const owner = workloads().find((each) => selects(each, pod));
    if (owner) reconcile(owner);
  }

  return {
    reconcile,

    resume() {
      for (const pod of store.list("pods")) {
        if (isTerminating(pod)) timers.after(STOP_MINUTES, () => gone(pod));
        else if (!isReady(pod)) timers.after(startMinutes, () => startContainers(pod));
      }
      for (const workload of workloads()) reconcile(workload);
    },

    async startAtOnce() {
      for (const workload of workloads()) {
        if (!hasImage(workload)) continue;
        for (let ordinal = 0; ordinal < workload.spec.replicas; ordinal++) {
          const pod = store.add("pods", pendingPod(workload, ordinal));
          await ailments.start(pod, true);
          store.update("pods", runningPod(pod));
        }
        writeStatus(store, workload);
      }
    },

    deletePod(name, gracePeriodSeconds) {
      const pod = store.get("pods", name);
      if (!pod) return null;
      if (gracePeriodSeconds === 0) {
        gone(pod);
        return pod;
      }
      if (!isTerminating(pod)) {
        stop(pod);
        reconcileOwner(pod);
      }
      return store.get("pods", name) ?? pod;
    },
  };
}

function refreshed(store: Store, { kind, metadata }: Workload): Workload | null {
  return kind === "Deployment"
    ? store.get("deployments", metadata.name)
    : store.get("statefulsets", metadata.name);
}

/** Before its first import a template has a blank where the trigger puts the image. */
function hasImage(workload: Workload): boolean {
  return workload.spec.template.spec.containers.every((each) => each.image.trim() !== "");
}

function podsOf(store: Store, workload: Workload): Pod[] {
  return store.list("pods").filter((each) => selects(workload, each));
}

function selects(workload: Workload, pod: Pod): boolean {
  const wanted = Object.entries(workload.spec.selector.matchLabels);
  return wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function isReady(pod: Pod): boolean {
  return pod.status.conditions.some((each) => each.type === "Ready" && each.status === "True");
}

function isUpdated(workload: Workload, pod: Pod): boolean {
  return pod.metadata.labels?.[revisionLabel(workload)] === revisionOf(workload);
}

function writeStatus(store: Store, workload: Workload): void {
  const pods = podsOf(store, workload);
  const ready = pods.filter((each) => isReady(each) && !isTerminating(each)).length;
  const updated = pods.filter((each) => isUpdated(workload, each) && !isTerminating(each)).length;
  const counts = {
    observedGeneration: workload.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    updatedReplicas: updated,
  };
  if (workload.kind === "Deployment") {
    store.update("deployments", { ...workload, status: counts });
    return;
  }
  const updateRevision = revisionOf(workload);
  const done = updated === workload.spec.replicas;
  const currentRevision = done ? updateRevision : (workload.status.currentRevision ?? updateRevision);
  const currentReplicas = done ? updated : workload.spec.replicas - updated;
  const status = { ...counts, currentRevision, updateRevision, currentReplicas };
  store.update("statefulsets", { ...workload, status });
}
