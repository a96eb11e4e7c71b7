import { expect, test } from "vitest";
import { createFlower } from "../../../functions/services/flower.ts";

function flowerAnswering(body: unknown, status = 200) {
  const asked: string[] = [];
  const client = createFlower({
    flowerUrl: "http://flower.test",
    fetch: async (input) => {
      asked.push(String(input));
      return Response.json(body, { status });
    },
  });
  return { client, asked };
}

test("the tasks that all workers work on are counted, anew", async () => {
  const { client, asked } = flowerAnswering({
    "celery@short-0": { active: [{ id: "a" }, { id: "b" }], stats: {} },
    "celery@long-0": { active: [] },
  });
  expect(await client.activeTasks()).toBe(2);
  expect(asked).toEqual(["http://flower.test/api/workers?refresh=true"]);
});

test.each([
  ["no worker", {}, 200],
  ["a worker that did not answer", { "celery@short-0": { active: [] }, "celery@long-0": { stats: {} } }, 200],
  ["another shape", [], 200],
  ["an error", {}, 502],
])("%s is no count", async (_, body, status) => {
  await expect(flowerAnswering(body, status).client.activeTasks()).rejects.toMatchObject({
    name: "ServiceUnavailable",
  });
});
