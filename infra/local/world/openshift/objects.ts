/** The Kubernetes and OpenShift objects that the emulated clusters hold, as far as anybody reads them. */

export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller: boolean;
}

export interface Container {
  name: string;
  image: string;
}

export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: {
    running?: { startedAt: string };
    waiting?: { reason: string };
    terminated?: { exitCode: number; reason: string };
  };
}

export interface Condition {
  type: string;
  status: "True" | "False";
  lastTransitionTime: string;
  reason?: string;
  message?: string;
  generation?: number;
}

export interface Pod {
  apiVersion: "v1";
  kind: "Pod";
  metadata: Metadata;
  spec: { containers: Container[]; restartPolicy: string; terminationGracePeriodSeconds: number };
  status: {
    phase: "Pending" | "Running";
    startTime?: string;
    conditions: Condition[];
    containerStatuses: ContainerStatus[];
  };
}

interface Template {
  metadata: { labels: Record<string, string> };
  spec: { containers: Container[]; terminationGracePeriodSeconds: number };
}

interface WorkloadSpec {
  replicas: number;
  selector: { matchLabels: Record<string, string> };
  template: Template;
}

export interface Deployment {
  apiVersion: "apps/v1";
  kind: "Deployment";
  metadata: Metadata;
  spec: WorkloadSpec & { strategy: { type: "Recreate" | "RollingUpdate" } };
  status: WorkloadStatus;
}

export interface StatefulSet {
  apiVersion: "apps/v1";
  kind: "StatefulSet";
  metadata: Metadata;
  spec: WorkloadSpec & {
    serviceName: string;
    podManagementPolicy: "OrderedReady";
    updateStrategy: { type: "RollingUpdate"; rollingUpdate: { partition: number } };
  };
  status: WorkloadStatus & { currentRevision?: string; updateRevision?: string; currentReplicas?: number };
}

export type Workload = Deployment | StatefulSet;

export interface WorkloadStatus {
  observedGeneration?: number;
  replicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  updatedReplicas?: number;
}

export interface SpecTag {
  name: string;
  from?: { kind: string; name: string };
  importPolicy?: { scheduled?: boolean; importMode?: string };
  referencePolicy?: { type: string };
  generation?: number | null;
}

export interface StatusTag {
  tag: string;
  /** Newest first. */
  items: { created: string; dockerImageReference: string; image: string; generation: number }[];
  conditions?: Condition[];
}

export interface ImageStream {
  apiVersion: "image.openshift.io/v1";
  kind: "ImageStream";
  metadata: Metadata;
  spec: { lookupPolicy: { local: boolean }; tags: SpecTag[] };
  status: { dockerImageRepository: string; tags?: StatusTag[] };
}

/** What stands at each API path. */
export interface Resources {
  pods: Pod;
  deployments: Deployment;
  statefulsets: StatefulSet;
  imagestreams: ImageStream;
}
export type Resource = keyof Resources;
export type AnyObject = Resources[Resource];

export const resourceNames: Resource[] = ["pods", "deployments", "statefulsets", "imagestreams"];

/** Time as the API writes it: whole seconds. */
export function now(secondsLater = 0): string {
  return `${new Date(Date.now() + secondsLater * 1000).toISOString().slice(0, 19)}Z`;
}

/** A `Status` object: the API's answer to everything that fails. */
export function failure(code: number, reason: string, message: string) {
  return { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", message, reason, code };
}
