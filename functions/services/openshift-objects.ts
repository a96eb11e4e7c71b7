import type {
  V1ContainerStatus,
  V1Deployment,
  V1Pod,
  V1PodTemplateSpec,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { z } from "zod";

/** What we read from the cluster's objects. Every field of theirs may be absent: status is written bit by bit. */

export interface Stream {
  name: string;
  tags: StreamTag[];
}

export interface StreamTag {
  tag: string;
  /** Of the image that the tag holds now: a single architecture's manifest (import mode Legacy). */
  digest: string | null;
  /** What the tag follows: `quay.io/packit/dashboard:prod`, or a digest when somebody pinned it. */
  from: string | null;
  /** The cluster imports it by itself every 15 minutes. */
  scheduled: boolean;
}

export interface Pod {
  name: string;
  /** Tells it from a later pod of the same name, as a StatefulSet makes them. */
  uid: string;
  /** Label `component`. */
  component: string | null;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  phase: string;
  /** It was told to end, whatever its phase. */
  terminating: boolean;
  /** Of one that was told to end: until when it has to be gone, ISO 8601. */
  goneBy: string | null;
  /** Its containers have all ended, or its node is gone: what it ran runs no more. */
  ended: boolean;
  /** Label `controller-revision-hash`, by which a StatefulSet tells its templates apart. */
  revision: string | null;
  ready: boolean;
  /** Of all its containers together. */
  restarts: number;
  /** Why containers do not run: `ContainerCreating`, `ImagePullBackOff`, `CrashLoopBackOff`. */
  waitingReasons: string[];
  /** ISO 8601. */
  startedAt: string | null;
  images: PodImage[];
  /** The workload that it belongs to. */
  owner: { kind: string; name: string } | null;
}

export interface PodImage {
  container: string;
  /** Without registry and namespace: `packit-worker`. */
  image: string;
  /** Of the image that the container really runs; null until it was pulled. */
  digest: string | null;
}

export interface Workload {
  kind: "Deployment" | "StatefulSet";
  name: string;
  /** Label `component` of its pods. */
  component: string | null;
  desired: number;
  ready: number;
  /** Pods made from the newest template; 0 while the cluster has not looked at that template yet. */
  updated: number;
  /** Of a StatefulSet: the revision of its newest template; null while it has not looked at it, and of others. */
  updateRevision: string | null;
  /** A StatefulSet that starts and replaces its pods one by one, each only once the others are ready. */
  orderedReady: boolean;
  /** Of its first container, without registry and namespace: `packit-worker`. */
  image: string;
  /** The digest that the template asks for; null when it asks for a tag. */
  digest: string | null;
}

const text = z.string().nullish().catch(null);
const policy = z.record(z.string(), z.unknown()).nullish().catch(null);

const specTag = z.object({
  name: text,
  from: z.object({ kind: text, name: text }).nullish().catch(null),
  importPolicy: policy,
  referencePolicy: policy,
});

const statusTag = z.object({
  tag: text,
  items: z
    .array(z.object({ image: text }))
    .nullish()
    .catch(null),
});

/** An ImageStream as far as we read it; nothing that is absent or odd makes it fail. */
export const rawStream = z.object({
  metadata: z.object({ name: text, resourceVersion: text }).nullish().catch(null),
  spec: z
    .object({ tags: z.array(specTag).nullish() })
    .nullish()
    .catch(null),
  status: z
    .object({ tags: z.array(statusTag).nullish() })
    .nullish()
    .catch(null),
});
export type RawStream = z.output<typeof rawStream>;

export const rawStreamList = z.object({ items: z.array(rawStream).nullable() });

/** An ImageStreamImport that the API answers with. The request succeeds even where an image's status is a failure. */
export const rawImport = z.object({
  status: z
    .object({
      images: z
        .array(
          z.object({
            tag: text,
            status: z.object({ status: text, message: text, reason: text }).nullish().catch(null),
            image: z
              .object({ metadata: z.object({ name: text }).nullish() })
              .nullish()
              .catch(null),
          }),
        )
        .nullish(),
    })
    .nullish()
    .catch(null),
});

export function streamOf(raw: RawStream): Stream {
  const held = new Map(raw.status?.tags?.map((each) => [each.tag, each.items?.[0]?.image ?? null]));
  const specs = new Map(raw.spec?.tags?.map((each) => [each.name, each]));
  const names = [...new Set([...specs.keys(), ...held.keys()])].filter((each) => typeof each === "string");
  return {
    name: raw.metadata?.name ?? "",
    tags: names.map((tag) => {
      const spec = specs.get(tag);
      return {
        tag,
        digest: held.get(tag) ?? null,
        from: spec?.from?.name ?? null,
        scheduled: spec?.importPolicy?.scheduled === true,
      };
    }),
  };
}

export function podOf(pod: V1Pod): Pod {
  const { metadata, spec, status } = pod;
  const statuses = status?.containerStatuses ?? [];
  const all = [...(status?.initContainerStatuses ?? []), ...statuses];
  const running = new Map(statuses.map((each) => [each.name, each]));
  return {
    name: metadata?.name ?? "",
    uid: metadata?.uid ?? "",
    component: metadata?.labels?.component ?? null,
    phase: status?.phase ?? "Unknown",
    terminating: Boolean(metadata?.deletionTimestamp),
    // Kubernetes writes the time at which the grace period is over, not the one of the request.
    goneBy: isoOf(metadata?.deletionTimestamp),
    ended: hasEnded(pod),
    revision: metadata?.labels?.["controller-revision-hash"] ?? null,
    ready: status?.conditions?.some((each) => each.type === "Ready" && each.status === "True") ?? false,
    restarts: all.reduce((sum, each) => sum + (each.restartCount ?? 0), 0),
    waitingReasons: all.map((each) => each.state?.waiting?.reason).filter((each) => each !== undefined),
    startedAt: isoOf(status?.startTime),
    images: (spec?.containers ?? []).map((container) =>
      imageOf(container.name, container.image, running.get(container.name)),
    ),
    owner: ownerOf(pod),
  };
}

/** The garbage collector marks pods whose node object is gone; nothing less tells for sure that a node is. */
function hasEnded({ spec, status }: V1Pod): boolean {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return true;
  const collected = status?.conditions?.some(
    (each) => each.type === "DisruptionTarget" && each.status === "True" && each.reason === "DeletionByPodGC",
  );
  if (collected) return true;
  const containers = status?.containerStatuses ?? [];
  const all = spec?.containers.length ?? 0;
  return all > 0 && containers.length === all && containers.every((each) => each.state?.terminated);
}

function imageOf(container: string, asked: string | undefined, status?: V1ContainerStatus): PodImage {
  const names = [status?.imageID, status?.image, asked].map((each) => shortName(each ?? ""));
  return { container, image: names.find((each) => each !== "") ?? "", digest: digestOf(status?.imageID) };
}

/** A Deployment's pods belong to a ReplicaSet, whose name is the Deployment's and a hash. */
function ownerOf(pod: V1Pod): Pod["owner"] {
  const owners = pod.metadata?.ownerReferences ?? [];
  const owner = owners.find((each) => each.controller) ?? owners[0];
  if (!owner) return null;
  const hash = pod.metadata?.labels?.["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash && owner.name.endsWith(`-${hash}`)) {
    return { kind: "Deployment", name: owner.name.slice(0, -hash.length - 1) };
  }
  return { kind: owner.kind, name: owner.name };
}

export function workloadOf(kind: Workload["kind"], raw: V1Deployment | V1StatefulSet): Workload {
  const { metadata, spec, status } = raw;
  const template: V1PodTemplateSpec | undefined = spec?.template;
  const image = template?.spec?.containers?.[0]?.image ?? "";
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const set = kind === "StatefulSet" ? (raw as V1StatefulSet) : null;
  return {
    kind,
    name: metadata?.name ?? "",
    component: template?.metadata?.labels?.component ?? metadata?.labels?.component ?? null,
    desired: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    updated: seen ? (status?.updatedReplicas ?? 0) : 0,
    updateRevision: seen ? (set?.status?.updateRevision ?? null) : null,
    orderedReady: set !== null && (set.spec?.podManagementPolicy ?? "OrderedReady") === "OrderedReady",
    image: shortName(image),
    digest: digestOf(image),
  };
}

/** `quay.io/packit/packit-worker@sha256:…` or `…:prod` → `packit-worker`; a bare digest → ``. */
function shortName(reference: string): string {
  if (reference.startsWith("sha256:")) return "";
  const last = reference.split("/").at(-1) ?? "";
  return last.split("@")[0]?.split(":")[0] ?? "";
}

function digestOf(reference: string | undefined): string | null {
  return reference?.match(/sha256:[0-9a-f]+/)?.[0] ?? null;
}

/** Lists hand us `Date`s, watch events the JSON's own strings. */
function isoOf(time: Date | string | undefined): string | null {
  if (time === undefined || time === null) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
