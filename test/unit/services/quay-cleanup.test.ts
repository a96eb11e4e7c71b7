import { expect, onTestFinished, test } from "vitest";
import { NotFound, RequestRefused } from "../../../functions/runtime/errors.ts";
import { createQuay } from "../../../functions/services/quay.ts";
import { startQuay } from "../../../infra/local/world/quay.ts";
import { worldContext } from "../../support/world-context.ts";

/** Our client against the emulated Quay, as far as the cleanup needs it. */
async function start() {
  const ctx = worldContext();
  const quay = await startQuay(ctx);
  onTestFinished(() => quay.close());
  const client = createQuay({ apiUrl: quay.url, namespace: "packit", token: quay.token });
  const push = async (tag: string, hour: number, architectures = ["amd64"]) =>
    await quay.push({
      image: "dashboard",
      tags: [tag],
      architectures,
      contents: {},
      at: new Date(Date.UTC(2026, 0, 1, hour)),
    });
  return { ctx, quay, client, push };
}

test("all tags are listed over all pages, newest first, and none that is gone", async () => {
  const { client, push } = await start();
  for (let hour = 0; hour < 230; hour++) await push(`main-${hour}`, hour);
  await client.deleteTag("dashboard", "main-7");

  const tags = await client.tags("dashboard");

  expect(tags.map(({ name }) => name)).toEqual(
    Array.from({ length: 230 }, (_, index) => `main-${229 - index}`).filter((name) => name !== "main-7"),
  );
});

test("a list holds its manifests, and they hold the layers, shared ones by the same digest", async () => {
  const { client, push } = await start();
  const list = await push("one", 1, ["amd64", "arm64"]);
  const other = await push("two", 2);

  const top = await client.contents("dashboard", list);
  expect(top).toEqual({ digest: list, manifests: [expect.any(String), expect.any(String)], layers: [] });
  const amd = await client.contents("dashboard", top.manifests[0] ?? "");
  const plain = await client.contents("dashboard", other);
  expect(amd.layers).toHaveLength(3);
  expect(plain.layers.slice(0, 2)).toEqual(amd.layers.slice(0, 2));
  expect(plain.layers[2]).not.toEqual(amd.layers[2]);
  await expect(client.contents("dashboard", "sha256:none")).rejects.toBeInstanceOf(NotFound);
});

test("a tag that is gone, and one that may not go, are told apart", async () => {
  const { client, push, quay } = await start();
  await push("one", 1);
  await push("two", 2);
  quay.refuseToDelete("dashboard", "two");

  await client.deleteTag("dashboard", "one");

  await expect(client.deleteTag("dashboard", "one")).rejects.toBeInstanceOf(NotFound);
  await expect(client.deleteTag("dashboard", "two")).rejects.toBeInstanceOf(RequestRefused);
  expect(quay.tagNames("dashboard")).toEqual(["two"]);
});

test("a notification that was switched off is on again after its reset", async () => {
  const { ctx, client, push, quay } = await start();
  await push("one", 1);
  quay.switchOffNotification("dashboard");

  const [off] = await client.notifications("dashboard");
  expect(off).toMatchObject({ event: "repo_push", url: ctx.targets.quay, failures: 3 });
  await client.resetNotification("dashboard", off?.uuid ?? "");

  expect(await client.notifications("dashboard")).toMatchObject([{ uuid: off?.uuid, failures: 0 }]);
});
