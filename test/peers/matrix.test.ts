import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { NotFound, PermissionDenied } from "../../functions/runtime/errors.ts";
import { secretSchemas } from "../../functions/runtime/secrets.ts";
import { createMatrix } from "../../functions/services/matrix.ts";
import { questions } from "../../functions/store/questions.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startSecretsManager } from "../../infra/local/secrets-manager.ts";
import { startTestSystem } from "../support/local-system.ts";
import { type MatrixUser, type Synapse, startSynapse } from "../support/synapse.ts";

/** What we do in Matrix, against the homeserver that rooms live on. */
let synapse: Synapse;
let founder: MatrixUser;
let bot: MatrixUser;
beforeAll(async () => {
  synapse = await startSynapse(process.env.PEERS_PYTHON ?? "");
  founder = await synapse.register("founder");
  bot = await synapse.register("stablehand");
}, 120_000);
afterAll(async () => await synapse?.close());

const path = (room: string, rest: string) => `/rooms/${encodeURIComponent(room)}/${rest}`;

/** A public room as projects have them, with the bot in it. */
async function newRoom({
  power = 50,
  topic,
  joined = true,
}: {
  power?: number;
  topic?: string;
  joined?: boolean;
} = {}) {
  const { room_id: room } = await synapse.ask(founder, "POST", "/createRoom", {
    preset: "public_chat",
    room_version: "10",
    ...(topic !== undefined && { topic }),
    power_level_content_override: { users: { [founder.userId]: 100, [bot.userId]: power } },
  });
  if (joined) await synapse.ask(bot, "POST", path(String(room), "join"), {});
  return String(room);
}

async function grant(room: string, power: number) {
  const state = path(room, "state/m.room.power_levels/");
  const levels = await synapse.ask(founder, "GET", state);
  const users = { [founder.userId]: 100, [bot.userId]: power };
  await synapse.ask(founder, "PUT", state, { ...levels, users });
}

interface TimelineEvent {
  type: string;
  sender: string;
  event_id: string;
  content: Record<string, unknown>;
}

/** What the bot did in the room, oldest first. */
async function timeline(room: string, type: string) {
  const { chunk } = await synapse.ask(founder, "GET", path(room, "messages?dir=f&limit=1000"));
  return (chunk as TimelineEvent[]).filter((each) => each.type === type && each.sender === bot.userId);
}

const client = () => createMatrix({ homeserverUrl: synapse.url, ...bot });

describe("the topic", () => {
  test("goes and comes back as it was; set twice it is one event", async () => {
    const original = "⚠️ R&D of <Packit> | https://packit.dev";
    const room = await newRoom({ topic: original });
    expect(await client().topic(room)).toBe(original);
    await client().setTopic(room, "ours");
    await client().setTopic(room, "ours");
    expect(await client().topic(room)).toBe("ours");
    await client().setTopic(room, original);
    const set = await timeline(room, "m.room.topic");
    expect(set.map(({ content }) => content.topic)).toEqual(["ours", original]);
  });

  test("is empty where there was none", async () => {
    expect(await client().topic(await newRoom())).toBe("");
  });

  test("without the power level the error says what to grant, and to whom", async () => {
    const room = await newRoom({ power: 10 });
    const setting = client().setTopic(room, "x");
    await expect(setting).rejects.toThrow(PermissionDenied);
    await expect(setting).rejects.toThrow(
      `Matrix does not let ${bot.userId} set the topic of ${room}: its power level is 10, the topic needs 50. Grant the bot power level 50 there.`,
    );
    await grant(room, 50);
    await client().setTopic(room, "x");
  });

  test("of a room that the bot is not in, it says to invite it; a bad token is refused as such", async () => {
    const room = await newRoom({ joined: false });
    await expect(client().setTopic(room, "x")).rejects.toThrow(/Invite the bot to the room and let it join/);
    const stranger = createMatrix({ homeserverUrl: synapse.url, userId: bot.userId, accessToken: "bad" });
    await expect(stranger.topic(room)).rejects.toThrow(PermissionDenied);
    await expect(client().topic("!nowhere:synapse.test")).rejects.toSatisfy(
      (thrown) => thrown instanceof PermissionDenied || thrown instanceof NotFound,
    );
  });
});

test("a message with a key is there once, as a notice with its formatting", async () => {
  const room = await newRoom({ power: 0 });
  const message = {
    text: "a <b> & c",
    html: "<strong>a &lt;b&gt;</strong> &amp; c",
    notice: true,
    key: "run/started",
  };
  const [first, second] = await Promise.all([client().send(room, message), client().send(room, message)]);
  expect(second).toBe(first);
  await client().send(room, { ...message, key: "run/closed" });
  const sent = await timeline(room, "m.room.message");
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatchObject({
    event_id: first,
    content: {
      msgtype: "m.notice",
      body: "a <b> & c",
      format: "org.matrix.custom.html",
      formatted_body: message.html,
    },
  });
});

/** The whole system, whose functions find this homeserver in the emulated one's place. */
async function systemWith(room: string) {
  const system = await startTestSystem();
  onTestFinished(system.close);
  const folder = await mkdtemp(join(tmpdir(), "stablehand-matrix-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ ...system.config, matrix: { homeserverUrl: synapse.url, room } }));
  const manager = new SecretsManagerClient({});
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(secretSchemas)) {
    const SecretId = `stablehand/${name}`;
    const { SecretString = "{}" } = await manager.send(new GetSecretValueCommand({ SecretId }));
    values[SecretId] = JSON.parse(SecretString);
  }
  manager.destroy();
  const secrets = await startSecretsManager({ ...values, "stablehand/matrix": bot });
  onTestFinished(secrets.close);
  process.env.STABLEHAND_CONFIG = config;
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.url;
  return system;
}

test("a run tells the room, and puts the topic back; a bot without power is asked about, and goes on once it has it", async () => {
  const topic = `Packit ${randomUUID()}`;
  const room = await newRoom({ power: 0, topic });
  const system = await systemWith(room);
  const started = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");

  await system.entered(started.run, "AskAboutRun");
  const question = await system.link("ada-packit");
  expect(await questions().all(started.run)).toMatchObject([
    {
      step: "AnnounceStart",
      error: "PermissionDenied",
      reason: expect.stringContaining(
        "its power level is 0, the topic needs 50. Grant the bot power level 50 there.",
      ),
    },
  ]);
  await grant(room, 50);
  await answerByLink(question, "retry");
  expect(await system.ended(started)).toBe("SUCCEEDED");

  const topics = (await timeline(room, "m.room.topic")).map(({ content }) => content.topic);
  expect(topics).toEqual([expect.stringMatching(new RegExp(`being redeployed.*${topic}`)), topic]);
  const told = (await timeline(room, "m.room.message")).map(({ content }) => content);
  expect(told.map(({ msgtype }) => msgtype)).toEqual(["m.notice", "m.notice", "m.notice"]);
  expect(told.map(({ body }) => body)).toEqual([
    expect.stringContaining("The announcement in the chats failed. The team has been asked"),
    expect.stringContaining("the weekly deployment has started"),
    expect.stringContaining("the weekly deployment finished"),
  ]);
});
