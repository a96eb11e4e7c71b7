import { describe, expect, test } from "vitest";
import { createOpenShift } from "../../../functions/services/openshift.ts";
import { type Answer, failure, json, startFakeCluster, token } from "../../support/fake-cluster.ts";

const silence: Answer = () => undefined;

const stream = (importPolicy: object = {}) => ({
  metadata: { name: "worker", resourceVersion: "7" },
  spec: {
    tags: [
      {
        name: "prod",
        from: { kind: "DockerImage", name: "quay.io/packit/packit-worker:prod" },
        importPolicy,
        referencePolicy: { type: "Local" },
      },
    ],
  },
  status: { tags: [{ tag: "prod", items: [{ image: "sha256:b" }, { image: "sha256:a" }] }] },
});

const imported = (image: object) => json({ status: { images: [image] } }, 201);

describe("reading objects", () => {
  test("takes what is there and does without the rest", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [json({ items: [{}, { metadata: { name: "half" }, status: {} }] })],
      deployments: [json({ items: [{}] })],
      statefulsets: [json({ items: null })],
      imagestreams: [
        json({ items: [{}, { metadata: { name: "empty" }, status: { tags: [{ tag: "prod" }] } }] }),
      ],
    });

    const nothing = { component: null, phase: "Unknown", terminating: false, ready: false, restarts: 0 };
    const pods = await cluster.pods();
    expect(pods).toMatchObject([
      { name: "", ...nothing },
      { name: "half", ...nothing, waitingReasons: [], startedAt: null, images: [], owner: null },
    ]);
    expect(await cluster.workloads()).toEqual([
      {
        kind: "Deployment",
        name: "",
        component: null,
        desired: 1,
        ready: 0,
        updated: 0,
        updateRevision: null,
        orderedReady: false,
        image: "",
        digest: null,
      },
    ]);
    expect(await cluster.streams()).toEqual([
      { name: "", tags: [] },
      { name: "empty", tags: [{ tag: "prod", digest: null, from: null, scheduled: false }] },
    ]);
    expect(new Set(requests.map((each) => each.authorization))).toEqual(new Set([`Bearer ${token}`]));
  });

  test("reads a pod in all its parts", async () => {
    const { cluster } = await startFakeCluster({
      pods: [
        json({
          items: [
            {
              metadata: {
                name: "web-5f6d7-x",
                labels: { component: "web", "pod-template-hash": "5f6d7" },
                deletionTimestamp: "2026-11-23T12:00:00Z",
                ownerReferences: [
                  {
                    apiVersion: "apps/v1",
                    kind: "ReplicaSet",
                    name: "web-5f6d7",
                    uid: "1",
                    controller: true,
                  },
                ],
              },
              spec: {
                containers: [
                  { name: "web", image: "quay.io:443/packit/dashboard:prod" },
                  { name: "side", image: "registry/ns/side@sha256:0" },
                  { name: "bare", image: "quay.io/packit/bare:prod" },
                ],
              },
              status: {
                phase: "Running",
                startTime: "2026-11-23T11:00:00Z",
                conditions: [{ type: "Ready", status: "True" }],
                initContainerStatuses: [{ name: "init", restartCount: 2 }],
                containerStatuses: [
                  {
                    name: "web",
                    restartCount: 1,
                    imageID: "docker-pullable://quay.io/packit/dashboard@sha256:ab12",
                  },
                  { name: "side", imageID: "", state: { waiting: { reason: "ImagePullBackOff" } } },
                  { name: "bare", imageID: "sha256:c0" },
                ],
              },
            },
          ],
        }),
      ],
    });

    expect(await cluster.pods()).toEqual([
      {
        name: "web-5f6d7-x",
        uid: "",
        component: "web",
        phase: "Running",
        terminating: true,
        goneBy: "2026-11-23T12:00:00.000Z",
        ended: false,
        revision: null,
        ready: true,
        restarts: 3,
        waitingReasons: ["ImagePullBackOff"],
        startedAt: "2026-11-23T11:00:00.000Z",
        images: [
          { container: "web", image: "dashboard", digest: "sha256:ab12" },
          { container: "side", image: "side", digest: null },
          { container: "bare", image: "bare", digest: "sha256:c0" },
        ],
        owner: { kind: "Deployment", name: "web" },
      },
    ]);
  });

  test("does not believe a workload's counts from before its newest template", async () => {
    const workload = { metadata: { name: "w", generation: 3 }, spec: { replicas: 2 } };
    const status = { readyReplicas: 2, updatedReplicas: 2 };
    const { cluster } = await startFakeCluster({
      deployments: [json({ items: [{ ...workload, status: { ...status, observedGeneration: 2 } }] })],
      statefulsets: [json({ items: [{ ...workload, status: { ...status, observedGeneration: 3 } }] })],
    });

    expect((await cluster.workloads()).map((each) => each.updated)).toEqual([0, 2]);
  });
});

describe("an import", () => {
  test("keeps the tag's policies and names the version that it read", async () => {
    const policy = { scheduled: true, importMode: "Legacy" };
    const { cluster, requests } = await startFakeCluster({
      worker: [json(stream(policy))],
      imagestreamimports: [
        imported({ tag: "prod", image: { metadata: { name: "sha256:c" } }, status: { status: "Success" } }),
      ],
    });

    expect(await cluster.importStream("worker", "prod", "quay.io/packit/packit-worker:prod")).toEqual({
      digest: "sha256:c",
    });

    expect(requests.at(-1)).toMatchObject({
      method: "POST",
      path: "/apis/image.openshift.io/v1/namespaces/ns/imagestreamimports",
      body: {
        kind: "ImageStreamImport",
        metadata: { name: "worker", namespace: "ns", resourceVersion: "7" },
        spec: {
          import: true,
          images: [
            {
              from: { kind: "DockerImage", name: "quay.io/packit/packit-worker:prod" },
              to: { name: "prod" },
              importPolicy: policy,
              referencePolicy: { type: "Local" },
            },
          ],
        },
      },
    });
  });

  test.each([
    [
      "its words",
      { status: { status: "Failure", message: "manifest unknown", reason: "NotFound" } },
      "manifest unknown",
    ],
    ["its reason where it has no words", { status: { status: "Failure", reason: "NotFound" } }, "NotFound"],
    ["that none was given", { status: { status: "Success" } }, "no reason"],
  ])("that fails tells %s", async (_, image, words) => {
    const { cluster } = await startFakeCluster({
      worker: [json(stream())],
      imagestreamimports: [imported(image)],
    });

    const importing = cluster.importStream("worker", "prod", "quay.io/packit/packit-worker:prod");

    await expect(importing).rejects.toMatchObject({
      name: "ImportFailed",
      message: expect.stringContaining(words),
    });
  });

  test("begins anew when the stream changed meanwhile, but not for ever", async () => {
    const done = imported({ image: { metadata: { name: "sha256:c" } }, status: { status: "Success" } });
    const conflict = json(failure(409), 409);
    const once = await startFakeCluster({
      worker: [json(stream()), json(stream())],
      imagestreamimports: [conflict, done],
    });
    const always = await startFakeCluster({
      worker: [json(stream()), json(stream()), json(stream())],
      imagestreamimports: [conflict, conflict, conflict],
    });

    expect(await once.cluster.importStream("worker", "prod", "a/b/c:prod")).toEqual({ digest: "sha256:c" });
    const importing = always.cluster.importStream("worker", "prod", "a/b/c:prod");
    await expect(importing).rejects.toMatchObject({ name: "RequestRefused" });
    expect(always.requests).toHaveLength(6);
  });
});

describe("a failure", () => {
  test.each([
    [401, "PermissionDenied"],
    [403, "PermissionDenied"],
    [404, "NotFound"],
    [422, "RequestRefused"],
    [500, "ServiceUnavailable"],
    [503, "ServiceUnavailable"],
  ])("of status %i is %s, and never quotes the answer or the token", async (status, name) => {
    const { cluster } = await startFakeCluster({
      pods: [json(failure(status), status)],
      imagestreams: [json(failure(status), status)],
    });

    for (const call of [() => cluster.pods(), () => cluster.streams()]) {
      const thrown = await call().catch((error: Error) => error);
      expect(thrown).toMatchObject({ name });
      const { cause, message } = thrown as Error;
      expect(`${message} ${JSON.stringify(cause)} ${(cause as Error).message}`).not.toContain(token);
    }
  });

  test("of status 429 says when to try again", async () => {
    const { cluster } = await startFakeCluster({ pods: [json(failure(429), 429, { "retry-after": "7" })] });

    await expect(cluster.pods()).rejects.toMatchObject({ name: "RateLimited", retryAfterSeconds: 7 });
  });

  test.each<[string, Answer]>([
    ["no answer in time", silence],
    ["a connection that breaks", (response) => void response.destroy()],
    [
      "a page instead of JSON",
      (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    ],
    [
      "half of the JSON",
      (response) => void response.writeHead(200, { "content-type": "application/json" }).end('{"items"'),
    ],
  ])("as %s is ServiceUnavailable", async (_, answer) => {
    const { cluster } = await startFakeCluster({ pods: [answer], imagestreams: [answer] });

    await expect(cluster.pods()).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(cluster.streams()).rejects.toMatchObject({ name: "ServiceUnavailable" });
  });

  test("is a plain-HTTP address of another machine: the token would be readable", () => {
    const options = { namespace: "ns", token };

    expect(() => createOpenShift({ ...options, apiUrl: "http://api.example.org" })).toThrow(
      expect.objectContaining({ name: "BadConfiguration" }),
    );
    expect(() => createOpenShift({ ...options, apiUrl: "https://api.example.org" })).not.toThrow();
  });
});

describe("whether a pod runs no more for sure", () => {
  const container = (state: object) => ({
    spec: { containers: [{ name: "main", image: "a" }] },
    status: { phase: "Running", containerStatuses: [{ name: "main", state }] },
  });
  const condition = (reason: string) => ({
    ...container({ running: {} }),
    status: { phase: "Unknown", conditions: [{ type: "DisruptionTarget", status: "True", reason }] },
  });
  test.each<[string, object, boolean]>([
    ["its container ended", container({ terminated: { exitCode: 0 } }), true],
    ["it runs", container({ running: {} }), false],
    ["its node is silent", { ...container({ running: {} }), status: { phase: "Unknown" } }, false],
    ["its node was drained", condition("EvictionByEvictionAPI"), false],
    ["its node is gone", condition("DeletionByPodGC"), true],
    ["it ran to its end", { status: { phase: "Failed" } }, true],
    [
      "one of two containers has not reported",
      { ...container({ terminated: {} }), spec: { containers: [{}, {}] } },
      false,
    ],
  ])("%s", async (_, pod, ended) => {
    const { cluster } = await startFakeCluster({ pods: [json({ items: [pod] })] });
    expect(await cluster.pods()).toMatchObject([{ ended }]);
  });
});

describe("deleting a pod", () => {
  const pod = { name: "worker-0", uid: "uid-7" };

  test("means this very pod, with its grace period or without", async () => {
    const { cluster, requests } = await startFakeCluster({ "worker-0": [json({}), json({})] });
    await cluster.deletePod(pod, false);
    await cluster.deletePod(pod, true);
    expect(requests.map(({ method, body }) => [method, body])).toEqual([
      ["DELETE", { preconditions: { uid: "uid-7" } }],
      ["DELETE", { preconditions: { uid: "uid-7" }, gracePeriodSeconds: 0 }],
    ]);
  });

  test.each([404, 409])("is done when the pod is gone, or its name belongs to another (%d)", async (code) => {
    const { cluster } = await startFakeCluster({ "worker-0": [json(failure(code), code)] });
    await expect(cluster.deletePod(pod, true)).resolves.toBeUndefined();
  });

  test("is refused to who may not", async () => {
    const { cluster } = await startFakeCluster({ "worker-0": [json(failure(403), 403)] });
    await expect(cluster.deletePod(pod, true)).rejects.toMatchObject({ name: "PermissionDenied" });
  });
});

describe("asked to slow down", () => {
  const busy = (seconds: string) => json(failure(429), 429, { "retry-after": seconds });

  test("waits as long as the server says, and then has its answer", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [busy("0"), busy("0"), json({ items: [] })],
    });
    expect(await cluster.pods()).toEqual([]);
    expect(requests).toHaveLength(3);
  });

  test("leaves a long wait to the state machine", async () => {
    const { cluster, requests } = await startFakeCluster({ pods: [busy("60"), json({ items: [] })] });
    await expect(cluster.pods()).rejects.toMatchObject({ name: "RateLimited" });
    expect(requests).toHaveLength(1);
  });

  test("does not wait for ever", async () => {
    const always = Array.from({ length: 9 }, () => busy("0"));
    const { cluster } = await startFakeCluster({ pods: always });
    await expect(cluster.pods()).rejects.toMatchObject({ name: "RateLimited" });
    expect(always.length).toBeGreaterThan(0);
  });
});
