import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { stopRun } from "../../functions/control.ts";
import { runs } from "../../functions/store/runs.ts";
import { packit } from "../../infra/config/packit.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

let system: TestSystem;
afterEach(async () => await system.close());

const hotfix = { kind: "hotfix" as const, only: ["dashboard"], purpose: "the login is broken" };

async function slackTexts(): Promise<string> {
  const { slack } = system.world;
  return JSON.stringify(await slack.messages(slack.channelId));
}

test("what failed before the run is told, and not held against it", async () => {
  system = await startTestSystem();
  const { github } = system.world;
  // Somebody moved it, and nothing was built.
  await github.moveAsPerson("packit", "stable", github.head("packit", "main") ?? "");
  const run = await system.start(hotfix);
  await answerByLink(await system.link("ada-packit"), "approve");

  expect(await system.ended(run)).toBe("SUCCEEDED");
  expect(await runs().get(run.run)).toMatchObject({ status: "finished", reason: "deployed" });
  expect(await runs().comparison(run.run)).toMatchObject({
    outcome: "healthy",
    worse: [],
    asBefore: [{ check: "versions", text: expect.stringMatching(/^packit: \w{7} instead of \w{7}$/) }],
  });
  const told = await slackTexts();
  expect(told).toContain("Failed before the run already");
  expect(told).toContain("Deployed, proven for 1 image.");
  // No worker restarts for the dashboard.
  expect(told).not.toContain("run again after the restart");
});

test("a source that cannot be asked leaves production unverified", async () => {
  system = await startTestSystem();
  await system.world.sentry.close();
  const run = await system.start(hotfix);
  await answerByLink(await system.link("ada-packit"), "approve");

  expect(await system.ended(run)).toBe("FAILED");
  expect(await runs().get(run.run)).toMatchObject({
    status: "failed",
    reason: "production could not be verified",
  });
  expect(await runs().comparison(run.run)).toMatchObject({
    outcome: "unverified",
    unknown: [{ check: "sentry" }],
  });
});

test("a run that is stopped while its pods soak ends without a verdict", async () => {
  system = await startTestSystem({ config: { limits: { soakMinutes: 10_000 } } });
  const run = await system.start(hotfix);
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run.run, "AwaitSoak", 2);
  await stopRun(run.run, { by: "ada-packit", at: new Date().toISOString(), why: "stop", comment: null });

  expect(await system.ended(run)).toBe("SUCCEEDED");
  expect(await runs().get(run.run)).toMatchObject({ status: "aborted", reason: "stopped by ada-packit" });
  expect(await runs().report(run.run, "production")).toBeNull();
});

test("Flower is asked for the tasks that the restart of the workers interrupts, where it can be reached", async () => {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ "celery@short-0": { active: [{ id: "a" }] } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const flowerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { production, staging } = packit.clusters;
  system = await startTestSystem({
    config: { clusters: { production: { ...production, flowerUrl }, staging } },
  });
  const run = await system.start({ ...hotfix, only: ["packit-service"] });
  await answerByLink(await system.link("ada-packit"), "approve");

  expect(await system.ended(run)).toBe("SUCCEEDED");
  expect(await slackTexts()).toContain(
    "1 task runs now and will run again after the restart of the workers.",
  );
});
