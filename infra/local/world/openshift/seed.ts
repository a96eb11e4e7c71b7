import type { ClusterConfig, Config, ImageConfig } from "../../../../functions/runtime/config.ts";
import type { Deployment, ImageStream, StatefulSet, Workload } from "./objects.ts";
import type { Draft } from "./store.ts";

/** The objects of a namespace on its first day, made from the configuration. No image is resolved yet. */

interface Shape {
  kind: Workload["kind"];
  name: string;
  replicas: number;
  strategy?: "Recreate" | "RollingUpdate";
}

/** The Packit team's workloads by the stream that they follow. */
const packitShapes: Record<string, Shape[]> = {
  "packit-service": [{ kind: "Deployment", name: "packit-service", replicas: 1, strategy: "Recreate" }],
  "packit-worker": [
    { kind: "StatefulSet", name: "packit-worker-short-running", replicas: 2 },
    { kind: "StatefulSet", name: "packit-worker-long-running", replicas: 2 },
    { kind: "StatefulSet", name: "packit-service-beat", replicas: 1 },
  ],
  "packit-dashboard": [{ kind: "Deployment", name: "packit-dashboard", replicas: 2 }],
};

/** Every other stream, also another team's, has one Deployment of its name. */
function shapesOf(stream: string): Shape[] {
  return packitShapes[stream] ?? [{ kind: "Deployment", name: stream, replicas: 1 }];
}

/** The annotation by which a workload follows an image stream. */
export const TRIGGERS = "image.openshift.io/triggers";

export interface Trigger {
  from: { kind: "ImageStreamTag"; name: string };
  fieldPath: string;
}

/** Images that have a stream, once per stream. */
export function streamImages(config: Config): (ImageConfig & { stream: string })[] {
  const byStream = new Map<string, ImageConfig & { stream: string }>();
  for (const repository of config.repositories) {
    for (const image of repository.build?.images ?? []) {
      if (image.stream) byStream.set(image.stream, { ...image, stream: image.stream });
    }
  }
  return [...byStream.values()];
}

export function seedStream(config: Config, cluster: ClusterConfig, image: ImageConfig): Draft<ImageStream> {
  const { registry, namespace } = config.quay;
  const name = image.stream ?? image.name;
  return {
    apiVersion: "image.openshift.io/v1",
    kind: "ImageStream",
    metadata: { name, generation: 1 },
    spec: {
      lookupPolicy: { local: true },
      tags: [
        {
          name: cluster.tag,
          from: {
            kind: "DockerImage",
            name: `${registry}/${namespace}/${image.name}:${cluster.tag}`,
          },
          importPolicy: { scheduled: true, importMode: "Legacy" },
          referencePolicy: { type: "Source" },
          generation: 1,
        },
      ],
    },
    status: {
      dockerImageRepository: `image-registry.openshift-image-registry.svc:5000/${cluster.namespace}/${name}`,
    },
  };
}

export function seedWorkloads(
  cluster: ClusterConfig,
  image: ImageConfig,
): (Draft<Deployment> | Draft<StatefulSet>)[] {
  const stream = image.stream ?? image.name;
  return shapesOf(stream).map((shape) => workload(shape, stream, image.name, cluster.tag));
}

function workload(
  shape: Shape,
  stream: string,
  image: string,
  tag: string,
): Draft<Deployment> | Draft<StatefulSet> {
  const labels = { component: shape.name };
  const triggers: Trigger[] = [
    {
      from: { kind: "ImageStreamTag", name: `${stream}:${tag}` },
      fieldPath: `spec.template.spec.containers[?(@.name=="${image}")].image`,
    },
  ];
  const metadata = {
    name: shape.name,
    generation: 1,
    labels,
    annotations: { [TRIGGERS]: JSON.stringify(triggers) },
  };
  const spec = {
    replicas: shape.replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      // One space is what people write where a trigger is to fill in the image.
      spec: { containers: [{ name: image, image: " " }], terminationGracePeriodSeconds: 10 },
    },
  };
  if (shape.kind === "Deployment") {
    const deployment: Draft<Deployment> = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: { ...spec, strategy: { type: shape.strategy ?? "RollingUpdate" } },
      status: {},
    };
    return deployment;
  }
  const statefulSet: Draft<StatefulSet> = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata,
    spec: {
      ...spec,
      serviceName: shape.name,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    },
    status: {},
  };
  return statefulSet;
}
