import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { RegistryTag } from "../../../functions/domain/registry-cleanup.ts";
import { createCleanups } from "../../../functions/store/cleanups.ts";
import { write } from "../../../functions/store/items.ts";
import { createRuns } from "../../../functions/store/runs.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();
const digest = () => `sha256:${randomBytes(32).toString("hex")}`;
const tags = (count: number): RegistryTag[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `main-${index}`,
    digest: digest(),
    startedAt: "2026-01-01T00:00:00.000Z",
    isList: false,
  }));

test("tags are kept however many they are, and a shorter list takes the place of a longer one", async () => {
  const store = createCleanups(table());
  expect(await store.tags("cleanup-1", "dashboard")).toBeNull();
  const many = tags(6500);
  await store.saveTags("cleanup-1", "dashboard", many);
  await store.saveTags("cleanup-1", "dash", []);
  expect(await store.tags("cleanup-1", "dashboard")).toEqual(many);
  expect(await store.tags("cleanup-1", "dash")).toEqual([]);

  await store.saveTags("cleanup-1", "dashboard", many.slice(0, 3));
  expect(await store.tags("cleanup-1", "dashboard")).toEqual(many.slice(0, 3));
});

test("what manifests hold is known to every later run", async () => {
  const store = createCleanups(table());
  const manifest = { digest: digest(), manifests: [], layers: [{ digest: digest(), size: 5 }] };
  const list = { digest: digest(), manifests: [manifest.digest], layers: [] };
  await store.addContents("dashboard", "manifests", []);
  await store.addContents("dashboard", "manifests", [manifest]);
  await store.addContents("dashboard", "manifests", [manifest]);
  await store.addContents("dashboard", "lists", [list]);
  expect([...(await store.contents("dashboard", "manifests")).values()]).toEqual([manifest]);
  expect([...(await store.contents("dashboard", "lists")).values()]).toEqual([list]);
  expect((await store.contents("sandcastle", "manifests")).size).toBe(0);
});

test("of several outcomes of a tag the last one counts", async () => {
  let minute = 0;
  const store = createCleanups(table(), () => new Date(Date.UTC(2026, 10, 23, 12, minute++)));
  await store.addOutcomes("cleanup-1", "dashboard", [
    { name: "a", outcome: "failed", reason: "no answer" },
    { name: "b", outcome: "deleted", reason: null },
  ]);
  await store.addOutcomes("cleanup-1", "dashboard", [{ name: "a", outcome: "deleted", reason: null }]);
  expect(await store.outcomes("cleanup-1", "dashboard")).toEqual([
    { name: "a", outcome: "deleted", reason: null },
    { name: "b", outcome: "deleted", reason: null },
  ]);
});

test("every digest that a run wrote down, and every one in quarantine, is found", async () => {
  const store = createCleanups(table());
  const runs = createRuns(table());
  const [built, stream, before, other, bad, pinned] = Array.from({ length: 6 }, digest);
  await runs.saveRepository("weekly-1", "dashboard", {
    images: { dashboard: { digest: built ?? "", streamDigest: stream } },
  });
  await runs.remember("weekly-1", "baseline", { streams: { dashboard: before } });
  await runs.remember("weekly-2", "baseline", { streams: { dashboard: other } });
  expect(await store.recordedDigests(["weekly-1"])).toEqual(new Set([built, stream, before]));

  await write(table(), { pk: "ledger#quarantine", sk: `digest#${bad}` }, { body: { digest: bad } });
  await write(
    table(),
    { pk: "ledger#pins", sk: "stream#dashboard" },
    { body: { stream: "dashboard", digest: pinned } },
  );
  expect(await store.quarantined()).toEqual(new Set([bad, pinned]));
});
