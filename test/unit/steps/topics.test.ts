import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { approvedRun, outage } from "../../support/step-run.ts";

/** The topics of both chats, against the emulated Slack and Matrix: each step as its state would call it. */

let system: TestSystem;
beforeEach(async () => {
  system = await startTestSystem();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await system.close();
});

const week = "weekly-2026-11-23";
const slackTopics = () => system.world.slack.topics();
const matrixTopics = () => system.world.matrix.topics();

describe("what a dead run left behind", () => {
  test("is not taken for the topic to put back", async () => {
    const dead = await approvedRun(system, week);
    await dead.step("AnnounceStart");
    const [slack, matrix] = [slackTopics()[0], matrixTopics()[0]];

    const next = await approvedRun(system, "weekly-2026-11-30");
    await next.step("AnnounceStart");
    expect(
      slackTopics()
        .at(-1)
        ?.match(/is being redeployed/g),
    ).toHaveLength(1);
    await next.step("RestoreTopics");

    expect([slackTopics().at(-1), matrixTopics().at(-1)]).toEqual([slack, matrix]);
  });
});

describe("AnnounceStart, tried again", () => {
  /** It sets Slack's topic and fails at Matrix. */
  async function halfAnnounced() {
    const { step } = await approvedRun(system, week);
    const over = outage(system.world.matrix.url);
    await expect(step("AnnounceStart")).rejects.toMatchObject({ name: "ServiceUnavailable" });
    over();
    return step;
  }

  test("sets what is missing, and nothing twice", async () => {
    const step = await halfAnnounced();
    expect([slackTopics().length, matrixTopics().length]).toEqual([2, 1]);
    await step("AnnounceStart");
    await step("AnnounceStart");
    expect([slackTopics().length, matrixTopics().length]).toEqual([2, 2]);
  });

  test("leaves a topic that a person has put back meanwhile", async () => {
    const step = await halfAnnounced();
    const [original = ""] = slackTopics();
    await system.world.slack.setTopicAs("U00000ADA", original);
    await step("AnnounceStart");
    expect(slackTopics().at(-1)).toBe(original);
    expect(matrixTopics().at(-1)).toContain("is being redeployed");
  });
});
