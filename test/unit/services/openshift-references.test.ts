import { expect, test } from "vitest";
import { readReferences } from "../../../functions/services/openshift-references.ts";
import { failure, json, startFakeCluster, token } from "../../support/fake-cluster.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

test("every image that a cluster names anywhere is found, earlier ones of a stream included", async () => {
  const { url } = await startFakeCluster({
    pods: [
      json({
        items: [
          {
            spec: {
              containers: [{ name: "a", image: "quay.io/packit/sandcastle:main-1234567" }],
              initContainers: [{ name: "b", image: `quay.io/packit/dashboard@${digest("b")}` }],
            },
            status: { containerStatuses: [{ name: "a", imageID: `quay.io/packit/x@${digest("c")}` }] },
          },
        ],
      }),
    ],
    deployments: [
      json({
        items: [{ spec: { template: { spec: { containers: [{ name: "d", image: digest("d") }] } } } }],
      }),
    ],
    statefulsets: [json({ items: null })],
    imagestreams: [
      json({
        items: [
          {
            spec: {
              tags: [{ name: "prod", from: { kind: "DockerImage", name: "quay.io/packit/dashboard:prod" } }],
            },
            status: { tags: [{ tag: "prod", items: [{ image: digest("e") }, { image: digest("f") }] }] },
          },
        ],
      }),
    ],
  });

  const found = await readReferences({ apiUrl: url, namespace: "packit--prod", token });

  expect([...found.digests].sort()).toEqual(["b", "c", "d", "e", "f"].map(digest));
  expect([...found.names].sort()).toEqual([
    "quay.io/packit/dashboard:prod",
    "quay.io/packit/sandcastle:main-1234567",
  ]);
});

test("a list that cannot be read is an error, and not nothing", async () => {
  const { url } = await startFakeCluster({
    pods: [json({ items: [] })],
    deployments: [json(failure(403), 403)],
    statefulsets: [json({ items: [] })],
    imagestreams: [json({ items: [] })],
  });
  const reading = readReferences({ apiUrl: url, namespace: "packit--prod", token });
  await expect(reading).rejects.toMatchObject({ name: "PermissionDenied" });
});
