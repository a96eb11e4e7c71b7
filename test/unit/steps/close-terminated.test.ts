import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import { slack } from "../../../functions/services/slack.ts";
import { ledger } from "../../../functions/store/ledger.ts";
import { lock } from "../../../functions/store/lock.ts";
import { runs } from "../../../functions/store/runs.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { approvedRun, outage } from "../../support/step-run.ts";

/** The closing of runs whose executions died, against the emulated world. */

let system: TestSystem;
beforeEach(async () => {
  system = await startTestSystem();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await system.close();
});

const run = "weekly-2026-11-23";
const detail = { name: run, status: "FAILED" };
const topics = () => ({ slack: system.world.slack.topics(), matrix: system.world.matrix.topics() });

test("a chat that was away at the first try gets its topic back, and the end is told, at the next one", async () => {
  const { step } = await approvedRun(system, run);
  await step("AnnounceStart");
  expect(topics().slack).toHaveLength(2);

  const over = outage(system.world.slack.url);
  await expect(system.invoke("CloseTerminated", { detail })).rejects.toMatchObject({
    name: "ServiceUnavailable",
  });
  over();
  expect(await lock().holder()).toBeNull();
  expect(topics().slack).toHaveLength(2);

  expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: true });
  const { slack, matrix } = topics();
  expect([slack.at(-1), matrix.at(-1)]).toEqual([slack[0], matrix[0]]);
  expect(await runs().get(run)).toMatchObject({ status: "failed" });
  const said = await system.world.slack.messages(system.world.slack.channelId);
  expect(
    said.filter(({ metadata }) => JSON.stringify(metadata ?? {}).includes(`${run}/closed`)),
  ).toHaveLength(1);

  expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: false });
});

test("an end that could not be told is told by the next try, which leaves the ledger to later runs", async () => {
  const { step } = await approvedRun(system, run);
  await step("AnnounceStart");
  const client = await slack();
  const { postOnce } = client;
  const post = vi.spyOn(client, "postOnce").mockImplementation(async (message) => {
    if (message.key.endsWith("/closed")) throw new ServiceUnavailable("Slack is away.");
    return await postOnce(message);
  });
  await expect(system.invoke("CloseTerminated", { detail })).rejects.toThrow("Slack is away.");
  post.mockRestore();
  const later = { commit: "later", dependencies: {}, run: "weekly-2026-12-07" };
  await ledger().setBuilt("dashboard", later);
  await ledger().setLastDeployment({ run: later.run, at: "2026-12-07T13:00:00.000Z" });

  expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: true });
  const said = await system.world.slack.messages(system.world.slack.channelId);
  expect(
    said.filter(({ metadata }) => JSON.stringify(metadata ?? {}).includes(`${run}/closed`)),
  ).toHaveLength(1);
  expect(await ledger().built("dashboard")).toEqual(later);
  expect(await ledger().lastDeployment()).toMatchObject({ run: later.run });
});

test("a run that closed itself is left alone", async () => {
  const { step } = await approvedRun(system, run);
  await step("CloseRun", { status: "aborted", error: "", reason: "stopped by Ada" });
  expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: false });
  expect(await runs().get(run)).toMatchObject({ status: "aborted" });
});
