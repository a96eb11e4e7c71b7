import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseConfig } from "../../functions/runtime/config.ts";
import { createOpenShift, type OpenShift } from "../../functions/services/openshift.ts";
import { packit } from "../../infra/config/packit.ts";
import type { FaultName } from "../../infra/local/faults.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import { startOpenShift } from "../../infra/local/world/openshift/index.ts";
import { startQuay } from "../../infra/local/world/quay.ts";
import { pushNext, send, startCluster, workerImage } from "../support/openshift-world.ts";
import { worldContext } from "../support/world-context.ts";

/** What the emulated cluster does as a real one does when things go wrong. */

const withFault = (...names: FaultName[]) => startCluster({ faults: createFaults(names) });
const podOf = async (cluster: OpenShift, name: string) =>
  (await cluster.pods()).find((each) => each.name === name);

describe("a crash loop of an OrderedReady StatefulSet", () => {
  test("stays when its stream goes back, until the broken pod is deleted", async () => {
    const { quay, production } = await withFault("crash-loop-after-migration");
    const old = (await production.streams()).find(({ name }) => name === "packit-worker")?.tags[0]?.digest;
    await pushNext(quay, "packit-worker");
    await production.importStream("packit-worker", "prod", workerImage);
    await vi.waitFor(async () => {
      expect((await podOf(production, "packit-worker-long-running-1"))?.waitingReasons).toEqual([
        "CrashLoopBackOff",
      ]);
    });

    await production.importStream("packit-worker", "prod", `quay.io/packit/packit-worker@${old}`);
    await vi.waitFor(async () => {
      const broken = await podOf(production, "packit-worker-long-running-1");
      expect(broken?.restarts).toBeGreaterThan(4);
      expect(broken?.ready).toBe(false);
    });
    const [set] = (await production.workloads()).filter(({ name }) => name === "packit-worker-long-running");
    const broken = await podOf(production, "packit-worker-long-running-1");
    expect(broken?.revision).not.toBe(set?.updateRevision);

    if (broken) await production.deletePod(broken, false);
    await vi.waitFor(async () => {
      const again = await podOf(production, "packit-worker-long-running-1");
      expect(again).toMatchObject({ ready: true, revision: set?.updateRevision });
      expect(again?.images[0]?.digest).toBe(old);
    });
  });
});

describe("a database that is ahead of an image", () => {
  test("keeps that image from starting", async () => {
    const ctx = worldContext();
    const quay = await startQuay(ctx);
    onTestFinished(() => quay.close());
    const push = async (sha: string, tags: string[]) =>
      await quay.push({
        image: "packit-service",
        tags,
        architectures: ["amd64"],
        contents: { "packit-service": sha },
        at: new Date(),
      });
    const old = await push("old", ["prod"]);
    const files: Record<string, string[]> = { old: ["alembic/1.py"], new: ["alembic/1.py", "alembic/2.py"] };
    const github = { filesBelow: async (_repository: string, sha: string) => files[sha] ?? [] };
    const emulator = await startOpenShift(ctx, { quay, github });
    onTestFinished(() => emulator.close());
    const { namespace } = parseConfig(packit).clusters.production;
    const cluster = createOpenShift({ apiUrl: emulator.url, namespace, token: emulator.tokens.production });
    const serviceIs = async (state: object) =>
      await vi.waitFor(async () => {
        const pods = (await cluster.pods()).filter(({ component }) => component === "packit-service");
        expect(pods).toMatchObject([state]);
      });
    await serviceIs({ ready: true });

    const migrated = await push("new", ["prod"]);
    await cluster.importStream("packit-service", "prod", "quay.io/packit/packit-service:prod");
    await serviceIs({ ready: true, images: [{ digest: migrated }] });
    await cluster.importStream("packit-service", "prod", `quay.io/packit/packit-service@${old}`);
    await serviceIs({ ready: false, waitingReasons: ["CrashLoopBackOff"], images: [{ digest: old }] });
    await cluster.importStream("packit-service", "prod", `quay.io/packit/packit-service@${migrated}`);
    await serviceIs({ ready: true, images: [{ digest: migrated }] });
  });
});

test("a pod that is stuck in Terminating stays through a graceful delete, and goes by a forced one", async () => {
  const { quay, production } = await withFault("stuck-pod");
  await pushNext(quay, "packit-worker");
  await production.importStream("packit-worker", "prod", workerImage);
  const stuck = await vi.waitFor(async () => {
    const found = (await production.pods()).find(({ terminating, ended }) => terminating && ended);
    if (!found) throw new Error("none is stuck yet");
    return found;
  });

  await production.deletePod(stuck, false);
  expect(await podOf(production, stuck.name)).toMatchObject({ uid: stuck.uid, terminating: true });
  await production.deletePod(stuck, true);
  await vi.waitFor(async () => {
    expect(await podOf(production, stuck.name)).toMatchObject({ ready: true });
  });
  expect((await podOf(production, stuck.name))?.uid).not.toBe(stuck.uid);
});

test("a pod that cannot pull its image comes up once its stream is imported again", async () => {
  const { quay, production } = await withFault("image-pull");
  await pushNext(quay, "packit-worker");
  await production.importStream("packit-worker", "prod", workerImage);
  await vi.waitFor(async () => {
    const reasons = (await production.pods()).flatMap(({ waitingReasons }) => waitingReasons);
    expect(reasons).toContain("ImagePullBackOff");
  });

  const { digest } = await production.importStream("packit-worker", "prod", workerImage);
  await vi.waitFor(async () => {
    const workers = (await production.pods()).filter(({ component }) =>
      component?.startsWith("packit-worker"),
    );
    for (const { ready, images } of workers) expect([ready, images[0]?.digest]).toEqual([true, digest]);
  });
});

describe("the service account", () => {
  test.each<[string, string, RequestInit]>([
    [
      "update imagestreams",
      "/apis/image.openshift.io/v1/namespaces/packit--prod/imagestreams/tokman",
      { method: "PUT", body: "{}" },
    ],
    ["get pods", "/api/v1/namespaces/packit--prod/pods/x", {}],
    ["watch deployments", "/apis/apps/v1/namespaces/packit--prod/deployments?watch=true", {}],
  ])("may not %s: no manifest allows it", async (_, path, init) => {
    const { emulator } = await startCluster();
    const headers = { authorization: `Bearer ${emulator.tokens.production}` };
    const answer = await send(emulator, path, { ...init, headers });
    expect(answer.status).toBe(403);
  });

  test("of staging may only look", async () => {
    const { emulator } = await startCluster();
    const headers = { authorization: `Bearer ${emulator.tokens.staging}` };
    const status = async (path: string, init: RequestInit = {}) =>
      (await send(emulator, path, { ...init, headers })).status;
    expect(await status("/api/v1/namespaces/packit--stg/pods")).toBe(200);
    expect(await status("/api/v1/namespaces/packit--stg/pods/x", { method: "DELETE" })).toBe(403);
  });
});
