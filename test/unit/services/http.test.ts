import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RateLimited } from "../../../functions/runtime/errors.ts";
import { fetchJson, mapStatus } from "../../../functions/services/http.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing`;
}

const what = "the tag prod of packit/dashboard";

describe("mapStatus", () => {
  it.each([
    [400, "RequestRefused"],
    [401, "PermissionDenied"],
    [403, "PermissionDenied"],
    [404, "NotFound"],
    [408, "ServiceUnavailable"],
    [409, "RequestRefused"],
    [410, "NotFound"],
    [422, "RequestRefused"],
    [429, "RateLimited"],
    [500, "ServiceUnavailable"],
    [503, "ServiceUnavailable"],
  ])("makes %d a %s that names system and thing", (status, name) => {
    expect(mapStatus("Quay", what, status)).toMatchObject({
      name,
      message: expect.stringMatching(/Quay.*packit\/dashboard/),
    });
  });

  it.each([
    ["seconds", { "retry-after": "17" }, 17],
    ["a date", { "retry-after": new Date(Date.now() + 30_000).toUTCString() }, 30],
    [
      "the limit's reset",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 60) },
      60,
    ],
    ["nothing", { "x-ratelimit-remaining": "0" }, undefined],
  ])("tells when to ask again by %s", (_name, headers, seconds) => {
    for (const source of [headers, new Headers(headers as Record<string, string>)]) {
      const error = mapStatus("GitHub", what, 403, source);
      expect(error).toBeInstanceOf(RateLimited);
      const told = (error as RateLimited).retryAfterSeconds;
      if (seconds === undefined) expect(told).toBeUndefined();
      else expect(Math.abs((told ?? 0) - seconds)).toBeLessThanOrEqual(2);
    }
  });
});

describe("fetchJson", () => {
  it("sends JSON and parses the answer", async () => {
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, headers } = request;
        const body = Buffer.concat(chunks).toString();
        response.end(JSON.stringify({ method, type: headers["content-type"], own: headers["x-own"], body }));
      });
    });
    expect(await fetchJson("Quay", url, { what, body: { a: 1 }, headers: { "x-own": "yes" } })).toEqual({
      method: "POST",
      type: "application/json",
      own: "yes",
      body: '{"a":1}',
    });
  });

  it("answers null for an empty body", async () => {
    const url = await serve((_request, response) => response.writeHead(204).end());
    expect(await fetchJson("Quay", url, { what, method: "DELETE" })).toBeNull();
  });

  it("maps the status, and keeps bodies out of the message", async () => {
    const url = await serve((_request, response) => response.writeHead(403).end("token abc is wrong"));
    const error = await fetchJson("Quay", url, { what }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "PermissionDenied" });
    expect(String(error)).not.toContain("abc");
  });

  it.each<[string, RequestListener]>([
    ["never answers", () => undefined],
    [
      "breaks off in the middle",
      (_request, response) =>
        response.writeHead(200, { "content-length": "99" }).write("{", () => response.destroy()),
    ],
    ["closes the connection", (request) => request.destroy()],
    ["answers a page", (_request, response) => response.end("<html>")],
  ])("throws ServiceUnavailable when the system %s", async (_name, listener) => {
    const url = await serve(listener);
    await expect(fetchJson("Quay", url, { what, timeoutMs: 200 })).rejects.toMatchObject({
      name: "ServiceUnavailable",
      message: expect.stringContaining(what),
    });
  });

  it("throws ServiceUnavailable when nobody listens", async () => {
    await expect(fetchJson("Quay", "http://127.0.0.1:9/", { what })).rejects.toMatchObject({
      name: "ServiceUnavailable",
    });
  });
});
