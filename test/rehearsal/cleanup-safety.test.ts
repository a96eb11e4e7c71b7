import { afterAll, beforeAll, expect, test } from "vitest";
import type { StartedCleanup } from "../../functions/start-cleanup.ts";
import { cleanups } from "../../functions/store/cleanups.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { seedRegistry } from "../../infra/cleanup-world.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem({ speed: 100_000, flows: ["registry-cleanup"] });
  await seedRegistry(system, 14);
});
afterAll(async () => await system.close());

const image = "packit-service-tests";
const tagsNow = () => system.world.quay.tagNames(image);

async function start(): Promise<StartedCleanup> {
  const request = { scheduledFor: "2026-12-01T09:00:00.000Z", by: "person" };
  return (await system.invoke("StartCleanup", request)) as StartedCleanup;
}

test("what is stored otherwise than it was approved deletes nothing, and a person is asked", async () => {
  const { run } = await start();
  const link = await system.link("ada-packit");
  const before = tagsNow();
  const judged = (await cleanups().judged(run, image)) ?? [];
  await cleanups().saveJudged(
    run,
    image,
    judged.map((each) => ({ ...each, keptBecause: null })),
  );
  await answerByLink(link, "approve");
  const asked = await system.link("ada-packit");

  const [question] = await questions().all(run);
  expect(question).toMatchObject({ step: "DeleteTags", error: "BadInput" });
  expect(question?.reason).toMatch(/is not the plan that was approved/);
  expect(tagsNow()).toEqual(before);
  await answerByLink(asked, "abort");
  await system.entered(run, "CleanupEnded");
  expect(await runs().get(run)).toMatchObject({ status: "aborted" });
}, 180_000);

test("a deletion that runs again after it ended has nothing left to do, and says the same", async () => {
  const { run } = await start();
  const planned = ((await waitForPlan(run)) ?? []).map(({ name }) => name);
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run, "CleanupEnded");
  const after = tagsNow();
  const outcomes = await cleanups().outcomes(run, image);

  expect(await system.invoke("DeleteTags", { run })).toEqual({ left: 0 });

  expect(planned.length).toBeGreaterThan(0);
  expect(outcomes.map(({ name }) => name).toSorted()).toEqual(planned.toSorted());
  expect(after.filter((name) => planned.includes(name))).toEqual([]);
  expect(tagsNow()).toEqual(after);
  expect(await cleanups().outcomes(run, image)).toEqual(outcomes);
}, 180_000);

test("what is read while something is being stored is stored too", async () => {
  const many = 520;
  for (let number = many; number > 0; number--) {
    const sha = number.toString(16).padStart(7, "0");
    const at = new Date(Date.UTC(2026, 0, 1) - number * 60_000);
    await system.world.quay.push({
      image,
      tags: [`main-${sha}`],
      architectures: ["amd64"],
      contents: {},
      at,
    });
  }
  const { run } = await start();
  await system.entered(run, "AskCleanup");

  const tags = (await cleanups().judged(run, image)) ?? [];
  expect(tags.length).toBeGreaterThan(many);
  const read = await cleanups().contents(image, "manifests");
  expect(tags.filter(({ digest }) => !read.has(digest))).toEqual([]);
  expect((await cleanups().plan(run))?.space).toMatchObject({ unmeasured: 0 });
  await answerByLink(await system.link("ada-packit"), "reject");
  await system.entered(run, "CleanupEnded");
}, 180_000);

async function waitForPlan(run: string) {
  await system.entered(run, "AskCleanup");
  return (await cleanups().judged(run, image))?.filter(({ keptBecause }) => keptBecause === null);
}
