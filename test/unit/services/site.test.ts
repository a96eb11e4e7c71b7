import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { showsPage } from "../../../functions/services/site.ts";

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    if (response.statusCode === 301) response.setHeader("location", "/200");
    response.end("<h1>A page</h1>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a page that is there, one that moved, and one that is not", async () => {
  expect(await showsPage(`${url}/200`)).toBe(true);
  expect(await showsPage(`${url}/301`)).toBe(true);
  expect(await showsPage(`${url}/404`)).toBe(false);
});

test("a site that is broken or away is no answer", async () => {
  await expect(showsPage(`${url}/503`)).rejects.toMatchObject({ name: "ServiceUnavailable" });
  await expect(showsPage(`${url}/429`)).rejects.toMatchObject({ name: "RateLimited" });
  await expect(showsPage("http://127.0.0.1:9/")).rejects.toMatchObject({ name: "ServiceUnavailable" });
});
