import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import { slack } from "../../../functions/services/slack.ts";
import { ledger } from "../../../functions/store/ledger.ts";
import { lock } from "../../../functions/store/lock.ts";
import { runs } from "../../../functions/store/runs.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";

/** Closing from outside is called again when it failed: by Lambda itself, or by who looks at the dead letters. */

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => await system.close());

/** A run that has announced its start, and whose execution is dead. */
async function deadRun(run: string): Promise<void> {
  const scheduledFor = "2026-11-23T12:00:00.000Z";
  const execution = `arn:aws:states:eu-central-1:000000000000:execution:weekly-deployment:${run}`;
  await system.invoke("OpenRun", { run, kind: "weekly", scheduledFor, only: [], purpose: "", execution });
  const { version } = (await system.invoke("PlanPromotion", { run })) as { version: number };
  const plan = await runs().plan(run, version);
  if (!plan) throw new Error(`${run} was not planned`);
  await runs().saveApproved(run, plan);
  await system.invoke("AnnounceStart", { run });
}

const close = async (run: string) =>
  await system.invoke("CloseTerminated", { detail: { name: run, status: "FAILED" } });

async function saying(text: string) {
  const messages = await system.world.slack.messages(system.world.slack.channelId);
  return messages.filter((each) => JSON.stringify(each).includes(text));
}

const reason = "the execution died of an error that no state caught";
const away = new ServiceUnavailable("Slack is away.");

test("a topic that could not be put back is put back by the next try", async () => {
  const run = "weekly-2026-11-23";
  const client = await slack();
  const channel = system.world.slack.channelId;
  const before = await client.topic(channel);
  await deadRun(run);
  expect(await client.topic(channel)).not.toBe(before);

  vi.spyOn(client, "setTopic").mockRejectedValueOnce(away);
  await expect(close(run)).rejects.toThrow("Slack is away.");
  expect(await lock().holder()).toBeNull();
  expect(await close(run)).toEqual({ closed: true });

  expect(await client.topic(channel)).toBe(before);
  expect(await close(run)).toEqual({ closed: false });
});

test("an end that could not be told is told by the next try, which leaves the ledger to later runs", async () => {
  const run = "weekly-2026-11-30";
  await deadRun(run);
  const client = await slack();
  const { postOnce } = client;
  const post = vi.spyOn(client, "postOnce").mockImplementation(async (message) => {
    if (message.key.endsWith("/closed")) throw away;
    return await postOnce(message);
  });
  await expect(close(run)).rejects.toThrow("Slack is away.");
  post.mockRestore();
  const before = await saying(reason);
  const later = { commit: "later", dependencies: {}, run: "weekly-2026-12-07" };
  await ledger().setBuilt("dashboard", later);
  await ledger().setLastDeployment({ run: later.run, at: "2026-12-07T13:00:00.000Z" });
  expect(await close(run)).toEqual({ closed: true });

  expect(await saying(reason)).toHaveLength(before.length + 1);
  expect(await ledger().built("dashboard")).toEqual(later);
  expect(await ledger().lastDeployment()).toMatchObject({ run: later.run });
  expect(await close(run)).toEqual({ closed: false });
});

test("a run that closed itself is left alone", async () => {
  const run = "weekly-2026-12-14";
  await deadRun(run);
  await system.invoke("CloseRun", { run, status: "failed", error: "", reason: "no reason" });
  expect(await close(run)).toEqual({ closed: false });
});
