import { createHash, randomInt } from "node:crypto";
import { type ContainerStatus, now, type Pod, type Workload } from "./objects.ts";

/** Pods as their controllers make them, and as the kubelet then reports them. */

export function revisionLabel(workload: Workload): string {
  return workload.kind === "Deployment" ? "pod-template-hash" : "controller-revision-hash";
}

/** Names the template: equal templates have equal revisions. */
export function revisionOf(workload: Workload): string {
  const hash = digest(JSON.stringify(workload.spec.template)).slice(0, 10);
  return workload.kind === "Deployment" ? hash : `${workload.metadata.name}-${hash}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function pendingPod(
  workload: Workload,
  ordinal: number | undefined,
): Omit<Pod, "metadata"> & {
  metadata: Partial<Pod["metadata"]> & { name: string };
} {
  const { name } = workload.metadata;
  const revision = revisionOf(workload);
  const { containers, terminationGracePeriodSeconds } = workload.spec.template.spec;
  const isDeployment = workload.kind === "Deployment";
  const replicaSet = `${name}-${revision}`;
  const owner = isDeployment
    ? { kind: "ReplicaSet", name: replicaSet, uid: uuidOf(workload.metadata.uid + revision) }
    : { kind: "StatefulSet", name, uid: workload.metadata.uid };
  const creating: ContainerStatus[] = containers.map((each) => ({
    name: each.name,
    image: each.image,
    imageID: "",
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason: "ContainerCreating" } },
  }));
  const at = now();
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: isDeployment ? `${replicaSet}-${suffix()}` : `${name}-${ordinal ?? 0}`,
      labels: { ...workload.spec.template.metadata.labels, [revisionLabel(workload)]: revision },
      ownerReferences: [{ apiVersion: "apps/v1", ...owner, controller: true }],
    },
    spec: { containers, restartPolicy: "Always", terminationGracePeriodSeconds },
    status: {
      phase: "Pending",
      startTime: at,
      conditions: [
        { type: "PodScheduled", status: "True", lastTransitionTime: at },
        { type: "Ready", status: "False", lastTransitionTime: at, reason: "ContainersNotReady" },
      ],
      containerStatuses: creating,
    },
  };
}

export function runningPod(pod: Pod): Pod {
  const startedAt = now();
  return withContainers(pod, "Running", true, (each) => ({
    ...each,
    imageID: each.image,
    ready: true,
    started: true,
    state: { running: { startedAt } },
  }));
}

export function waitingPod(pod: Pod, reason: string): Pod {
  return withContainers(pod, "Pending", false, (each) => ({ ...each, state: { waiting: { reason } } }));
}

export function crashedPod(pod: Pod): Pod {
  return withContainers(pod, "Running", false, (each) => ({
    ...each,
    imageID: each.image,
    ready: false,
    started: false,
    restartCount: each.restartCount + 1,
    state: { waiting: { reason: "CrashLoopBackOff" } },
  }));
}

export function endedPod(pod: Pod): Pod {
  return withContainers(pod, "Running", false, (each) => ({
    ...each,
    ready: false,
    started: false,
    state: { terminated: { exitCode: 0, reason: "Completed" } },
  }));
}

function withContainers(
  pod: Pod,
  phase: Pod["status"]["phase"],
  ready: boolean,
  change: (container: ContainerStatus) => ContainerStatus,
): Pod {
  const status = ready ? ("True" as const) : ("False" as const);
  const conditions = pod.status.conditions.map((each) =>
    each.type === "Ready" && each.status !== status
      ? {
          type: "Ready",
          status,
          lastTransitionTime: now(),
          ...(ready ? {} : { reason: "ContainersNotReady" }),
        }
      : each,
  );
  const containerStatuses = pod.status.containerStatuses.map(change);
  return { ...pod, status: { ...pod.status, phase, conditions, containerStatuses } };
}

/** What Kubernetes puts at the end of a pod's name: no vowels, so no words. */
function suffix(): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
}

function uuidOf(text: string): string {
  const hex = digest(text);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
