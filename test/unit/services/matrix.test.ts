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
import { createMatrix } from "../../../functions/services/matrix.ts";

const accessToken = "very-secret-token";
const room = "!packit:fedora.im";

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A homeserver as a function from method and path to an answer; remembers what was asked. */
async function homeserver(answer: (method: string, path: string) => Answer) {
  const asked: { method: string; path: string; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const method = request.method ?? "";
    const path = decodeURIComponent(request.url ?? "").replace("/_matrix/client/v3", "");
    asked.push({
      method,
      path,
      authorization: request.headers.authorization,
      body: text ? JSON.parse(text) : null,
    });
    const {
      status = 200,
      headers = { "content-type": "application/json" },
      body = {},
    } = answer(method, path);
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const homeserverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    client: createMatrix({ homeserverUrl, userId: "@stablehand:fedora.im", accessToken }),
    asked,
    close,
  };
}

const refusing = async (status: number, errcode: string, more: object = {}) =>
  (await homeserver(() => ({ status, body: { errcode, error: "Words of the server", ...more } }))).client;

describe("failures", () => {
  test.each([
    [401, "M_UNKNOWN_TOKEN", PermissionDenied],
    [403, "M_FORBIDDEN", PermissionDenied],
    [404, "M_UNRECOGNIZED", NotFound],
    [400, "M_BAD_JSON", RequestRefused],
    [413, "M_TOO_LARGE", RequestRefused],
    [500, "M_UNKNOWN", ServiceUnavailable],
  ])("%s %s is a named error", async (status, errcode, kind) => {
    const sending = (await refusing(status, errcode)).send(room, { text: "x", key: "k" });
    await expect(sending).rejects.toThrow(kind);
    await expect(sending).rejects.not.toThrow(accessToken);
  });

  test("a topic of an unknown endpoint is no empty topic", async () => {
    await expect((await refusing(404, "M_UNRECOGNIZED")).topic(room)).rejects.toThrow(NotFound);
    expect(await (await refusing(404, "M_NOT_FOUND")).topic(room)).toBe("");
  });

  test("a limit tells when to come back, in either form", async () => {
    const old = (await refusing(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 2500 })).topic(room);
    await expect(old).rejects.toMatchObject({ name: "RateLimited", retryAfterSeconds: 3 });

    const { client } = await homeserver(() => ({
      status: 429,
      headers: { "content-type": "application/json", "retry-after": "7" },
      body: { errcode: "M_LIMIT_EXCEEDED" },
    }));
    await expect(client.topic(room)).rejects.toMatchObject({ name: "RateLimited", retryAfterSeconds: 7 });
    await expect((await refusing(429, "M_LIMIT_EXCEEDED")).topic(room)).rejects.toThrow(RateLimited);
  });

  test("a page instead of JSON, and no server at all, mean unavailable", async () => {
    const gateway = await homeserver(() => ({
      status: 502,
      headers: { "content-type": "text/html" },
      body: "<html>",
    }));
    await expect(gateway.client.topic(room)).rejects.toThrow(ServiceUnavailable);
    const page = await homeserver(() => ({ headers: { "content-type": "text/html" }, body: "<html>" }));
    await expect(page.client.topic(room)).rejects.toThrow(ServiceUnavailable);
    page.close();
    await expect(page.client.topic(room)).rejects.toThrow(ServiceUnavailable);
  });

  test("a refused topic names the power level that the room asks for", async () => {
    const { client } = await homeserver((method, path) => {
      if (method === "PUT") return { status: 403, body: { errcode: "M_FORBIDDEN" } };
      expect(path).toBe(`/rooms/${room}/state/m.room.power_levels`);
      return { body: { events: { "m.room.topic": 75 }, users: { "@stablehand:fedora.im": 50 } } };
    });
    await expect(client.setTopic(room, "x")).rejects.toThrow(
      `Matrix does not let @stablehand:fedora.im set the topic of ${room}: its power level is 50, the topic needs 75. Grant the bot power level 75 there.`,
    );
  });
});

describe("requests", () => {
  test("carry the token in a header", async () => {
    const { client, asked } = await homeserver(() => ({ body: { topic: "Packit" } }));
    expect(await client.topic(room)).toBe("Packit");
    expect(asked).toEqual([
      {
        method: "GET",
        path: `/rooms/${room}/state/m.room.topic`,
        authorization: `Bearer ${accessToken}`,
        body: null,
      },
    ]);
  });

  test("send a message under a transaction that follows from its key alone", async () => {
    const { client, asked } = await homeserver(() => ({ body: { event_id: "$1" } }));
    expect(await client.send(room, { text: "a", html: "<b>a</b>", key: "run/topic" })).toBe("$1");
    await client.send(room, { text: "a", key: "run/topic" });
    await client.send(room, { text: "a", key: "run/other" });

    const paths = asked.map((each) => each.path);
    expect(paths[0]).toMatch(/\/send\/m\.room\.message\/stablehand-[0-9a-f]{40}$/);
    expect(paths[1]).toBe(paths[0]);
    expect(paths[2]).not.toBe(paths[0]);
    expect(asked[0]?.body).toEqual({
      msgtype: "m.text",
      body: "a",
      format: "org.matrix.custom.html",
      formatted_body: "<b>a</b>",
    });
    expect(asked[1]?.body).toEqual({ msgtype: "m.text", body: "a" });
  });
});
