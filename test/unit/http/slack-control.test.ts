import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { firstMove } from "../../../functions/control.ts";
import type { ControlButtonClaims } from "../../../functions/runtime/links.ts";
import { questions } from "../../../functions/store/questions.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askedStep, runUnderWay } from "../../support/asked-step.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { fromSlack, press } from "./deliveries.ts";

type Action = ControlButtonClaims["action"];
type UnderWay = Awaited<ReturnType<typeof runUnderWay>>;

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.replies.length = 0;
  system.posts.length = 0;
  system.slackSilent = false;
});

async function pressed(run: UnderWay, action: Action, { user = "U00000ADA", name = action as string } = {}) {
  const value = await run.controlButtonOf(action);
  return (await fromSlack(system, press(system, { user, action: `run.${name}`, value }))).status;
}

const told = () => system.replies.map((each) => each.text ?? "");
const posted = () => system.posts.map((each) => JSON.stringify(each.blocks));

describe("pause and resume", () => {
  test("by approvers: stored with the name, and told to the channel with a button that resumes", async () => {
    const run = await runUnderWay(system);
    expect(await pressed(run, "pause")).toBe(200);
    expect(await run.control()).toMatchObject({ pause: { by: "ada-packit" }, stop: null });
    expect(system.posts).toMatchObject([{ channel: "C000PACKIT" }]);
    expect(posted()[0]).toContain("Ada paused the run");
    expect(told()).toEqual([]);
    expect(run.timesStopped()).toBe(0);

    const elements = system.posts[0]?.blocks.flatMap((block) => block.elements ?? []) ?? [];
    const resume = elements.find((each) => each.action_id === "run.resume");
    const again = { user: "U00000BEN", action: "run.resume", value: resume?.value ?? "" };
    expect((await fromSlack(system, press(system, again))).status).toBe(200);
    expect(await run.control()).toEqual({ pause: null, stop: null });
    expect(posted()[1]).toContain("Ben resumed the run");
    expect((await runs().events(run.run)).map(({ code, who }) => [code, who])).toEqual([
      ["control.pause", "ada-packit"],
      ["control.resume", "ben-packit"],
    ]);
  });

  test("answers what the pause brought up", async () => {
    const run = await askedStep(system, { kind: "paused" });
    await questions().pause(run.run, "ben-packit");
    await pressed(run, "resume");
    expect(await run.decision()).toMatchObject({ answer: "retry", by: "ada-packit", via: "slack" });
    expect(run.timesResumed()).toBe(1);
  });

  test("makes good for a resume that was cut off", async () => {
    const run = await askedStep(system, { kind: "paused" });
    await pressed(run, "resume");
    expect(await run.decision()).toMatchObject({ answer: "retry" });
  });

  test("a second pause changes nothing and tells who was first; so does resuming what is not paused", async () => {
    const run = await runUnderWay(system);
    await pressed(run, "resume");
    await pressed(run, "pause");
    await pressed(run, "pause", { user: "U00000BEN" });
    expect(await run.control()).toMatchObject({ pause: { by: "ada-packit" } });
    expect(told()).toEqual([
      "The run is not paused, so nothing was done.",
      expect.stringMatching(/^Ada already paused this run at /),
    ]);
    expect(system.posts).toHaveLength(1);
  });
});

describe("stop", () => {
  test("by an approver: stored with the name, what waits is woken up, and the channel is told", async () => {
    const run = await askedStep(system);
    expect(await pressed(run, "stop")).toBe(200);
    expect((await run.control()).stop).toMatchObject({ by: "ada-packit", why: "stop" });
    expect(run.timesStopped()).toBe(1);
    expect(run.timesResumed()).toBe(1);
    expect(posted()[0]).toContain("Ada stopped the run");
  });

  test("comes once: the second one is told who was first", async () => {
    const run = await runUnderWay(system);
    const users = ["U00000ADA", "U00000BEN", "U0000CLEO"];
    await Promise.all(users.map((user) => pressed(run, "stop", { user })));
    expect(told()).toHaveLength(2);
    expect(told()[0]).toMatch(/already ended this run at/);
    expect(system.posts).toHaveLength(1);
    expect(run.timesStopped()).toBe(1);
    const events = (await runs().events(run.run)).filter((each) => each.code.startsWith("control."));
    expect(events).toHaveLength(1);
    await pressed(run, "pause");
    expect((await run.control()).pause).toBeNull();
    expect(told()[2]).toMatch(/already ended this run at/);
  });

  test("that could not be told to the run is told by the next press", async () => {
    const run = await runUnderWay(system);
    system.outage = true;
    expect(await pressed(run, "stop")).toBe(503);
    system.outage = false;
    expect((await run.control()).stop).toMatchObject({ by: "ada-packit" });
    expect(run.timesStopped()).toBe(0);
    expect(await pressed(run, "stop", { user: "U00000BEN" })).toBe(200);
    expect(run.timesStopped()).toBe(1);
  });

  test("is answered in time when Slack is silent: it is stored all the same", async () => {
    const run = await runUnderWay(system);
    system.slackSilent = true;
    const started = performance.now();
    expect(await pressed(run, "stop")).toBe(200);
    expect(performance.now() - started).toBeLessThan(2500);
    expect((await run.control()).stop).toMatchObject({ by: "ada-packit" });
    expect(run.timesStopped()).toBe(1);
  });
});

describe("who may", () => {
  test.each(["pause", "resume", "stop"] as const)("%s: approvers alone", async (action) => {
    const run = await runUnderWay(system);
    if (action === "resume") await questions().pause(run.run, "ben-packit");
    const before = await run.control();
    await pressed(run, action, { user: "U0000DANA" });
    await pressed(run, action, { user: "USTRANGER" });
    expect(await run.control()).toEqual(before);
    const text = `Only approvers can ${action} a run: Ada, Ben, Cleo. Nothing was done.`;
    expect(told()).toEqual([text, text]);
    expect(system.posts).toEqual([]);
  });

  test("veto: anyone of the team, until the first move", async () => {
    const run = await runUnderWay(system);
    await pressed(run, "veto", { user: "USTRANGER" });
    expect((await run.control()).stop).toBeNull();
    await pressed(run, "veto", { user: "U0000DANA" });
    expect((await run.control()).stop).toMatchObject({ by: "dana-packit", why: "veto" });
    expect(run.timesStopped()).toBe(1);
    expect(told()).toEqual(["Only the team can veto a run. Nothing was done."]);
    expect(posted()[0]).toContain("Dana vetoed the run");
    expect(posted()[0]).toContain("Nothing has moved");
  });

  test("veto after the first move: nothing is stored, and it says who can stop the run", async () => {
    const run = await runUnderWay(system);
    await runs().remember(run.run, firstMove, true);
    await pressed(run, "veto", { user: "U0000DANA" });
    expect((await run.control()).stop).toBeNull();
    expect(told()[0]).toContain("a veto comes too late. An approver can still stop it: Ada, Ben, Cleo.");
    expect(system.posts).toEqual([]);
  });
});

describe("a button that does nothing", () => {
  test("under another action's name", async () => {
    const run = await runUnderWay(system);
    await pressed(run, "pause", { name: "stop" });
    await pressed(run, "pause", { name: "constructor" });
    expect(await run.control()).toEqual({ pause: null, stop: null });
    expect(told().every((text) => text.includes("not one of Stablehand's"))).toBe(true);
    expect(told()).toHaveLength(2);
  });

  test("that expired, or of another kind", async () => {
    const run = await askedStep(system);
    for (const value of [await run.controlButtonOf("stop", -1), await run.buttonOf("abort")]) {
      await fromSlack(system, press(system, { action: "run.stop", value }));
    }
    expect(await run.control()).toEqual({ pause: null, stop: null });
    expect(told()).toEqual([expect.stringContaining("has expired"), expect.stringContaining("not one of")]);
  });

  test("of a run that ended", async () => {
    const run = await runUnderWay(system);
    await runs().end(run.run, { status: "finished", reason: null });
    for (const action of ["pause", "resume", "stop", "veto"] as const) await pressed(run, action);
    expect(await run.control()).toEqual({ pause: null, stop: null });
    expect(told()).toEqual(Array(4).fill(`The run ${run.run} has ended, so nothing was done.`));
  });
});
