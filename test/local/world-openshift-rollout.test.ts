import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Pod } from "../../functions/services/openshift.ts";
import { createPackit } from "../../functions/services/packit.ts";
import { startPackit } from "../../infra/local/world/packit.ts";
import {
  of,
  pushNext,
  runs,
  settled,
  standstill,
  startCluster,
  watchUntil,
  workerImage,
} from "../support/openshift-world.ts";

describe("an import", () => {
  test("takes over the new image, keeps how the tag is imported, and rolls StatefulSets one pod at a time", async () => {
    const { quay, production } = await startCluster();
    const digest = await pushNext(quay, "packit-worker");
    const before = await production.pods();

    let imported: { digest: string } | undefined;
    const seen = await watchUntil(production, "packit-worker", digest, async () => {
      imported = await production.importStream("packit-worker", "prod", workerImage);
    });

    expect(imported).toEqual({ digest });
    const worker = (await production.streams()).find((each) => each.name === "packit-worker");
    expect(worker?.tags).toEqual([
      { tag: "prod", digest, from: "quay.io/packit/packit-worker:prod", scheduled: true },
    ]);
    for (const component of ["packit-worker-short-running", "packit-worker-long-running"]) {
      const steps = seen.map((pods) => of(pods, component));
      const unsettled = steps.map((pods) => 2 - pods.filter(settled).length);
      expect(Math.max(...unsettled)).toBe(1);
      const half = steps.find((pods) => pods.some((each) => runs(each, digest)));
      expect(half?.find((each) => runs(each, digest))?.name).toBe(`${component}-1`);
      expect(half?.find((each) => each.name === `${component}-0`)?.images).toEqual(
        before.find((each) => each.name === `${component}-0`)?.images,
      );
    }
    expect(seen.flat().some((each) => each.waitingReasons.includes("ContainerCreating"))).toBe(true);
    expect(await production.workloads()).toContainEqual(
      expect.objectContaining({ name: "packit-worker-long-running", ready: 2, updated: 2, digest }),
    );
  });

  test("of the service ends its pod first", async () => {
    const { quay, production } = await startCluster();
    const digest = await pushNext(quay, "packit-service");

    const seen = await watchUntil(production, "packit-service", digest, () =>
      production.importStream("packit-service", "prod", "quay.io/packit/packit-service:prod"),
    );

    expect(seen.every((pods) => pods.length <= 1)).toBe(true);
    expect(seen.some((pods) => pods.length === 0)).toBe(true);
  });

  test("of a rolling Deployment never has fewer pods ready than wanted", async () => {
    const { quay, production } = await startCluster();
    const digest = await pushNext(quay, "dashboard", ["amd64"]);
    const before = new Set(of(await production.pods(), "packit-dashboard").map((each) => each.name));

    const seen = await watchUntil(production, "dashboard", digest, () =>
      production.importStream("packit-dashboard", "prod", "quay.io/packit/dashboard:prod"),
    );

    expect(Math.min(...seen.map((pods) => pods.filter(settled).length))).toBe(2);
    expect(Math.max(...seen.map((pods) => pods.filter((each) => !each.terminating).length))).toBe(3);
    expect(seen.at(-1)?.some((each) => before.has(each.name))).toBe(false);
  });

  test("of what Quay does not have fails in the image's own status, and changes nothing", async () => {
    const { production } = await startCluster();
    const before = await production.streams();

    const importing = production.importStream("packit-worker", "prod", "quay.io/packit/packit-worker:gone");

    await expect(importing).rejects.toMatchObject({
      name: "ImportFailed",
      message: expect.stringContaining('"quay.io/packit/packit-worker:gone" not found'),
    });
    expect(await production.streams()).toEqual(before);
  });

  test("of what stands there already rolls nothing", async () => {
    const { production } = await startCluster();
    const before = await production.pods();

    await production.importStream("packit-worker", "prod", workerImage);

    expect(await production.pods()).toEqual(before);
  });

  test("comes by itself within 15 minutes", async () => {
    const { quay, staging } = await startCluster();
    const contents = { dashboard: "new" };
    const at = new Date();
    const digest = await quay.push({
      image: "dashboard",
      tags: ["stg"],
      architectures: ["amd64"],
      contents,
      at,
    });

    await watchUntil(staging, "dashboard", digest);
  });
});

test("the service's API tells what its pod runs, and is away while none runs", async () => {
  const { ctx, quay, emulator, production } = await startCluster({ timers: standstill() });
  const service = await startPackit(ctx, emulator);
  onTestFinished(() => service.close());
  const api = createPackit({ serviceUrl: service.productionUrl });
  const staging = createPackit({ serviceUrl: service.stagingUrl });

  expect(await api.health()).toEqual({ status: "ok" });
  expect((await api.system()).packit_service).toMatchObject({ commit: "prod1" });
  await pushNext(quay, "packit-service");
  await production.importStream("packit-service", "prod", "quay.io/packit/packit-service:prod");

  await expect(api.health()).rejects.toMatchObject({ name: "ServiceUnavailable" });
  await expect(api.system()).rejects.toMatchObject({ name: "ServiceUnavailable" });
  expect((await staging.system()).packit_service).toMatchObject({ commit: "stg1" });
});

test("a rollout that a restart interrupts goes on from where it was saved", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "stablehand-"));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const slow = standstill();
  const first = await startCluster({ stateDir, timers: slow });
  const digest = await pushNext(first.quay, "packit-worker");
  await first.production.importStream("packit-worker", "prod", workerImage);
  const before = await first.production.pods();
  expect(before.filter((each) => each.terminating)).toHaveLength(3);
  slow.close();
  await first.emulator.close();
  await first.quay.close();

  const second = await startCluster({ stateDir });

  const streams = await second.production.streams();
  expect(streams.find((each) => each.name === "packit-worker")?.tags[0]?.digest).toBe(digest);
  await watchUntil(second.production, "packit-worker", digest);
  const after = await second.production.pods();
  const kept = (pods: Pod[]) => of(pods, "packit-dashboard").map((each) => each.name);
  expect(kept(after)).toEqual(kept(before));
});
