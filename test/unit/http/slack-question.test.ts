import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answersFor } from "../../../functions/domain/question.ts";
import { buttonValue } from "../../../functions/runtime/links.ts";
import { questions } from "../../../functions/store/questions.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askedStep } from "../../support/asked-step.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { fromSlack, press, type SlackRequest } from "./deliveries.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.replies.length = 0;
});

const action = "question.retry";
const send = async (pressed: Parameters<typeof press>[1], request?: SlackRequest) =>
  (await fromSlack(system, press(system, { action, ...pressed }), request)).status;

describe("a press on an answer to a failed step", () => {
  test.each(["retry", "skip", "abort"] as const)(
    "%s: stored with the name, and the run resumed",
    async (answer) => {
      const { run, buttonOf, decision, timesResumed, question } = await askedStep(system);
      expect(await send({ value: await buttonOf(answer), action: `question.${answer}` })).toBe(200);
      expect(await decision()).toMatchObject({
        question: question.id,
        answer,
        by: "ada-packit",
        via: "slack",
        comment: null,
      });
      expect(timesResumed()).toBe(1);
      expect(system.replies).toEqual([]);
      const events = (await runs().events(run)).filter((each) => each.code.startsWith("question."));
      expect(events).toMatchObject([{ code: `question.${answer}`, who: "ada-packit" }]);
    },
  );

  test("of somebody who is no approver, or unknown, does nothing but tell so", async () => {
    const { buttonOf, decision, timesResumed } = await askedStep(system);
    const value = await buttonOf("retry");
    for (const user of ["U0000DANA", "USTRANGER"]) expect(await send({ value, user })).toBe(200);
    expect(await decision()).toBeNull();
    expect(timesResumed()).toBe(0);
    const text = expect.stringContaining("Only approvers can answer this: Ada, Ben, Cleo");
    expect(system.replies).toMatchObject([
      { response_type: "ephemeral", text },
      { response_type: "ephemeral", text },
    ]);
  });

  test("that comes second is told who was first", async () => {
    const { buttonOf, decision, timesResumed } = await askedStep(system);
    await send({ value: await buttonOf("skip"), action: "question.skip" });
    await send({ value: await buttonOf("abort"), action: "question.abort", user: "U00000BEN" });
    expect(await decision()).toMatchObject({ answer: "skip", by: "ada-packit" });
    expect(timesResumed()).toBe(1);
    const text = expect.stringMatching(
      /^Ada already answered “Go on without it” at .* Your press changed nothing\.$/,
    );
    expect(system.replies).toMatchObject([{ text }]);
  });

  test("of several at once: one stands, the others are told", async () => {
    const { buttonOf, decision, timesResumed } = await askedStep(system);
    const value = await buttonOf("retry");
    const users = ["U00000ADA", "U00000BEN", "U0000CLEO"];
    expect(await Promise.all(users.map((user) => send({ value, user })))).toEqual([200, 200, 200]);
    expect(system.replies).toHaveLength(2);
    expect(timesResumed()).toBe(1);
    expect(await decision()).toMatchObject({ answer: "retry" });
  });

  test("after the run settled it itself is told so", async () => {
    const { run, question, buttonOf } = await askedStep(system);
    const at = new Date().toISOString();
    const settled = { question: question.id, answer: "retry", by: "stablehand", at, comment: null } as const;
    await questions().answer(run, { ...settled, via: "run" });
    await send({ value: await buttonOf("retry") });
    expect(system.replies).toMatchObject([
      { text: expect.stringContaining("The run settled this itself at") },
    ]);
  });

  test("when the run could not be told, the next press does it", async () => {
    const { buttonOf, decision, timesResumed } = await askedStep(system);
    const value = await buttonOf("retry");
    system.outage = true;
    expect(await send({ value })).toBe(503);
    system.outage = false;
    expect(await decision()).toMatchObject({ by: "ada-packit" });
    expect(timesResumed()).toBe(0);
    expect(await send({ value, user: "U00000BEN" })).toBe(200);
    expect(timesResumed()).toBe(1);
    expect(await decision()).toMatchObject({ by: "ada-packit" });
  });

  test("whose value is not ours, of another kind, or under another answer's name, does nothing", async () => {
    const { run, plan, buttonOf, controlButtonOf, decision, control } = await askedStep(system);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const asked = { run, question: "ConfirmBuild/sandcastle-1", expiresAt };
    const approval = await buttonValue({ ...asked, plan: plan.digest, answer: "approve" });
    const retry = await buttonOf("retry");
    await send({ value: "retry" });
    await send({ value: "" });
    await send({ value: retry.slice(0, -3) });
    await send({ value: retry, action: "question.abort" });
    await send({ value: retry, action: "question.__proto__" });
    await send({ value: approval });
    await send({ value: await controlButtonOf("stop") });
    await send({ value: retry, action: "approval.approve" });
    await send({ value: retry, action: "run.stop" });
    expect(await decision()).toBeNull();
    expect(await control()).toEqual({ pause: null, stop: null });
    const text = expect.stringContaining("not one of Stablehand's");
    expect(system.replies).toMatchObject(Array(9).fill({ text }));
  });

  test("signed with another secret, or too old, is refused", async () => {
    const { buttonOf, decision } = await askedStep(system);
    const value = await buttonOf("retry");
    expect(await send({ value }, { secret: "somebody-else's-secret" })).toBe(401);
    expect(await send({ value }, { age: 301 })).toBe(401);
    expect(await decision()).toBeNull();
  });

  test("for an answer that is not offered does nothing", async () => {
    const { buttonOf, decision } = await askedStep(system, {
      answers: answersFor("ConfirmBuild", "failed", false),
    });
    await send({ value: await buttonOf("skip"), action: "question.skip" });
    expect(await decision()).toBeNull();
    expect(system.replies).toMatchObject([{ text: expect.stringContaining("does not offer that answer") }]);
  });

  test.each([
    ["that expired", { minutes: -1 }, "has expired"],
    ["of a question that is not known", { id: "MoveStable/nowhere-1" }, "not known any more"],
  ])("on a button %s does nothing", async (_, changes, text) => {
    const { buttonOf, decision } = await askedStep(system);
    await send({ value: await buttonOf("retry", changes) });
    expect(await decision()).toBeNull();
    expect(system.replies).toMatchObject([{ text: expect.stringContaining(text) }]);
  });

  test("of a run that ended or was stopped does nothing", async () => {
    const ended = await askedStep(system);
    await runs().end(ended.run, { status: "failed", reason: null });
    const stopped = await askedStep(system);
    const stop = { by: "ben-packit", at: new Date().toISOString(), why: "stop", comment: null } as const;
    await questions().stop(stopped.run, stop);
    for (const { buttonOf, decision } of [ended, stopped]) {
      await send({ value: await buttonOf("retry") });
      expect(await decision()).toBeNull();
    }
    const text = expect.stringContaining("not asked any more");
    expect(system.replies).toMatchObject([{ text }, { text }]);
  });

  test("to resume takes the pause back", async () => {
    const { run, buttonOf, decision, control, timesResumed } = await askedStep(system, { kind: "paused" });
    await questions().pause(run, "ben-packit");
    await send({ value: await buttonOf("retry") });
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(await decision()).toMatchObject({ answer: "retry", by: "ada-packit", via: "slack" });
    expect(timesResumed()).toBe(1);
  });
});
