import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  NotFound,
  PermissionDenied,
  RateLimited,
  RequestRefused,
  ServiceUnavailable,
} from "../../../functions/runtime/errors.ts";
import { createSlack, slackTimestamp } from "../../../functions/services/slack.ts";

const botToken = "xoxb-very-secret";

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Slack's Web API as a function from method and arguments to an answer; remembers what was asked. */
async function slackAnswering(answer: (method: string, form: URLSearchParams) => Answer) {
  const asked: { method: string; form: URLSearchParams; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const method = (request.url ?? "").replace("/api/", "");
    asked.push({ method, form, authorization: request.headers.authorization });
    const { status = 200, headers = {}, body } = answer(method, form);
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { client: createSlack({ apiUrl: `http://127.0.0.1:${port}/api`, botToken }), asked, close };
}

const refusing = async (error: string, more: object = {}) =>
  (await slackAnswering(() => ({ body: { ok: false, error, ...more } }))).client;

async function thrownBy(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => expect.fail("nothing was thrown"),
    (thrown) => thrown as Error,
  );
}

describe("failures", () => {
  test.each([
    ["not_in_channel", PermissionDenied, /\/invite @stablehand/],
    ["invalid_auth", PermissionDenied, /Renew the bot's token/],
    ["token_revoked", PermissionDenied, /Renew the bot's token/],
    ["restricted_action", PermissionDenied, /ask an admin/],
    ["channel_not_found", NotFound, /the topic of C1.*channel_not_found/],
    ["user_not_found", NotFound, /user_not_found/],
    ["too_long", RequestRefused, /at most 250 characters/],
    ["is_archived", RequestRefused, /Unarchive/],
    ["something_new", RequestRefused, /something_new/],
    ["internal_error", ServiceUnavailable, /try again/],
    ["ratelimited", RateLimited, /try again later/],
  ])("%s is a named error that says what to do", async (code, kind, message) => {
    const error = await thrownBy((await refusing(code)).setTopic("C1", "x"));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(botToken);
  });

  test("a missing scope is named", async () => {
    const error = await thrownBy(
      (await refusing("missing_scope", { needed: "channels:manage" })).setTopic("C1", "x"),
    );
    expect(error).toBeInstanceOf(PermissionDenied);
    expect(error.message).toContain("Give the app the scope channels:manage and install it again.");
  });

  test("429 tells when to come back, and is asked once", async () => {
    const { client, asked } = await slackAnswering(() => ({
      status: 429,
      headers: { "retry-after": "17" },
      body: "",
    }));
    const error = await thrownBy(client.topic("C1"));
    expect(error).toBeInstanceOf(RateLimited);
    expect((error as RateLimited).retryAfterSeconds).toBe(17);
    expect(asked).toHaveLength(1);
  });

  test("429 without a time is a limit too", async () => {
    const { client } = await slackAnswering(() => ({ status: 429, body: "" }));
    await expect(client.topic("C1")).rejects.toThrow(RateLimited);
  });

  test("5xx, a page instead of JSON, and no server at all mean unavailable", async () => {
    const broken = await slackAnswering(() => ({ status: 503, body: "<html>secret page</html>" }));
    await expect(broken.client.topic("C1")).rejects.toThrow(ServiceUnavailable);
    expect(broken.asked).toHaveLength(1);

    const page = await slackAnswering(() => ({ body: "<html>secret page</html>" }));
    const error = await thrownBy(page.client.topic("C1"));
    expect(error).toBeInstanceOf(ServiceUnavailable);
    expect(error.message).not.toContain("secret page");

    broken.close();
    await expect(broken.client.topic("C1")).rejects.toThrow(ServiceUnavailable);
  });
});

describe("requests", () => {
  test("carry the token in a header and switch previews off", async () => {
    const { client, asked } = await slackAnswering(() => ({
      body: { ok: true, channel: "C1", ts: "1.000001" },
    }));
    expect(await client.post({ channel: "C1", text: "x", threadTs: "1.000000" })).toEqual({
      channel: "C1",
      ts: "1.000001",
    });
    expect(asked[0]?.authorization).toBe(`Bearer ${botToken}`);
    expect(asked[0]?.form.get("unfurl_links")).toBe("false");
    expect(asked[0]?.form.get("unfurl_media")).toBe("false");
    expect(asked[0]?.form.get("thread_ts")).toBe("1.000000");
  });

  test("look through the pages of a history for a key, and post where it is not", async () => {
    const message = (key: string) => ({
      ts: "5.000000",
      metadata: { event_type: "stablehand_message", event_payload: { key } },
    });
    const { client, asked } = await slackAnswering((method, form) => {
      if (method === "chat.postMessage") return { body: { ok: true, channel: "C1", ts: "9.000000" } };
      const second = form.get("cursor") === "next";
      const messages = second ? [message("wanted")] : [message("other"), { ts: "6.000000" }];
      return { body: { ok: true, messages, response_metadata: { next_cursor: second ? "" : "next" } } };
    });

    expect(await client.postOnce({ channel: "C1", key: "wanted", text: "x" })).toEqual({
      channel: "C1",
      ts: "5.000000",
    });
    expect(asked.map((each) => each.method)).toEqual(["conversations.history", "conversations.history"]);
    expect(asked[0]?.form.get("include_all_metadata")).toBe("true");
    expect(Number(asked[0]?.form.get("oldest"))).toBeLessThan(Date.now() / 1000 - 13 * 86_400);

    expect(await client.postOnce({ channel: "C1", key: "new", text: "x" })).toEqual({
      channel: "C1",
      ts: "9.000000",
    });
    expect(JSON.parse(asked.at(-1)?.form.get("metadata") ?? "")).toEqual({
      event_type: "stablehand_message",
      event_payload: { key: "new" },
    });
  });

  test("escape a topic, except for mentions of people and channels", async () => {
    const { client, asked } = await slackAnswering(() => ({ body: { ok: true } }));
    await client.setTopic("C1", "R&D <!here>, ask <@U012AB3CD>");
    expect(asked[0]?.form.get("topic")).toBe("R&amp;D &lt;!here&gt;, ask <@U012AB3CD>");
  });

  test("read a topic as people see it", async () => {
    const value = "R&amp;D: <https://status.packit.dev> :warning:";
    const { client } = await slackAnswering(() => ({ body: { ok: true, channel: { topic: { value } } } }));
    expect(await client.topic("C1")).toBe("R&D: https://status.packit.dev :warning:");
  });
});

test("a time is written as Slack writes it", () => {
  expect(slackTimestamp(new Date("2026-11-23T12:00:00.250Z"))).toBe("1795435200.250000");
});
