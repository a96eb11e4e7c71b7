import { ApiException, type ConfigurationOptions } from "@kubernetes/client-node";
import { type ClusterName, config } from "../runtime/config.ts";
import { ImportFailed, NotFound, RequestRefused } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { type Client, createClient, itemsOf } from "./openshift-client.ts";
import {
  type Pod,
  podOf,
  type RawStream,
  rawImport,
  rawStream,
  rawStreamList,
  type Stream,
  streamOf,
  type Workload,
  workloadOf,
} from "./openshift-objects.ts";
import { watch } from "./openshift-watch.ts";

export type { Pod, PodImage, Stream, StreamTag, Workload } from "./openshift-objects.ts";

/** One namespace of one cluster. Every call but the watch gives up after 10 s, an import after 60 s. */
export interface OpenShift {
  streams(): Promise<Stream[]>;
  /**
   * Imports an image now and lets the tag follow `from`, as `oc import-image` does; how the tag is imported and
   * referenced stays as it is. A new digest makes the workloads that follow the stream roll.
   *
   * @param from `quay.io/packit/packit-worker:prod`, or `…@sha256:…` to pin.
   * @returns the digest that the tag holds now; for an image of several architectures that of one sub-manifest.
   * @throws ImportFailed with the cluster's words; NotFound when there is no such stream.
   */
  importStream(stream: string, tag: string, from: string): Promise<{ digest: string }>;
  /** Switches the periodic import of a stream's tag; fine when it is so already. NotFound without such a stream. */
  setScheduled(stream: string, tag: string, scheduled: boolean): Promise<void>;
  pods(): Promise<Pod[]>;
  /**
   * Deletes this very pod, and none that took its name since; fine when it is gone already.
   * @param force at once, without the grace period: what it runs may still run on its node.
   */
  deletePod(pod: Pick<Pod, "name" | "uid">, force: boolean): Promise<void>;
  /** Deployments, then StatefulSets. */
  workloads(): Promise<Workload[]>;
  /**
   * Shows all pods to `onChange`, first as they are and then after every change, until it returns true ("stopped")
   * or the time is over ("timeout"). Lives through broken connections, expired versions and limits.
   *
   * @throws StablehandError when the API cannot be read; what `onChange` throws; the reason of an aborted `signal`.
   */
  watchPods(
    options: { timeoutSeconds: number; signal?: AbortSignal },
    onChange: (pods: Pod[]) => boolean,
  ): Promise<"stopped" | "timeout">;
}

export interface OpenShiftOptions {
  apiUrl: string;
  namespace: string;
  token: string;
  /** For all calls but imports and watches. */
  requestTimeoutMs?: number;
}

const IMPORT_TIMEOUT_MS = 60_000;
const CONFLICT_TRIES = 3;
const images = { group: "image.openshift.io", version: "v1" };

/** @throws BadConfiguration when the token would go over plain HTTP to another machine. */
export function createOpenShift(options: OpenShiftOptions): OpenShift {
  const { apiUrl, namespace, token, requestTimeoutMs = 10_000 } = options;
  const client = createClient({ apiUrl, namespace, token, requestTimeoutMs });
  return {
    streams: async () => (await readStreams(client)).map(streamOf),

    async importStream(stream, tag, from) {
      const answer = await despiteConflicts(() => requestImport(client, stream, tag, from));
      return { digest: importedDigest(answer, `${stream}:${tag}`, from) };
    },

    setScheduled: (stream, tag, scheduled) =>
      despiteConflicts(() => setScheduled(client, stream, tag, scheduled)),
    pods: async () => (await readPods(client)).pods.map(podOf),
    workloads: () => readWorkloads(client),
    deletePod: (pod, force) => deletePod(client, pod, force),

    async watchPods({ timeoutSeconds, signal }, onChange) {
      return await watch(
        {
          url: `${apiUrl}/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
          headers: { authorization: `Bearer ${token}` },
          what: `pods of ${namespace}`,
          list: (ended) => readPods(client, ended),
          timeoutSeconds,
          signal,
        },
        (pods) => onChange(pods.map(podOf)),
      );
    },
  };
}

async function readStreams({ call, custom, namespace }: Client): Promise<RawStream[]> {
  const request = { ...images, namespace, plural: "imagestreams" };
  return await call("image streams", async (limits) =>
    itemsOf(rawStreamList.parse(await custom.listNamespacedCustomObject(request, limits))),
  );
}

async function readPods({ call, core, namespace }: Client, signal?: AbortSignal) {
  const read = async (limits: ConfigurationOptions) => {
    const answer = await core.listNamespacedPod({ namespace }, limits);
    return { version: answer.metadata?.resourceVersion ?? "", pods: itemsOf(answer) };
  };
  return await call("pods", read, { signal });
}

async function deletePod(
  { call, core, namespace }: Client,
  { name, uid }: Pick<Pod, "name" | "uid">,
  force: boolean,
): Promise<void> {
  const body = { preconditions: { uid }, ...(force ? { gracePeriodSeconds: 0 } : {}) };
  try {
    await call(`the pod ${name}`, (limits) => core.deleteNamespacedPod({ name, namespace, body }, limits));
  } catch (thrown) {
    // 409: the name belongs to another pod by now.
    if (!(thrown instanceof NotFound) && !isConflict(thrown)) throw thrown;
  }
}

async function readWorkloads({ call, apps, namespace }: Client): Promise<Workload[]> {
  const [deployments, statefulSets] = await Promise.all([
    call("deployments", async (limits) =>
      itemsOf(await apps.listNamespacedDeployment({ namespace }, limits)),
    ),
    call("stateful sets", async (limits) =>
      itemsOf(await apps.listNamespacedStatefulSet({ namespace }, limits)),
    ),
  ]);
  return [
    ...deployments.map((each) => workloadOf("Deployment", each)),
    ...statefulSets.map((each) => workloadOf("StatefulSet", each)),
  ];
}

/** What `oc import-image` does: reads the stream, and posts an import that keeps the tag's policies. */
async function requestImport(
  { call, custom, namespace }: Client,
  name: string,
  tag: string,
  from: string,
): Promise<unknown> {
  const wanted = { ...images, namespace, plural: "imagestreams", name };
  const stream = await call(`the image stream ${name}`, async (limits) =>
    rawStream.parse(await custom.getNamespacedCustomObject(wanted, limits)),
  );
  const spec = stream.spec?.tags?.find((each) => each.name === tag);
  const image = {
    from: { kind: "DockerImage", name: from },
    to: { name: tag },
    importPolicy: spec?.importPolicy ?? {},
    referencePolicy: spec?.referencePolicy ?? { type: "Source" },
  };
  const body = {
    apiVersion: "image.openshift.io/v1",
    kind: "ImageStreamImport",
    // With the version, a change by somebody else in between is a conflict, so we never undo it unseen.
    metadata: { name, namespace, resourceVersion: stream.metadata?.resourceVersion ?? undefined },
    spec: { import: true, images: [image] },
  };
  const request = { ...images, namespace, plural: "imagestreamimports", body };
  return await call(
    `the import of ${from} into ${name}:${tag}`,
    (limits) => custom.createNamespacedCustomObject(request, limits),
    { timeoutMs: IMPORT_TIMEOUT_MS },
  );
}

/** A JSON Patch that tests the tag's name, so that a list that changed in between is refused and not damaged. */
async function setScheduled(
  { call, custom, namespace }: Client,
  name: string,
  tag: string,
  scheduled: boolean,
): Promise<void> {
  const wanted = { ...images, namespace, plural: "imagestreams", name };
  const what = `the image stream ${name}`;
  const stream = await call(what, async (limits) =>
    rawStream.parse(await custom.getNamespacedCustomObject(wanted, limits)),
  );
  const index = stream.spec?.tags?.findIndex((each) => each.name === tag) ?? -1;
  const policy = stream.spec?.tags?.[index]?.importPolicy;
  if (index < 0 || (policy?.scheduled ?? false) === scheduled) return;
  const path = `/spec/tags/${index}`;
  const body = [
    { op: "test", path: `${path}/name`, value: tag },
    { op: "add", path: `${path}/importPolicy`, value: { ...policy, scheduled } },
  ];
  await call(what, (limits) => custom.patchNamespacedCustomObject({ ...wanted, body }, limits));
}

function importedDigest(answer: unknown, target: string, from: string): string {
  const imported = rawImport.safeParse(answer).data?.status?.images?.[0];
  const refused = imported?.status?.status === "Failure";
  const digest = imported?.image?.metadata?.name;
  if (!refused && digest) return digest;
  const words = imported?.status?.message || imported?.status?.reason || "it gave no reason";
  throw new ImportFailed(
    `OpenShift did not import ${from} into ${target}: ${words}. Check that the image is at Quay, then import again.`,
  );
}

/** Somebody else wrote the object between our look and our change: look again. */
async function despiteConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (!isConflict(thrown) || attempt === CONFLICT_TRIES) throw thrown;
    }
  }
}

function isConflict(thrown: unknown): boolean {
  if (!(thrown instanceof RequestRefused)) return false;
  return thrown.cause instanceof ApiException && thrown.cause.code === 409;
}

const production = lazy(async () =>
  createOpenShift({ ...config().clusters.production, token: (await secret("openshift")).productionToken }),
);
const staging = lazy(async () =>
  createOpenShift({ ...config().clusters.staging, token: (await secret("openshift")).stagingToken }),
);

/** The cluster, with the address from the configuration and the token from the secret. */
export async function openshift(cluster: ClusterName): Promise<OpenShift> {
  return await (cluster === "production" ? production() : staging());
}
