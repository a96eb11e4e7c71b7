import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { buttonValue } from "../../../functions/runtime/links.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askingRun, type HttpSystem, secrets, startHttpSystem } from "../../support/http-system.ts";
import { fromSlack, press, type SlackRequest } from "./deliveries.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.replies.length = 0;
});

type Answer = "approve" | "reject" | "postpone";

async function asked(
  answer: Answer = "approve",
  changes: { minutes?: number; plan?: string; age?: number } = {},
) {
  const { run, plan, token } = await askingRun();
  const value = await buttonValue({
    run: run.id,
    question: "approval-1",
    plan: changes.plan ?? plan.digest,
    answer,
    minutes: changes.minutes,
    expiresAt: new Date(Date.now() + 3_600_000 - (changes.age ?? 0) * 60_000).toISOString(),
  });
  return { run: run.id, token, value, action: `approval.${answer}` };
}

const decisionOf = async (run: string) => await runs().decision(run, "approval-1");
const timesResumed = (token: string) => system.resumed.filter((each) => each.token === token).length;

describe("a press on a button", () => {
  test("of an approver is stored with the name, and resumes the run", async () => {
    const { run, token, value } = await asked();
    const response = await fromSlack(system, press(system, { value }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(await decisionOf(run)).toMatchObject({
      answer: "approve",
      by: "ada-packit",
      via: "slack",
      changes: null,
      until: null,
    });
    expect(timesResumed(token)).toBe(1);
    expect(system.replies).toEqual([]);
    expect(await runs().events(run)).toMatchObject([{ code: "decision.approve", who: "ada-packit" }]);
  });

  test("a postponement counts its minutes from the press", async () => {
    const { run, value, action } = await asked("postpone", { minutes: 30 });
    await fromSlack(system, press(system, { value, action }));
    const decision = await decisionOf(run);
    expect(Date.parse(decision?.until ?? "") - Date.parse(decision?.at ?? "")).toBe(30 * 60_000);
  });

  test("of somebody who is no approver, or unknown, does nothing but tell so", async () => {
    const { run, token, value } = await asked();
    for (const user of ["U0000DANA", "USTRANGER"]) {
      expect((await fromSlack(system, press(system, { value, user }))).status).toBe(200);
    }
    expect(await decisionOf(run)).toBeNull();
    expect(timesResumed(token)).toBe(0);
    const text = expect.stringContaining("Only approvers can answer this: Ada, Ben, Cleo");
    expect(system.replies).toMatchObject([
      { response_type: "ephemeral", text },
      { response_type: "ephemeral", text },
    ]);
  });

  test("the second one is told who was first", async () => {
    const { run, token, value } = await asked();
    await fromSlack(system, press(system, { value }));
    const other = { value, user: "U00000BEN" };
    expect((await fromSlack(system, press(system, other))).status).toBe(200);
    expect(await decisionOf(run)).toMatchObject({ by: "ada-packit" });
    expect(timesResumed(token)).toBe(1);
    expect(system.replies).toMatchObject([{ text: expect.stringContaining("Ada already approved this at") }]);
  });

  test("two at once: one decides, the other one is told", async () => {
    const { run, token, value } = await asked();
    const presses = ["U00000ADA", "U00000BEN", "U0000CLEO"].map((user) =>
      fromSlack(system, press(system, { value, user })),
    );
    expect((await Promise.all(presses)).map((each) => each.status)).toEqual([200, 200, 200]);
    expect(system.replies).toHaveLength(2);
    expect(timesResumed(token)).toBe(1);
    expect(await decisionOf(run)).not.toBeNull();
  });

  test("when the run could not be told, the next press does it", async () => {
    const { run, token, value } = await asked();
    system.outage = true;
    expect((await fromSlack(system, press(system, { value }))).status).toBe(503);
    system.outage = false;
    expect(await decisionOf(run)).toMatchObject({ by: "ada-packit" });
    await fromSlack(system, press(system, { value }));
    expect(timesResumed(token)).toBe(1);
  });

  test.each([
    ["another plan", { plan: "an-older-digest" }, "The plan has changed"],
    ["too long ago", { age: 61 }, "has expired"],
  ])("for %s does nothing", async (_, changes, text) => {
    const { run, value } = await asked("approve", changes);
    await fromSlack(system, press(system, { value }));
    expect(await decisionOf(run)).toBeNull();
    expect(system.replies).toMatchObject([{ text: expect.stringContaining(text) }]);
  });

  test("with a value that is not ours, or under another answer's name, does nothing", async () => {
    const { run, value } = await asked("approve");
    for (const forged of [{ value: "approve" }, { value: "" }, { value, action: "approval.reject" }]) {
      await fromSlack(system, press(system, forged));
    }
    expect(await decisionOf(run)).toBeNull();
    expect(system.replies).toHaveLength(3);
    expect(system.replies[0]?.text).toContain("not one of Stablehand's");
  });

  test("of a run that ended does nothing", async () => {
    const { run, value } = await asked();
    await runs().end(run, { status: "expired", reason: null });
    await fromSlack(system, press(system, { value }));
    expect(await decisionOf(run)).toBeNull();
    expect(system.replies).toMatchObject([{ text: expect.stringContaining("not asked any more") }]);
  });

  test("of other kinds are none of our business", async () => {
    const { run, value } = await asked();
    await fromSlack(system, press(system, { value, action: "other.button" }));
    await fromSlack(system, { ...press(system, { value }), type: "view_submission" });
    expect(await decisionOf(run)).toBeNull();
  });

  test("replies go to Slack and nowhere else", async () => {
    const { value } = await asked();
    const reached = vi.spyOn(globalThis, "fetch");
    const { port } = new URL(system.url);
    const elsewhere = [
      `http://127.0.0.1:${port}/inside`,
      "http://169.254.169.254/latest/meta-data",
      "https://hooks.slack.com.example.com/x",
      "http://hooks.slack.com/x",
      "https://hooks.slack.com@example.com/x",
      "file:///etc/passwd",
      "not a url",
    ];
    for (const responseUrl of elsewhere) {
      reached.mockClear();
      await fromSlack(system, press(system, { value, user: "USTRANGER", responseUrl }));
      const targets = reached.mock.calls.map(([target]) => String(target));
      expect(targets).toEqual([`${system.url}/webhooks/slack`]);
    }
    reached.mockRestore();
  });
});

describe("a request in Slack's name", () => {
  const refused: [string, SlackRequest][] = [
    ["signed with another secret", { secret: "somebody-else's-secret" }],
    ["older than 5 minutes", { age: 301 }],
    ["from more than 5 minutes ahead, by a margin for a busy machine", { age: -330 }],
    ["with the signature of other bytes", { signature: `v0=${"0".repeat(64)}` }],
    ["with a signature of another version", { signature: `v1=${"0".repeat(64)}` }],
    ["without a signature", { signature: "" }],
  ];
  test.each(refused)("%s is refused", async (_, request) => {
    const { run, value } = await asked();
    expect((await fromSlack(system, press(system, { value }), request)).status).toBe(401);
    expect(await decisionOf(run)).toBeNull();
  });

  test("4 minutes old, with the secret before the rotation, counts", async () => {
    const { run, value } = await asked();
    const request = { secret: secrets.slack[1], age: 240 };
    expect((await fromSlack(system, press(system, { value }), request)).status).toBe(200);
    expect(await decisionOf(run)).not.toBeNull();
  });

  test("signed, but malformed: 400; too large: 413", async () => {
    for (const body of ["payload=%7Bno", "payload=", "nothing=here", "payload=[]"]) {
      expect((await fromSlack(system, null, { body })).status).toBe(400);
    }
    expect((await fromSlack(system, null, { body: `payload=${"x".repeat(1024 * 1024)}` })).status).toBe(413);
  });
});
