import { describe, expect, test } from "vitest";
import type { OpenShift, Pod } from "../../../functions/services/openshift.ts";
import {
  type Answer,
  failure,
  json,
  pod,
  podList,
  type Request,
  startFakeCluster,
} from "../../support/fake-cluster.ts";

describe("a watch", () => {
  const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
  const bookmark = (version: number) => event("BOOKMARK", { metadata: { resourceVersion: String(version) } });

  /** Sends chunks; then ends the answer, breaks the connection, or leaves it open. */
  const events =
    (chunks: string[], then: "end" | "break" | "stay" = "end"): Answer =>
    (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      for (const chunk of chunks) response.write(chunk);
      if (then === "end") response.end();
      if (then === "break") setImmediate(() => response.destroy());
    };

  /** Watches until a pod runs the digest; returns the digests that were seen, one line a change. */
  async function digestsUntil(cluster: OpenShift, last: string): Promise<string[]> {
    const seen: string[] = [];
    const line = (pods: Pod[]) => pods.map((each) => `${each.name}=${each.images[0]?.digest}`).join(" ");
    const ended = await cluster.watchPods({ timeoutSeconds: 10 }, (pods) => {
      seen.push(line(pods));
      return pods.some((each) => each.images[0]?.digest === last);
    });
    expect(ended).toBe("stopped");
    return seen;
  }

  const versions = (requests: Request[]) =>
    requests.filter((each) => each.query.has("watch")).map((each) => each.query.get("resourceVersion"));

  test("follows changes from the list's version on", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10, pod("a", 4, "sha256:1"), pod("b", 5, "sha256:1"))],
      "watch pods": [
        events(
          [
            event("DELETED", pod("a", 11)),
            event("ADDED", pod("c", 12)),
            event("MODIFIED", pod("c", 13, "sha256:2")),
          ],
          "stay",
        ),
      ],
    });

    expect(await digestsUntil(cluster, "sha256:2")).toEqual([
      "a=sha256:1 b=sha256:1",
      "b=sha256:1",
      "b=sha256:1 c=null",
      "b=sha256:1 c=sha256:2",
    ]);
    expect(versions(requests)).toEqual(["10"]);
    expect(requests.at(-1)?.query.get("allowWatchBookmarks")).toBe("true");
  });

  test("stops at the list when that is enough", async () => {
    const { cluster, requests } = await startFakeCluster({ pods: [podList(10, pod("a", 4, "sha256:1"))] });

    await digestsUntil(cluster, "sha256:1");

    expect(requests).toHaveLength(1);
  });

  test("goes on after a connection that broke in the middle of a line, from the last whole one", async () => {
    const cut = event("MODIFIED", pod("a", 12, "sha256:2"));
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10, pod("a", 4, "sha256:0"))],
      "watch pods": [
        events([event("MODIFIED", pod("a", 11, "sha256:1")), cut.slice(0, 40)], "break"),
        events([cut.slice(0, 25), cut.slice(25)], "stay"),
      ],
    });

    expect(await digestsUntil(cluster, "sha256:2")).toEqual(["a=sha256:0", "a=sha256:1", "a=sha256:2"]);
    expect(versions(requests)).toEqual(["10", "11"]);
  });

  test("goes on after a line that is no JSON", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10)],
      "watch pods": [
        events([event("ADDED", pod("a", 11)), "upstream connect error\n"], "stay"),
        events([event("MODIFIED", pod("a", 12, "sha256:2"))], "stay"),
      ],
    });

    await digestsUntil(cluster, "sha256:2");

    expect(versions(requests)).toEqual(["10", "11"]);
  });

  test("resumes from bookmarks, which are no change", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10, pod("a", 4))],
      "watch pods": [
        events([bookmark(50), bookmark(90)]),
        events([event("MODIFIED", pod("a", 91, "sha256:2"))], "stay"),
      ],
    });

    expect(await digestsUntil(cluster, "sha256:2")).toEqual(["a=null", "a=sha256:2"]);
    expect(versions(requests)).toEqual(["10", "90"]);
  });

  test.each<[string, Answer]>([
    ["an event", events([event("ERROR", failure(410))])],
    ["the answer's status", json(failure(410), 410)],
  ])("lists again when its version is too old, told by %s", async (_, gone) => {
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10, pod("a", 4), pod("b", 5)), podList(70, pod("a", 60, "sha256:1"))],
      "watch pods": [gone, events([event("MODIFIED", pod("a", 71, "sha256:2"))], "stay")],
    });

    expect(await digestsUntil(cluster, "sha256:2")).toEqual(["a=null b=null", "a=sha256:1", "a=sha256:2"]);
    expect(versions(requests)).toEqual(["10", "70"]);
  });

  test("waits as long as it is told when it is limited, and tries again after an outage", async () => {
    const { cluster, requests } = await startFakeCluster({
      pods: [podList(10, pod("a", 4))],
      "watch pods": [
        json(failure(429), 429, { "retry-after": "1" }),
        json(failure(503), 503),
        events([event("ERROR", failure(500))]),
        events([event("MODIFIED", pod("a", 11, "sha256:2"))], "stay"),
      ],
    });
    const startedAt = performance.now();

    await digestsUntil(cluster, "sha256:2");

    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(versions(requests)).toEqual(["10", "10", "10", "10"]);
  });

  test("ends with the time, also on a connection that says nothing", async () => {
    const { cluster } = await startFakeCluster({
      pods: [podList(10, pod("a", 4))],
      "watch pods": [events([], "stay")],
    });

    expect(await cluster.watchPods({ timeoutSeconds: 0.3 }, () => false)).toBe("timeout");
  });

  test("ends with an error when the API is away at the end of the time", async () => {
    const { cluster } = await startFakeCluster({
      pods: [podList(10, pod("a", 4))],
      "watch pods": Array.from({ length: 9 }, () => json(failure(500), 500)),
    });

    const watching = cluster.watchPods({ timeoutSeconds: 0.3 }, () => false);

    await expect(watching).rejects.toMatchObject({ name: "ServiceUnavailable" });
  });

  test("does not begin when the first list fails, and ends when access is withdrawn", async () => {
    const away = await startFakeCluster({ pods: [json(failure(500), 500)] });
    const closed = await startFakeCluster({ pods: [podList(10)], "watch pods": [json(failure(401), 401)] });
    const watching = (cluster: OpenShift) => cluster.watchPods({ timeoutSeconds: 5 }, () => false);

    await expect(watching(away.cluster)).rejects.toMatchObject({ name: "ServiceUnavailable" });
    await expect(watching(closed.cluster)).rejects.toMatchObject({ name: "PermissionDenied" });
  });

  test("ends when it is aborted, with the reason", async () => {
    const { cluster } = await startFakeCluster({
      pods: [podList(10, pod("a", 4))],
      "watch pods": [events([], "stay")],
    });
    const aborting = new AbortController();
    const reason = new Error("enough");

    const watching = cluster.watchPods({ timeoutSeconds: 10, signal: aborting.signal }, () => {
      setImmediate(() => aborting.abort(reason));
      return false;
    });

    await expect(watching).rejects.toBe(reason);
  });

  test("lets through what the caller throws, and closes the connection", async () => {
    let closed: Promise<void> | undefined;
    const { cluster } = await startFakeCluster({
      pods: [podList(10)],
      "watch pods": [
        (response, request) => {
          closed = new Promise((resolve) => response.on("close", resolve));
          return events([event("ADDED", pod("a", 11))], "stay")(response, request);
        },
      ],
    });
    const mine = new Error("mine");

    const watching = cluster.watchPods({ timeoutSeconds: 10 }, (pods) => {
      if (pods.length > 0) throw mine;
      return false;
    });

    await expect(watching).rejects.toBe(mine);
    await closed;
  });
});
