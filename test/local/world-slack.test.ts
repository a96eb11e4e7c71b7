import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebClient } from "@slack/web-api";
import { describe, expect, onTestFinished, test } from "vitest";
import { sameTopic, topicDuring, topicToRestore } from "../../functions/domain/topic.ts";
import { NotFound, PermissionDenied, RequestRefused } from "../../functions/runtime/errors.ts";
import { createSlack, slackTimestamp } from "../../functions/services/slack.ts";
import { type SlackEmulator, type SlackOptions, startSlack } from "../../infra/local/world/slack.ts";
import { worldContext } from "../support/world-context.ts";

const channel = "C000PACKIT";
const ada = "U00000ADA";
const ben = "U00000BEN";

async function start(options: SlackOptions = {}, changes: Parameters<typeof worldContext>[0] = {}) {
  const world = await startSlack(worldContext(changes), options);
  onTestFinished(() => world.close());
  return { world, client: clientOf(world) };
}

function clientOf(world: SlackEmulator) {
  return createSlack({ apiUrl: world.url, botToken: world.botToken });
}

const buttons = [
  { type: "section" as const, text: { type: "mrkdwn" as const, text: "Approve?" } },
  {
    type: "actions" as const,
    elements: [
      {
        type: "button" as const,
        action_id: "approval.approve",
        text: { type: "plain_text" as const, text: "Approve" },
        value: "signed-value",
        style: "primary" as const,
      },
    ],
  },
];

describe("messages", () => {
  test("a message stands in the channel of the configuration, written by the bot", async () => {
    const { world, client } = await start();

    const place = await client.post({ channel, text: "Hello", blocks: buttons });

    expect(place.channel).toBe(channel);
    expect(await world.messages(channel)).toMatchObject([
      { ts: place.ts, user: world.botUserId, text: "Hello", unfurl_links: false, unfurl_media: false },
    ]);
  });

  test("one with a key is posted once, in the channel, in a thread, and to a person", async () => {
    const { world, client } = await start();

    const first = await client.postOnce({ channel, key: "run/approval-1", text: "Once" });
    const again = await client.postOnce({ channel, key: "run/approval-1", text: "Once" });
    const other = await client.postOnce({ channel, key: "run/approval-2", text: "Other" });
    const reply = await client.postOnce({ channel, key: "run/reply", text: "Reply", threadTs: first.ts });
    const sameReply = await client.postOnce({ channel, key: "run/reply", text: "Reply", threadTs: first.ts });
    const direct = await client.directMessage(ada, { key: "run/link", text: "Yours" });
    const sameDirect = await client.directMessage(ada, { key: "run/link", text: "Yours" });

    expect(again).toEqual(first);
    expect(sameReply).toEqual(reply);
    expect(sameDirect).toEqual(direct);
    expect((await world.messages(channel)).map((each) => each.ts)).toEqual([first.ts, other.ts, reply.ts]);
    expect(await world.directMessages(ada)).toMatchObject([{ ts: direct.ts, text: "Yours" }]);
    expect(await world.directMessages(ben)).toEqual([]);
  });

  test("a key is found behind hundreds of newer messages", async () => {
    const { client } = await start();
    const first = await client.postOnce({ channel, key: "old", text: "Old" });
    for (let index = 0; index < 220; index++) await client.post({ channel, text: `Message ${index}` });

    expect(await client.postOnce({ channel, key: "old", text: "Old" })).toEqual(first);
  });

  test("metadata is found by type, key, value and time", async () => {
    const { client } = await start();
    const metadata = { event_type: "stablehand", event_payload: { run: "weekly-1" } };
    const { ts } = await client.post({ channel, text: "x", metadata });
    const [before, after] = [-1000, 60_000].map((shift) => new Date(Number(ts) * 1000 + shift).toISOString());

    expect(await client.findByMetadata(channel, "stablehand", "run", "weekly-1", String(before))).toBe(ts);
    expect(await client.findByMetadata(channel, "stablehand", "run", "weekly-2", String(before))).toBeNull();
    expect(await client.findByMetadata(channel, "other", "run", "weekly-1", String(before))).toBeNull();
    expect(await client.findByMetadata(channel, "stablehand", "run", "weekly-1", String(after))).toBeNull();
  });

  test("an update takes the buttons away and keeps the key", async () => {
    const { world, client } = await start();
    const place = await client.postOnce({ channel, key: "k", text: "Question", blocks: buttons });

    await client.update({ ...place, text: "Answered", blocks: buttons.slice(0, 1) });

    expect(await world.messages(channel)).toMatchObject([
      { ts: place.ts, text: "Answered", blocks: [{ type: "section" }] },
    ]);
    expect(await client.postOnce({ channel, key: "k", text: "Question" })).toEqual(place);
  });

  test("a permalink leads to the message, and is null for none", async () => {
    const { client } = await start();
    const { ts } = await client.post({ channel, text: "x" });
    expect(await client.permalink(channel, ts)).toContain(`/archives/${channel}/p${ts.replace(".", "")}`);
    expect(await client.permalink(channel, "1.000000")).toBeNull();
  });

  test("Slack's limits hold", async () => {
    const { client } = await start();
    const section = (text: string) => ({ type: "section" as const, text: { type: "mrkdwn" as const, text } });
    const post = async (blocks: Parameters<typeof client.post>[0]["blocks"]) =>
      await client.post({ channel, text: "x", blocks });

    await expect(post(Array.from({ length: 51 }, () => section("x")))).rejects.toThrow(/invalid_blocks/);
    await expect(post([section("x".repeat(3001))])).rejects.toThrow(RequestRefused);
    await expect(post(Array.from({ length: 5 }, () => section("x".repeat(2900))))).rejects.toThrow(
      /too long/,
    );
    await post([section("x".repeat(3000))]);
  });

  test("unknown channels and tokens, and a bot that was not invited, are refused in words that help", async () => {
    const { world, client } = await start({ botInvited: false });
    const stranger = createSlack({ apiUrl: world.url, botToken: "xoxb-other" });

    await expect(client.post({ channel: "C0UNKNOWN", text: "x" })).rejects.toThrow(NotFound);
    await expect(stranger.post({ channel, text: "x" })).rejects.toThrow(PermissionDenied);
    await expect(client.setTopic(channel, "x")).rejects.toThrow(/invite @stablehand/);
  });
});

describe("the topic", () => {
  test("goes and comes back, and the channel is told each time", async () => {
    const { world, client } = await start({ topic: "R&D of Packit — https://status.packit.dev" });
    const since = slackTimestamp(new Date(Date.now() - 1000));
    const original = await client.topic(channel);
    const ours = topicDuring("⚠️ {service} is redeployed | {topic}", { service: "Packit", topic: original });
    expect(await client.topicMessageShown(channel, ours, since)).toBe(false);

    await client.setTopic(channel, ours);

    const now = await client.topic(channel);
    expect(now).toBe(ours.replace("⚠️", ":warning:"));
    expect(sameTopic(now, ours)).toBe(true);
    expect(await client.topicMessageShown(channel, ours, since)).toBe(true);
    expect(await client.topicMessageShown(channel, ours, slackTimestamp(new Date(Date.now() + 60_000)))).toBe(
      false,
    );

    const restored = topicToRestore({ original, ours, now });
    await client.setTopic(channel, restored ?? "");
    expect(await client.topic(channel)).toBe(original);
    expect(world.topics()).toEqual([original, ours, original]);
  });

  test("is not restored over a person's", async () => {
    const { world, client } = await start();
    const original = await client.topic(channel);
    await client.setTopic(channel, "⚠️ ours");

    await world.setTopicAs(ada, "Outage at Copr");

    const now = await client.topic(channel);
    expect(topicToRestore({ original, ours: "⚠️ ours", now })).toBeNull();
    expect(world.topics()).toEqual([original, "⚠️ ours", "Outage at Copr"]);
  });

  test("may change without a message in the channel", async () => {
    const { client } = await start({ topicMessages: false });
    await client.setTopic(channel, "quiet");
    expect(await client.topicMessageShown(channel, "quiet", "0")).toBe(false);
  });

  test("has 250 characters at most", async () => {
    const { world, client } = await start();
    await client.setTopic(channel, "x".repeat(250));
    await expect(client.setTopic(channel, "x".repeat(251))).rejects.toThrow(/too_long.*250/);
    await client.setTopic(channel, `${"x".repeat(249)}&`);
    expect(world.topics().slice(1)).toEqual(["x".repeat(250), `${"x".repeat(249)}&`]);
  });

  test("comes as Slack writes it: escaped, emoji by name", async () => {
    const { world, client } = await start();
    await client.setTopic(channel, "⚠️ a & b");
    const raw = await new WebClient(world.botToken, { slackApiUrl: `${world.url}/` }).conversations.info({
      channel,
    });
    expect(raw.channel?.topic?.value).toBe(":warning: a &amp; b");
  });
});

interface Interaction {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

async function interactionReceiver(status = 200): Promise<{ url: string; received: Interaction[] }> {
  const received: Interaction[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack`, received };
}

describe("buttons", () => {
  async function pressed(status?: number) {
    const { url, received } = await interactionReceiver(status);
    const { world, client } = await start({}, { targets: { github: "", quay: "", slack: url } });
    const place = await client.post({ channel, text: "Approve?", blocks: buttons });
    const answer = await world.press({ ...place, userId: ben, actionId: "approval.approve" });
    const payload = JSON.parse(new URLSearchParams(received[0]?.body).get("payload") ?? "{}");
    return { world, place, answer, payload, received };
  }

  test("send the signed interaction with the message's own value", async () => {
    const { world, place, answer, payload, received } = await pressed();
    const { headers, body } = received[0] as Interaction;
    const expected = createHmac("sha256", world.signingSecret)
      .update(`v0:${headers["x-slack-request-timestamp"]}:${body}`)
      .digest("hex");

    expect(answer).toBe(200);
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(headers["x-slack-signature"]).toBe(`v0=${expected}`);
    expect(payload).toMatchObject({
      type: "block_actions",
      user: { id: ben, name: "ben-packit" },
      channel: { id: channel },
      container: { message_ts: place.ts, channel_id: channel },
      message: { ts: place.ts },
      actions: [{ type: "button", action_id: "approval.approve", value: "signed-value" }],
    });
  });

  test("tell the status of the answer, and take a private reply", async () => {
    const { world, answer, payload } = await pressed(401);
    const reply = await fetch(payload.response_url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ response_type: "ephemeral", text: "Only approvers can answer this." }),
    });

    expect(answer).toBe(401);
    expect(reply.status).toBe(200);
    expect(world.privateReplies(ben)).toEqual(["Only approvers can answer this."]);
    expect(world.privateReplies(ada)).toEqual([]);
    expect(await world.messages(channel)).toHaveLength(1);
  });

  test("that are not there cannot be pressed", async () => {
    const { world, place } = await pressed();
    await expect(world.press({ ...place, userId: ben, actionId: "approval.reject" })).rejects.toThrow(
      /no button/,
    );
  });
});

test("everything is there after a restart", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "slack-"));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const first = await startSlack(worldContext({ stateDir }));
  const before = clientOf(first);
  const question = await before.postOnce({ channel, key: "q", text: "Question", blocks: buttons });
  const reply = await before.post({ channel, text: "In the thread", threadTs: question.ts });
  const direct = await before.directMessage(ada, { key: "link", text: "Yours" });
  await before.setTopic(channel, "⚠️ Redeploying");
  await first.close();

  const { world, client } = await start({}, { stateDir });

  expect(await client.topic(channel)).toBe(":warning: Redeploying");
  expect(world.topics()).toEqual(first.topics());
  expect(await client.postOnce({ channel, key: "q", text: "Question" })).toEqual(question);
  expect(await client.directMessage(ada, { key: "link", text: "Yours" })).toEqual(direct);
  await client.update({ ...question, text: "Answered", blocks: [] });
  await client.setTopic(channel, "Back");
  const later = await client.post({ channel, text: "Later, in the same thread", threadTs: question.ts });
  const onceMore = await client.directMessage(ada, { text: "Again" });
  expect(onceMore.channel).toBe(direct.channel);
  expect(await world.messages(channel)).toMatchObject([
    { ts: question.ts, text: "Answered" },
    { ts: reply.ts, text: "In the thread" },
    { subtype: "channel_topic", topic: "⚠️ Redeploying" },
    { subtype: "channel_topic", topic: "Back" },
    { ts: later.ts },
  ]);
  expect(await world.directMessages(ada)).toMatchObject([{ text: "Yours" }, { text: "Again" }]);
});
