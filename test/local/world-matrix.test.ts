import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { PermissionDenied } from "../../functions/runtime/errors.ts";
import { createMatrix } from "../../functions/services/matrix.ts";
import { type MatrixEmulator, type MatrixOptions, startMatrix } from "../../infra/local/world/matrix.ts";
import { worldContext } from "../support/world-context.ts";

const room = "!packit:fedora.im";

async function start(options: MatrixOptions = {}, changes: Parameters<typeof worldContext>[0] = {}) {
  const world = await startMatrix(worldContext(changes), options);
  onTestFinished(() => world.close());
  return { world, client: clientOf(world) };
}

function clientOf(world: MatrixEmulator, accessToken = world.accessToken) {
  return createMatrix({ homeserverUrl: world.url, userId: world.userId, accessToken });
}

async function ask(world: MatrixEmulator, path: string, init: RequestInit = {}) {
  const response = await fetch(`${world.url}/_matrix/client/v3/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${world.accessToken}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the topic", () => {
  test("goes and comes back, and stands in the timeline each time", async () => {
    const { world, client } = await start({ topic: "Packit" });

    expect(await client.topic(room)).toBe("Packit");
    await client.setTopic(room, "⚠️ R&D of <Packit>");
    expect(await client.topic(room)).toBe("⚠️ R&D of <Packit>");
    await client.setTopic(room, "Packit");

    expect(world.topics()).toEqual(["Packit", "⚠️ R&D of <Packit>", "Packit"]);
    const { body } = await ask(world, `rooms/${encodeURIComponent(room)}/messages?dir=b&limit=2`);
    expect(body.chunk).toMatchObject([
      { type: "m.room.topic", sender: world.userId, state_key: "", content: { topic: "Packit" } },
      { type: "m.room.topic", content: { topic: "⚠️ R&D of <Packit>" } },
    ]);
  });

  test("is empty where there was none, and can be emptied", async () => {
    const { client } = await start({ topic: null });
    expect(await client.topic(room)).toBe("");
    await client.setTopic(room, "x");
    await client.setTopic(room, "");
    expect(await client.topic(room)).toBe("");
  });

  test("set twice is one event", async () => {
    const { world, client } = await start({ topic: "Packit" });
    await client.setTopic(room, "x");
    await client.setTopic(room, "x");
    expect(world.topics()).toEqual(["Packit", "x"]);
  });

  test("needs a power level, which the error names with the bot and the room", async () => {
    const { world, client } = await start({ powerLevel: 10 });
    const setting = client.setTopic(room, "x");
    await expect(setting).rejects.toThrow(PermissionDenied);
    await expect(setting).rejects.toThrow(
      `Matrix does not let ${world.userId} set the topic of ${room}: its power level is 10, the topic needs 50. Grant the bot power level 50 there.`,
    );
    expect(world.topics()).toHaveLength(1);
  });

  test("cannot be read or set by a bot that is not in the room", async () => {
    const { client } = await start({ joined: false });
    await expect(client.topic(room)).rejects.toThrow(PermissionDenied);
    await expect(client.setTopic(room, "x")).rejects.toThrow(/Invite the bot to the room/);
  });

  test("of a person stands like any other", async () => {
    const { world, client } = await start();
    world.setTopicAs("@ada:fedora.im", "Outage");
    expect(await client.topic(room)).toBe("Outage");
  });
});

describe("messages", () => {
  test("are sent once per key", async () => {
    const { world, client } = await start();

    const first = await client.send(room, { text: "Hello", html: "<b>Hello</b>", key: "run/topic" });
    const again = await client.send(room, { text: "Hello", html: "<b>Hello</b>", key: "run/topic" });
    const other = await client.send(room, { text: "Other", key: "run/end" });

    expect(again).toBe(first);
    expect(world.messages()).toEqual([
      { eventId: first, sender: world.userId, body: "Hello", html: "<b>Hello</b>" },
      { eventId: other, sender: world.userId, body: "Other", html: null },
    ]);
  });
});

test("a wrong token is refused without its value", async () => {
  const { world } = await start();
  const stranger = clientOf(world, "very-secret");
  await expect(stranger.topic(room)).rejects.toThrow(PermissionDenied);
  await expect(stranger.topic(room)).rejects.not.toThrow(/very-secret/);
});

test("errors have the protocol's form", async () => {
  const { world } = await start({ topic: null });
  expect(await ask(world, "account/whoami")).toMatchObject({ status: 200, body: { user_id: world.userId } });
  expect(await ask(world, `rooms/${encodeURIComponent(room)}/state/m.room.topic`)).toMatchObject({
    status: 404,
    body: { errcode: "M_NOT_FOUND" },
  });
  expect(await ask(world, "rooms/!other:fedora.im/state/m.room.topic")).toMatchObject({
    status: 403,
    body: { errcode: "M_FORBIDDEN" },
  });
});

test("everything is there after a restart, transactions included", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "matrix-"));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const first = await startMatrix(worldContext({ stateDir }), { topic: "Packit" });
  const sent = await clientOf(first).send(room, { text: "Hello", key: "k" });
  await clientOf(first).setTopic(room, "⚠️");
  await first.close();

  const { world, client } = await start({}, { stateDir });

  expect(await client.topic(room)).toBe("⚠️");
  expect(world.topics()).toEqual(["Packit", "⚠️"]);
  expect(await client.send(room, { text: "Hello", key: "k" })).toBe(sent);
});
