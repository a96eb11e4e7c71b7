import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPackit } from "../../../functions/services/packit.ts";

async function startService(answers: Record<string, { status?: number; body: string }>) {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    response.writeHead(answer ? (answer.status ?? 200) : 404).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return createPackit({ serviceUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

test("tells health and versions", async () => {
  const versions = {
    ogr: { commit: "abcdef1", version: "0.50.0" },
    packit_service: { commit: "1234567", version: null },
    started: "2026-11-23T12:00:00Z",
  };
  const service = await startService({
    "/api/healthz": { body: '{"status":"ok","more":1}' },
    "/api/system": { body: JSON.stringify(versions) },
  });

  expect(await service.health()).toEqual({ status: "ok" });
  expect(await service.system()).toEqual({
    ogr: { commit: "abcdef1", version: "0.50.0" },
    packit_service: { commit: "1234567", version: "" },
  });
});

test.each([
  ["is down", { status: 503, body: "<html>" }, "ServiceUnavailable"],
  ["answers a page", { body: "<html>" }, "ServiceUnavailable"],
  ["answers another shape", { body: "[]" }, "ServiceUnavailable"],
  ["is closed to us", { status: 403, body: "" }, "PermissionDenied"],
])("fails by name when the service %s", async (_, answer, name) => {
  const service = await startService({ "/api/healthz": answer, "/api/system": answer });

  await expect(service.health()).rejects.toMatchObject({ name });
  await expect(service.system()).rejects.toMatchObject({ name });
});
