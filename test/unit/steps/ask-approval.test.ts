import { afterEach, beforeEach, expect, test } from "vitest";
import { controlRun } from "../../../functions/requests.ts";
import { questions } from "../../../functions/store/questions.ts";
import { runs } from "../../../functions/store/runs.ts";
import { waits } from "../../../functions/waits.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { type NewsRun, newsRun } from "../../support/news-run.ts";

/** The question in the emulated Slack, asked by the step alone. */

const run = "weekly-2026-11-23";
let system: TestSystem;
let step: NewsRun["step"];

beforeEach(async () => {
  system = await startTestSystem();
  step = (await newsRun(system, run)).step;
});
afterEach(async () => await system.close());

const ask = async () => await step("AskApproval", { question: "approval-1", version: 1, taskToken: "token" });
const person = (github: string) => {
  const found = system.config.people.find((each) => each.github === github);
  if (!found) throw new Error(`${github} is not in the configuration`);
  return found;
};
const keysSentTo = async (github: string) =>
  (await system.world.slack.directMessages(person(github).slack)).map(
    ({ metadata }) => (metadata as { event_payload?: { key?: string } } | undefined)?.event_payload?.key,
  );
const inChannel = async (key: string) => {
  const messages = await system.world.slack.messages(system.config.slack.channel);
  return messages.find(
    ({ metadata }) =>
      (metadata as { event_payload?: { key?: string } } | undefined)?.event_payload?.key === `${run}/${key}`,
  );
};

test("an approver whose account is deactivated keeps nobody else from being asked", async () => {
  system.world.slack.settings.deactivated.add(person("ada-packit").slack);
  await ask();
  await ask();

  expect(await inChannel("approval-1")).toBeDefined();
  expect(await keysSentTo("ben-packit")).toEqual([`${run}/approval-1/link`]);
  expect(await keysSentTo("cleo-packit")).toEqual([`${run}/approval-1/link`]);
  const told = (await runs().events(run)).filter(({ code }) => code === "approvers.not-told");
  expect(told.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^Ada got no direct message\. Slack .*user_disabled.*deactivated/),
  ]);
});

test("a question that is asked after the run's window has one of its own, which the run's page and messages go by", async () => {
  const passed = new Date(Date.now() - 3_600_000).toISOString();
  await runs().update(run, { windowEnd: passed });
  await ask();

  const [wait] = (await waits().waitsOf(run)).filter(({ id }) => id.endsWith("/approval-1"));
  expect((wait?.deadline ?? "") > new Date().toISOString()).toBe(true);
  expect((await runs().get(run))?.windowEnd).toBe(wait?.deadline);
});

test("while the question is open, anyone of the team can veto by a button of the run's message", async () => {
  await ask();
  const message = await inChannel("live");
  expect(JSON.stringify(message?.blocks)).toContain("run.veto");
  expect(JSON.stringify(message?.blocks)).not.toMatch(/run\.(pause|stop)/);

  const dana = person("dana-packit");
  const press = { userId: dana.slack, channel: system.config.slack.channel, ts: message?.ts ?? "" };
  await system.world.slack.press({ ...press, actionId: "run.veto" });
  expect(system.world.slack.privateReplies(dana.slack)).toEqual([]);
  expect((await questions().control(run)).stop).toMatchObject({ by: "dana-packit", why: "veto" });
});

test("a veto leaves no button behind where the question was", async () => {
  await ask();
  expect(JSON.stringify((await inChannel("approval-1"))?.blocks)).toContain("approval.approve");
  const veto = { run, action: "veto" as const, via: "slack" as const, comment: "not on a <!channel> Monday" };
  expect(await controlRun({ ...veto, person: person("dana-packit") })).toMatchObject({ done: true });

  const asked = { question: "approval-1", version: 1 };
  expect(await step("ReadDecision", asked)).toMatchObject({ answer: "stop" });
  const told = JSON.stringify((await inChannel("approval-1"))?.blocks);
  expect(told).not.toContain("approval.approve");
  expect(told).toContain("No longer asked: vetoed by dana-packit: not on a &lt;!channel&gt; Monday.");
});
