import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { NotFound, PermissionDenied } from "../../functions/runtime/errors.ts";
import { createQuay } from "../../functions/services/quay.ts";
import { type QuayEmulator, startQuay } from "../../infra/local/world/quay.ts";
import { startReceiver, worldContext } from "../support/world-context.ts";

const plain = { image: "dashboard", architectures: ["amd64"], contents: { dashboard: "abc" } };
const list = {
  image: "packit-worker",
  architectures: ["amd64", "arm64"],
  contents: { "packit-service": "d" },
};
const past = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000);

async function start(changes: Parameters<typeof worldContext>[0] = {}) {
  const ctx = worldContext(changes);
  const world = await startQuay(ctx);
  onTestFinished(() => world.close());
  return { ctx, world, client: clientOf(world) };
}

function clientOf(world: QuayEmulator) {
  return createQuay({ apiUrl: world.url, namespace: "packit", token: world.token });
}

/** Asks as curl would; the path begins after the image's repository. */
async function ask(world: QuayEmulator, path: string, init: RequestInit = {}) {
  const response = await fetch(`${world.url}/api/v1/repository/packit/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

describe("images", () => {
  test("a pushed image stands under its tags, with the digest of its manifest's bytes", async () => {
    const { world, client } = await start();
    const at = past(60);

    const digest = await world.push({ ...plain, tags: ["stable-1234567", "prod"], at });

    const startedAt = new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString();
    expect(await client.tag("dashboard", "prod")).toEqual({
      name: "prod",
      digest,
      startedAt,
      isList: false,
      size: expect.any(Number),
    });
    expect((await client.tag("dashboard", "stable-1234567"))?.digest).toBe(digest);
    const { body } = await ask(world, `dashboard/manifest/${digest}`);
    expect(sha256(body.manifest_data)).toBe(digest);
    expect(await client.manifest("dashboard", digest)).toEqual({ digest, architectures: null });
  });

  test("an image for several architectures is a list of manifests, of unknown size", async () => {
    const { world, client } = await start();

    const digest = await world.push({ ...list, tags: ["prod"], at: past(60) });

    expect(await client.tag("packit-worker", "prod")).toMatchObject({ digest, isList: true, size: null });
    const { architectures } = await client.manifest("packit-worker", digest);
    expect(architectures?.map((each) => each.architecture)).toEqual(["amd64", "arm64"]);
    for (const each of architectures ?? []) {
      expect((await client.manifest("packit-worker", each.digest)).architectures).toBeNull();
      expect(world.contents(each.digest)).toEqual(list.contents);
    }
    expect(world.contents(digest)).toEqual(list.contents);
  });

  test("the same commit built again is another image; the tag's older value becomes history", async () => {
    const { world, client } = await start();

    const first = await world.push({ ...plain, tags: ["prod"], at: past(60) });
    const second = await world.push({ ...plain, tags: ["prod"], at: past(30) });

    expect(second).not.toBe(first);
    expect((await client.tag("dashboard", "prod"))?.digest).toBe(second);
    const { body } = await ask(world, "dashboard/tag/?specificTag=prod");
    expect(body.tags.map((tag: { manifest_digest: string }) => tag.manifest_digest)).toEqual([second, first]);
    expect(body.tags[1]).toMatchObject({ end_ts: body.tags[0].start_ts });
    expect(Date.parse(body.tags[0].last_modified)).toBe(body.tags[0].start_ts * 1000);
  });

  test("tags come in pages of at most 100, and the client reads all of them", async () => {
    const { world, client } = await start();
    for (let index = 0; index < 205; index++) {
      await world.push({ ...plain, tags: [`stable-${index}`], at: past(1000 - index) });
    }
    await world.push({ ...plain, tags: ["old-STABLE-1", "unstable-1"], at: past(1) });

    const { body } = await ask(world, "dashboard/tag/?limit=500&onlyActiveTags=true");
    expect(body).toMatchObject({ page: 1, has_additional: true });
    expect(body.tags).toHaveLength(100);
    const found = await client.tagsLike("dashboard", "stable-");
    expect(found.map((tag) => tag.name)).toEqual(
      Array.from({ length: 205 }, (_, index) => `stable-${204 - index}`),
    );
  });

  test("the client tags an image back to an earlier manifest", async () => {
    const { world, client } = await start();
    const earlier = await world.push({ ...plain, tags: ["prod"], at: past(60) });
    const later = await world.push({ ...plain, tags: ["prod"], at: past(5) });
    expect((await client.tag("dashboard", "prod"))?.digest).toBe(later);

    await client.setTag("dashboard", "prod", earlier);
    await client.setTag("dashboard", "prod", earlier);

    expect((await client.tag("dashboard", "prod"))?.digest).toBe(earlier);
    const unknown = `sha256:${"0".repeat(64)}`;
    await expect(client.setTag("dashboard", "prod", unknown)).rejects.toThrow(NotFound);
  });

  test("a tag is moved, deleted, and then absent", async () => {
    const { ctx, world, client } = await start();
    const tagged: unknown[] = [];
    ctx.events.on("tagged", (event) => tagged.push(event));
    const older = await world.push({ ...plain, tags: ["prod"], at: past(60) });
    await world.push({ ...plain, tags: ["prod"], at: past(30) });
    const put = (digest: string) =>
      ask(world, "dashboard/tag/prod", {
        method: "PUT",
        body: JSON.stringify({ manifest_digest: digest }),
      });

    expect((await put("sha256:unknown")).status).toBe(404);
    expect((await put(older)).status).toBe(201);
    expect((await client.tag("dashboard", "prod"))?.digest).toBe(older);
    expect(tagged).toEqual([{ image: "dashboard", tag: "prod", digest: older }]);

    expect((await ask(world, "dashboard/tag/prod", { method: "DELETE" })).status).toBe(204);
    expect((await ask(world, "dashboard/tag/prod", { method: "DELETE" })).status).toBe(404);
    expect(await client.tag("dashboard", "prod")).toBeNull();
  });

  test("strangers and unknown names are refused", async () => {
    const { world, client } = await start();
    await world.push({ ...plain, tags: ["prod"], at: past(1) });

    const stranger = createQuay({ apiUrl: world.url, namespace: "packit", token: "wrong" });
    await expect(stranger.tag("dashboard", "prod")).rejects.toThrow(PermissionDenied);
    await expect(client.tag("dashbord", "prod")).rejects.toThrow(NotFound);
    await expect(client.manifest("dashboard", "sha256:0")).rejects.toThrow(NotFound);
    expect((await ask(world, "dashboard/tag/?filter_tag_name=prod")).status).toBe(400);
  });

  test("what was pushed, and what it was tagged as, outlives a restart", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "quay-"));
    onTestFinished(() => rm(stateDir, { recursive: true }));
    const first = await startQuay(worldContext({ stateDir }));
    expect(first.isEmpty()).toBe(true);
    const digest = await first.push({ ...list, tags: ["prod"], at: past(60) });
    await first.close();

    const { world, client } = await start({ stateDir });

    expect(world.isEmpty()).toBe(false);
    expect((await client.tag("packit-worker", "prod"))?.digest).toBe(digest);
    expect(world.contents(digest)).toEqual(list.contents);
    expect(await world.push({ ...list, tags: ["prod"], at: past(60) })).not.toBe(digest);
  });
});

describe("notifications", () => {
  const targets = (quay: string) => ({ github: "http://127.0.0.1:9", slack: "http://127.0.0.1:9", quay });

  test("each pushed tag is one event, without a digest", async () => {
    const receiver = await startReceiver();
    const { ctx, world } = await start({ targets: targets(receiver.url) });
    const tagged: unknown[] = [];
    ctx.events.on("tagged", (event) => tagged.push(event));

    const digest = await world.push({ ...plain, tags: ["stable-1234567", "prod"] });

    expect(tagged).toEqual(["stable-1234567", "prod"].map((tag) => ({ image: "dashboard", tag, digest })));
    await vi.waitFor(() => expect(receiver.bodies).toHaveLength(2));
    expect(receiver.bodies).toEqual(
      ["stable-1234567", "prod"].map((tag) => ({
        name: "dashboard",
        repository: "packit/dashboard",
        namespace: "packit",
        docker_url: "quay.io/packit/dashboard",
        homepage: "https://quay.io/repository/packit/dashboard",
        updated_tags: [tag],
      })),
    );
  });

  test("a delivery that failed is tried again", async () => {
    const receiver = await startReceiver((request) => (request < 2 ? 500 : 200));
    const { world } = await start({ targets: targets(receiver.url) });

    await world.push({ ...plain, tags: ["prod"] });

    await vi.waitFor(() => expect(receiver.bodies).toHaveLength(3));
    await vi.waitFor(async () => expect(await failures(world)).toBe(0));
  });

  test("three failures in a row switch it off until somebody resets it", async () => {
    let broken = true;
    const receiver = await startReceiver(() => (broken ? 503 : 200));
    const { ctx, world } = await start({ targets: targets(receiver.url) });
    await world.push({ ...plain, tags: ["prod"] });
    await vi.waitFor(async () => expect(await failures(world)).toBe(3));
    expect(ctx.logged.at(-1)).toMatch(/the notification is off now/);

    broken = false;
    await world.push({ ...plain, tags: ["prod"] });
    await world.push({ ...list, tags: ["prod"] }); // Another image has a notification of its own.
    await vi.waitFor(() => expect(receiver.bodies.at(-1)).toMatchObject({ name: "packit-worker" }));
    expect(receiver.bodies).toHaveLength(4);

    const { body } = await ask(world, "dashboard/notification/");
    const [{ uuid, config }] = body.notifications;
    expect(config.url).toBe(receiver.url);
    const reset = (id: string) => ask(world, `dashboard/notification/${id}`, { method: "POST" });
    expect((await reset("unknown")).status).toBe(400);
    expect((await reset(uuid)).status).toBe(204);
    await world.push({ ...plain, tags: ["prod"] });
    await vi.waitFor(() => expect(receiver.bodies.at(-1)).toMatchObject({ name: "dashboard" }));
    expect(await failures(world)).toBe(0);
  });

  test("nobody listens: a push works all the same", async () => {
    const { ctx, world, client } = await start();

    const digest = await world.push({ ...plain, tags: ["prod"] });

    expect((await client.tag("dashboard", "prod"))?.digest).toBe(digest);
    await vi.waitFor(() => expect(ctx.logged.length).toBeGreaterThan(0));
  });

  async function failures(world: QuayEmulator): Promise<number> {
    const { body } = await ask(world, "dashboard/notification/");
    return body.notifications[0].number_of_failures;
  }
});

function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
