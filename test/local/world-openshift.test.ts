import { describe, expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../functions/runtime/config.ts";
import { createOpenShift } from "../../functions/services/openshift.ts";
import { packit } from "../../infra/config/packit.ts";
import {
  of,
  pushNext,
  send,
  settled,
  startCluster,
  watchUntil,
  workerImage,
} from "../support/openshift-world.ts";

describe("on the first day", () => {
  test("streams follow Quay's tags and hold one architecture of a list", async () => {
    const { quay, production, staging } = await startCluster();

    const streams = await production.streams();

    expect(streams.map((each) => each.name)).toEqual([
      "packit-dashboard",
      "packit-service",
      "packit-service-fedmsg",
      "packit-worker",
      "tokman",
    ]);
    const worker = streams.find((each) => each.name === "packit-worker")?.tags[0];
    expect(worker).toMatchObject({ tag: "prod", from: "quay.io/packit/packit-worker:prod", scheduled: true });
    expect(quay.contents(worker?.digest ?? "")).toEqual({ "packit-service": "prod1" });
    const other = (await staging.streams()).find((each) => each.name === "packit-worker")?.tags[0];
    expect(quay.contents(other?.digest ?? "")).toEqual({ "packit-service": "stg1" });
  });

  test("all pods run what their stream holds", async () => {
    const { production } = await startCluster();

    const streams = new Map((await production.streams()).map((each) => [each.name, each.tags[0]?.digest]));
    const pods = await production.pods();
    const workloads = await production.workloads();

    expect(pods.filter(settled)).toHaveLength(10);
    for (const pod of of(pods, "packit-worker-long-running")) {
      expect(pod.images[0]).toMatchObject({ image: "packit-worker", digest: streams.get("packit-worker") });
      expect(pod.owner).toEqual({ kind: "StatefulSet", name: "packit-worker-long-running" });
    }
    expect(of(pods, "packit-dashboard")[0]?.owner).toEqual({ kind: "Deployment", name: "packit-dashboard" });
    expect(
      workloads.map(({ kind, name, desired, ready, updated, image }) => [
        kind,
        name,
        desired,
        ready,
        updated,
        image,
      ]),
    ).toEqual([
      ["Deployment", "packit-dashboard", 2, 2, 2, "dashboard"],
      ["Deployment", "packit-service", 1, 1, 1, "packit-service"],
      ["Deployment", "packit-service-fedmsg", 1, 1, 1, "packit-service-fedmsg"],
      ["Deployment", "tokman", 1, 1, 1, "tokman"],
      ["StatefulSet", "packit-service-beat", 1, 1, 1, "packit-worker"],
      ["StatefulSet", "packit-worker-long-running", 2, 2, 2, "packit-worker"],
      ["StatefulSet", "packit-worker-short-running", 2, 2, 2, "packit-worker"],
    ]);
  });

  test("another team's streams have one Deployment each; a tag that is not at Quay has no pods yet", async () => {
    const other: ConfigInput = {
      ...packit,
      post: {},
      health: {},
      repositories: [
        {
          name: "shop",
          build: {
            workflow: ".github/workflows/build.yml",
            dispatch: true,
            images: [
              { name: "dashboard", stream: "shop" },
              { name: "later", stream: "later" },
            ],
          },
        },
      ],
    };
    const { production } = await startCluster({ config: parseConfig(other) });

    expect((await production.pods()).map((each) => each.component)).toEqual(["shop"]);
    expect(await production.workloads()).toMatchObject([
      { name: "later", desired: 1, ready: 0, digest: null },
      { name: "shop", desired: 1, ready: 1 },
    ]);
  });
});

const streamPath = "/apis/image.openshift.io/v1/namespaces/packit--prod/imagestreams/packit-worker";
const podsPath = "/api/v1/namespaces/packit--prod/pods";

describe("the API", () => {
  test("is closed without a token and in other namespaces", async () => {
    const { emulator } = await startCluster();
    const { url, tokens } = emulator;
    const stranger = createOpenShift({ apiUrl: url, namespace: "packit--prod", token: "sha256~wrong" });
    const neighbour = createOpenShift({ apiUrl: url, namespace: "packit--prod", token: tokens.staging });

    await expect(stranger.pods()).rejects.toMatchObject({ name: "PermissionDenied", message: /401/ });
    await expect(neighbour.streams()).rejects.toMatchObject({ name: "PermissionDenied", message: /403/ });
    const watching = neighbour.watchPods({ timeoutSeconds: 5 }, () => false);
    await expect(watching).rejects.toMatchObject({ name: "PermissionDenied" });
  });

  test("knows no stream that is not there", async () => {
    const { production } = await startCluster();

    const importing = production.importStream("nothing", "prod", "quay.io/packit/nothing:prod");

    await expect(importing).rejects.toMatchObject({ name: "NotFound" });
  });

  test("lists by labels and refuses fields that it cannot select by", async () => {
    const { emulator } = await startCluster();
    const names = async (selector: string) => {
      const answer = await send(emulator, `${podsPath}?labelSelector=${encodeURIComponent(selector)}`);
      const { items } = (await answer.json()) as { items: { metadata: { name: string } }[] };
      return items.map((each) => each.metadata.name);
    };

    expect(await names("component=packit-service-beat")).toEqual(["packit-service-beat-0"]);
    expect(await names("component in (packit-service-beat, tokman),!nope")).toHaveLength(2);
    expect(await names("component notin (packit-service-beat),component!=tokman")).toHaveLength(8);
    expect((await send(emulator, `${podsPath}?fieldSelector=spec.nodeName=a`)).status).toBe(400);
  });

  test("tells a watch that its version is too old", async () => {
    const { emulator } = await startCluster();

    const answer = await send(emulator, `${podsPath}?watch=true&resourceVersion=1`);

    const event = JSON.parse((await answer.text()).trim());
    expect(event).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });

  test("ends a watch after its time, with a bookmark", async () => {
    const { emulator } = await startCluster();
    const query = "watch=true&resourceVersion=0&timeoutSeconds=1&allowWatchBookmarks=true";

    const answer = await send(emulator, `${podsPath}?${query}&labelSelector=component=tokman`);

    const events = (await answer.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(events).toEqual(["ADDED", "BOOKMARK"]);
  });

  test("lets a stream be pinned by patch, and follow its tag again by import", async () => {
    const { quay, emulator, production } = await startCluster();
    const old =
      (await production.streams()).find((each) => each.name === "packit-worker")?.tags[0]?.digest ?? "";
    const next = await pushNext(quay, "packit-worker");
    await production.importStream("packit-worker", "prod", workerImage);
    await watchUntil(production, "packit-worker", next);

    const pinned = await send(emulator, streamPath, {
      method: "PATCH",
      headers: { "content-type": "application/json-patch+json" },
      body: JSON.stringify([
        { op: "replace", path: "/spec/tags/0/from/name", value: `quay.io/packit/packit-worker@${old}` },
      ]),
    });
    expect(pinned.status).toBe(200);
    await watchUntil(production, "packit-worker", old);
    const again = await production.importStream("packit-worker", "prod", workerImage);

    expect(again.digest).toBe(next);
    await watchUntil(production, "packit-worker", next);
  });

  test("refuses to replace a stream that changed meanwhile", async () => {
    const { quay, emulator, production } = await startCluster();
    const stale = await (await send(emulator, streamPath)).text();
    await pushNext(quay, "packit-worker");
    await production.importStream("packit-worker", "prod", workerImage);

    const headers = { "content-type": "application/json" };
    const answer = await send(emulator, streamPath, { method: "PUT", body: stale, headers });

    expect(answer.status).toBe(409);
  });

  test("deletes a pod gracefully, and its controller makes a new one", async () => {
    const { emulator, production } = await startCluster();
    const read = async () =>
      (await (await send(emulator, `${podsPath}/packit-service-beat-0`)).json()) as {
        metadata: { uid: string; deletionTimestamp?: string };
      };
    const before = await read();

    const states: string[] = [];
    let deleted: Promise<Response> | undefined;
    await production.watchPods({ timeoutSeconds: 20 }, (pods) => {
      deleted ??= send(emulator, `${podsPath}/packit-service-beat-0`, { method: "DELETE" });
      const pod = pods.find((each) => each.name === "packit-service-beat-0");
      const state = !pod ? "gone" : pod.terminating ? "terminating" : pod.phase;
      if (state !== states.at(-1)) states.push(state);
      return states.includes("gone") && state === "Running";
    });

    expect((await deleted)?.status).toBe(200);
    expect(states).toEqual(["Running", "terminating", "gone", "Pending", "Running"]);
    expect((await read()).metadata.uid).not.toBe(before.metadata.uid);
    expect((await send(emulator, `${podsPath}/nothing`, { method: "DELETE" })).status).toBe(404);
  });

  test("deletes a pod at once when told so", async () => {
    const { emulator } = await startCluster();
    const name = emulator.pods("production").find((each) => each.metadata.labels?.component === "tokman")
      ?.metadata.name;

    await send(emulator, `${podsPath}/${name}?gracePeriodSeconds=0`, { method: "DELETE" });

    expect(emulator.pods("production").some((each) => each.metadata.name === name)).toBe(false);
  });
});
