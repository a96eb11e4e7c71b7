import { type ClusterName, config } from "../runtime/config.ts";
import { secret } from "../runtime/secrets.ts";
import { createClient, itemsOf } from "./openshift-client.ts";

/** The images that a namespace refers to. */
export interface ImageReferences {
  /** `sha256:…`, of manifests of single architectures mostly. */
  digests: Set<string>;
  /** By tag, as written: `quay.io/packit/sandcastle:prod`. */
  names: Set<string>;
}

export interface ReferenceOptions {
  apiUrl: string;
  namespace: string;
  token: string;
  requestTimeoutMs?: number;
}

const digestPattern = /sha256:[0-9a-f]{64}/g;
const namePattern = /"([a-z0-9][\w.-]*(?::\d+)?(?:\/[\w.-]+)+:[\w][\w.-]{0,127})"/g;

/**
 * Every image that pods, workloads and image streams name anywhere, a stream's earlier images and settings included:
 * what is found too much is kept, what is overlooked might be deleted. So this reads the objects as text, whatever their
 * fields.
 *
 * @throws StablehandError when any of the lists cannot be read: then nobody knows what is in use.
 */
export async function readReferences(options: ReferenceOptions): Promise<ImageReferences> {
  const { namespace } = options;
  const client = createClient({ requestTimeoutMs: 10_000, ...options });
  const streams = { group: "image.openshift.io", version: "v1", namespace, plural: "imagestreams" };
  const lists: unknown[] = await Promise.all([
    client.call("image streams", async (limits) =>
      itemsOf((await client.custom.listNamespacedCustomObject(streams, limits)) as { items?: unknown[] }),
    ),
    client.call("pods", async (limits) =>
      itemsOf(await client.core.listNamespacedPod({ namespace }, limits)),
    ),
    client.call("deployments", async (limits) =>
      itemsOf(await client.apps.listNamespacedDeployment({ namespace }, limits)),
    ),
    client.call("stateful sets", async (limits) =>
      itemsOf(await client.apps.listNamespacedStatefulSet({ namespace }, limits)),
    ),
  ]);
  return referencesIn(JSON.stringify(lists));
}

function referencesIn(text: string): ImageReferences {
  return {
    digests: new Set(text.match(digestPattern)),
    names: new Set([...text.matchAll(namePattern)].map(([, name]) => name as string)),
  };
}

/** Of a cluster of the configuration. */
export async function clusterReferences(cluster: ClusterName): Promise<ImageReferences> {
  const { productionToken, stagingToken } = await secret("openshift");
  const token = cluster === "production" ? productionToken : stagingToken;
  return await readReferences({ ...config().clusters[cluster], token });
}
