import { afterEach, expect, test } from "vitest";
import { pauseRun, resumeRun } from "../../functions/control.ts";
import { showEnd, showProgress } from "../../functions/steps/live-message.ts";
import { live } from "../../functions/store/live.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

/** For a machine that is busy elsewhere. */
const patience = { timeout: 60_000 };

let system: TestSystem;
afterEach(async () => await system.close());

/** Messages in the channel with their keys; blocks as one text. */
async function messages() {
  const all = await system.world.slack.messages(system.config.slack.channel);
  return all.map((message) => {
    const { metadata, thread_ts: thread = null } = message as {
      metadata?: { event_payload?: { key?: string } };
      thread_ts?: string | null;
    };
    const key = metadata?.event_payload?.key ?? "";
    return { ts: message.ts, key, thread, told: JSON.stringify(message.blocks ?? "") };
  });
}

async function liveOnes(run: string) {
  return (await messages()).filter(({ key }) => key === `${run}/live`);
}

async function pausedRun() {
  system = await startTestSystem();
  const started = await system.start();
  const { run } = started;
  const link = await system.link("ada-packit");
  await expect
    .poll(async () => (await liveOnes(run))[0]?.told, patience)
    .toContain("Waiting for an approval");
  await pauseRun(run, "ben-packit");
  await answerByLink(link, "approve");
  await system.entered(run, "AskAboutRun");
  await expect
    .poll(async () => (await liveOnes(run))[0]?.told, patience)
    .toContain("waits for an answer since");
  return started;
}

test("one message follows a run to its end, and what needs people stands in its thread", async () => {
  const started = await pausedRun();
  const { run } = started;
  const [message] = await liveOnes(run);
  expect(message?.told).toContain("Paused by Ben");

  const [question] = await questions().all(run);
  const replies = async () =>
    (await messages()).filter(({ thread, ts }) => thread === message?.ts && ts !== thread);
  const asked = (await replies()).find(({ key }) => key === `${run}/question/${question?.id}`);
  expect(asked?.told).toMatch(/<@U00000\w+> please answer/);

  await resumeRun(run, "ben-packit", "terminal");
  expect(await system.ended(started)).toBe("SUCCEEDED");

  const ones = await liveOnes(run);
  expect(ones.map(({ ts }) => ts)).toEqual([message?.ts]);
  const { told = "" } = ones[0] ?? {};
  expect(told).toContain("The run finished");
  expect(told).not.toMatch(/"actions"|waits for an answer|Paused/);
  for (const each of await runs().repositories(run)) expect(told).toContain(`*${each.repository}*`);
  expect((await replies()).map(({ key }) => key)).toContain(`${run}/started`);
  const notices = system.world.matrix.messages().map(({ body }) => body);
  expect(notices).toEqual([
    expect.stringContaining("the weekly deployment has started"),
    expect.stringContaining("the weekly deployment finished"),
  ]);
}, 240_000);

test("many steps at once leave the newest; a lease whose holder died, or a limit of Slack, hides no end", async () => {
  const { run } = await pausedRun();
  const shown: Promise<void>[] = [];
  const plan = await runs().plan(run, 1);
  if (plan) await runs().saveApproved(run, plan);
  const name = plan?.repositories.find(({ action }) => action === "move")?.name ?? "";
  for (let number = 1; number <= 20; number++) {
    await runs().saveRepository(run, name, { stage: "building", note: `job ${number} of 20` });
    shown.push(showProgress(run));
  }
  await Promise.all(shown);
  expect((await liveOnes(run)).map(({ told }) => told)).toEqual([expect.stringContaining("job 20 of 20")]);

  const soon = new Date(Date.now() + 5000).toISOString();
  await live().take(run, "one that died", new Date().toISOString(), soon);
  await runs().saveRepository(run, name, { stage: "deployed", note: null });
  await showProgress(run);
  expect((await liveOnes(run))[0]?.told).toContain("job 20 of 20");
  await showEnd(run);
  expect((await liveOnes(run))[0]?.told).not.toContain("job 20 of 20");

  await live().save(run, { notBefore: new Date(Date.now() + 60_000).toISOString() });
  await runs().saveRepository(run, name, { stage: "failed", note: "after a limit" });
  await showProgress(run);
  expect((await liveOnes(run))[0]?.told).not.toContain("after a limit");
  await showEnd(run);
  expect((await liveOnes(run))[0]?.told).toContain("after a limit");
}, 240_000);
