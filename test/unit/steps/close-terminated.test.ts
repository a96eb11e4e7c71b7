import { afterEach, beforeEach, expect, test, vi } from "vitest";
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

test("a run that closed itself is left alone", async () => {
  const { step } = await approvedRun(system, run);
  await step("CloseRun", { status: "aborted", error: "", reason: "stopped by Ada" });
  expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: false });
  expect(await runs().get(run)).toMatchObject({ status: "aborted" });
});
