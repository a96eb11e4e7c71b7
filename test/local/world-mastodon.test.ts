import { expect, onTestFinished, test, vi } from "vitest";
import { PermissionDenied, RequestRefused, ServiceUnavailable } from "../../functions/runtime/errors.ts";
import { createMastodon } from "../../functions/services/mastodon.ts";
import { type MastodonOptions, startMastodon } from "../../infra/local/world/mastodon.ts";
import { worldContext } from "../support/world-context.ts";

async function start(options: MastodonOptions = {}) {
  const world = await startMastodon(worldContext(), options);
  onTestFinished(() => world.close());
  return { world, client: createMastodon({ instanceUrl: world.url, accessToken: world.accessToken }) };
}

const common = { visibility: "public", language: "en" } as const;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

test("the instance says what it counts by", async () => {
  const { client } = await start({ limit: 1000 });
  expect(await client.rules()).toMatchObject({ limit: 1000, urlLength: 23 });
});

test("a toot with a key is there once, for an hour", async () => {
  const { world, client } = await start();
  const toot = { ...common, text: "Hello", key: "k" };
  const [first, second] = await Promise.all([client.post(toot), client.post(toot)]);
  expect(second).toEqual(first);
  expect(first.url).toContain(first.id);
  // An hour of this world is 0.6 s.
  await vi.waitFor(async () => expect((await client.post(toot)).id).not.toBe(first.id), { timeout: 10_000 });
  expect(world.statuses().map(({ text }) => text)).toContain("Hello");
});

test("what is too long, too soon, or a reply to nothing is refused in the instance's words", async () => {
  const { world, client } = await start();
  const post = async (more: object) => await client.post({ ...common, text: "x", key: "k", ...more });
  await expect(post({ text: "x".repeat(501) })).rejects.toThrow(/character limit of 500 exceeded/);
  await expect(post({ text: "x".repeat(501) })).rejects.toThrow(RequestRefused);
  await expect(post({ scheduledAt: inMinutes(4) })).rejects.toThrow(/must be in the future/);
  await expect(post({ replyTo: "1" })).rejects.toThrow(/reply to does not appear to exist/);
  await post({ text: `${"x".repeat(476)} https://packit.dev/${"long/".repeat(50)}` });
  expect(world.statuses()).toHaveLength(1);
});

test("our own toots are found by their text, published or scheduled, on any page", async () => {
  const { client } = await start();
  const since = new Date().toISOString();
  const wanted = await client.post({ ...common, text: "wanted & <found>", key: "w" });
  const later = await client.post({ ...common, text: "later", key: "l", scheduledAt: inMinutes(24 * 60) });
  for (let index = 0; index < 45; index++)
    await client.post({ ...common, text: `toot ${index}`, key: `${index}` });

  expect(await client.findOwn("wanted & <found>", since)).toEqual(wanted);
  expect(await client.findOwn("later", since)).toEqual(later);
  expect(await client.findOwn("never said", since)).toBeNull();
  expect(await client.findOwn("wanted & <found>", inMinutes(30))).toBeNull();
});

test("a scheduled toot comes out when its time has come", async () => {
  const { world, client } = await start();
  await client.post({ ...common, text: "later", key: "l", scheduledAt: inMinutes(60) });
  await vi.waitFor(() => expect(world.statuses().map(({ text }) => text)).toEqual(["later"]), {
    timeout: 10_000,
  });
  expect(world.scheduled()).toEqual([]);
});

test("a bad token and an instance that is not there are named errors", async () => {
  const { world } = await start();
  const stranger = createMastodon({ instanceUrl: world.url, accessToken: "other" });
  const posting = stranger.post({ ...common, text: "x", key: "k" });
  await expect(posting).rejects.toThrow(PermissionDenied);
  await expect(posting).rejects.not.toThrow(/other/);
  const nowhere = createMastodon({ instanceUrl: "http://127.0.0.1:9", accessToken: "x" });
  await expect(nowhere.rules()).rejects.toThrow(ServiceUnavailable);
});
