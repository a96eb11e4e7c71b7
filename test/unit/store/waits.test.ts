import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import {
  createWaits,
  type NewSignal,
  type ResumedWith,
  type WaitRequest,
  type Waits,
} from "../../../functions/store/waits.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";

const table = useDynamoDB();

/** Tokens as Step Functions takes them, once; what it was asked. */
let live: Set<string>;
let sent: { token: string; output: ResumedWith }[];
let onSend: (token: string) => Promise<void>;
let clock: Date;
let run: string;
let waits: Waits;

beforeEach(() => {
  live = new Set();
  sent = [];
  onSend = async () => {};
  clock = new Date("2026-11-23T12:00:00Z");
  run = `run-${randomUUID()}`;
  waits = createWaits({
    store: table(),
    now: () => clock,
    resume: async (token, output) => {
      sent.push({ token, output });
      const outcome = live.delete(token) ? "resumed" : "dead";
      await onSend(token);
      return outcome;
    },
  });
});

async function register(token: string, request: Partial<WaitRequest> = {}) {
  live.add(token);
  return await waits.register({ id: `${run}/w`, run, keys: [key("a")], after: {}, token, ...request });
}

function key(name: string): string {
  return `quay/push/${run}/${name}`;
}

async function signal(id: string, more: Partial<NewSignal> = {}) {
  return await waits.signal({ key: key("a"), id, origin: "signal", body: {}, ...more });
}

const resumedTokens = () => sent.map((each) => `${each.token} by ${each.output.id}`);

describe("a signal", () => {
  test("that comes first waits for the register", async () => {
    expect(await signal("s1")).toEqual({ stored: true, resumed: [] });
    expect(await register("t1")).toMatchObject({ status: "resumed" });
    expect(sent).toEqual([{ token: "t1", output: { key: key("a"), id: "s1", origin: "signal" } }]);
  });

  test("that comes later resumes the wait", async () => {
    expect(await register("t1")).toMatchObject({ status: "waiting" });
    expect(await signal("s1")).toEqual({ stored: true, resumed: [`${run}/w`] });
    expect(resumedTokens()).toEqual(["t1 by s1"]);
  });

  test("that came twice is one, also in a later round", async () => {
    await register("t1");
    await signal("s1");
    await register("t2");
    expect(await signal("s1")).toEqual({ stored: false, resumed: [] });
    expect(resumedTokens()).toEqual(["t1 by s1"]);
  });

  test("resumes every wait under its key", async () => {
    await register("t1", { id: `${run}/one` });
    await register("t2", { id: `${run}/two`, keys: [key("b"), key("a")] });
    expect((await signal("s1")).resumed.toSorted()).toEqual([`${run}/one`, `${run}/two`]);
  });

  test("of any of its keys resumes a wait, once", async () => {
    await register("t1", { keys: [key("a"), key("b")] });
    await signal("s1", { key: key("b") });
    await signal("s2");
    expect(resumedTokens()).toEqual(["t1 by s1"]);
    await register("t2", { keys: [key("a"), key("b")] });
    expect(resumedTokens()).toEqual(["t1 by s1", "t2 by s2"]);
  });

  test("that does not satisfy is stored, for a wait that asks for less", async () => {
    await register("t1", { after: { since: "2026-11-23T12:30:00Z" } });
    expect(await signal("s1")).toEqual({ stored: true, resumed: [] });
    expect(await register("t2")).toMatchObject({ status: "resumed" });
  });
});

describe("a token", () => {
  test("of an earlier entry is replaced", async () => {
    await register("t1");
    live.clear();
    await register("t2");
    await signal("s1");
    expect(resumedTokens()).toEqual(["t2 by s1"]);
  });

  test("that is dead leaves the signal for the next one", async () => {
    await register("t1");
    live.clear();
    expect(await signal("s1")).toEqual({ stored: true, resumed: [] });
    expect(await waits.get(`${run}/w`)).toMatchObject({ status: "waiting", signal: null });
    expect(await register("t2")).toMatchObject({ status: "resumed" });
    expect(resumedTokens()).toEqual(["t1 by s1", "t2 by s1"]);
  });

  test("that is registered again after it was resumed stays resumed", async () => {
    await register("t1");
    await signal("s1");
    const request = { id: `${run}/w`, run, keys: [key("a")], after: {}, token: "t1" };
    expect(await waits.register(request)).toMatchObject({ status: "resumed" });
    expect(sent).toHaveLength(1);
  });
});

describe("when Step Functions cannot be reached", () => {
  const down = () => Promise.reject(new ServiceUnavailable("Step Functions is down."));

  test("the signal fails, and the next one sends it again", async () => {
    await register("t1");
    await register("t2", { id: `${run}/other` });
    onSend = async (token) => {
      if (token !== "t1") return;
      live.add("t1");
      await down();
    };
    await expect(signal("s1")).rejects.toThrow(ServiceUnavailable);
    expect(live).toEqual(new Set(["t1"]));
    onSend = async () => {};
    expect(await signal("s1")).toEqual({ stored: false, resumed: [`${run}/w`] });
    expect(await waits.get(`${run}/w`)).toMatchObject({ status: "done", resumedBy: "signal" });
  });

  test("a send of long ago that ends late does not end another round", async () => {
    await register("t1");
    onSend = async (token) => {
      if (token === "t2") await down();
      if (token !== "t1") return;
      // The answer is slow: the flow has gone on, entered the state again, and the next signal is under way.
      await waits.acknowledge(`${run}/w`, { key: key("a"), id: "s1" });
      await register("t2");
      await expect(signal("s2")).rejects.toThrow(ServiceUnavailable);
    };
    await signal("s1");
    expect(await waits.get(`${run}/w`)).toMatchObject({ status: "resuming", signal: { id: "s2" } });
  });
});

describe("a re-check", () => {
  const recheck = (id: string) => signal(id, { origin: "recheck" });

  test("resumes, and the signal that comes late has no effect", async () => {
    await register("t1");
    expect(await recheck("s1")).toEqual({ stored: true, resumed: [`${run}/w`] });
    await register("t2");
    expect(await signal("s1")).toEqual({ stored: false, resumed: [] });
    expect(await waits.get(`${run}/w`)).toMatchObject({ status: "waiting", resumedBy: "recheck" });
  });

  test("resumes also with a signal that was used: the source says so now", async () => {
    await register("t1");
    await signal("s1");
    await register("t2");
    expect(await recheck("s1")).toEqual({ stored: false, resumed: [`${run}/w`] });
    expect(sent.at(-1)).toEqual({ token: "t2", output: { key: key("a"), id: "s1", origin: "recheck" } });
  });
});

describe("what is known of waits", () => {
  test("the deadline of the round's first register holds", async () => {
    const [early, late] = ["2026-11-23T13:00:00.000Z", "2026-11-23T14:00:00.000Z"];
    const firstRegisteredAt = clock.toISOString();
    await register("t1", { deadline: early });
    clock = new Date("2026-11-23T12:30:00Z");
    expect(await register("t2", { deadline: late })).toEqual({
      status: "waiting",
      deadline: early,
      firstRegisteredAt,
    });
    await waits.giveUp(`${run}/w`, "t2");
    expect(await register("t3", { deadline: late })).toMatchObject({ deadline: late, firstRegisteredAt });
  });

  test("who gave up is not resumed, and the signal stays", async () => {
    await register("t1");
    await waits.giveUp(`${run}/w`, "t1");
    expect(await signal("s1")).toEqual({ stored: true, resumed: [] });
    expect(await register("t2")).toMatchObject({ status: "resumed" });
  });

  test("who was replaced gives nothing up", async () => {
    await register("t1");
    await register("t2");
    await waits.giveUp(`${run}/w`, "t1");
    expect(await waits.get(`${run}/w`)).toMatchObject({ status: "waiting" });
    await signal("s1");
    expect(resumedTokens()).toEqual(["t2 by s1"]);
  });

  test("a run's waits: what resumed each, and after how long; never a token", async () => {
    await register("t1", { id: `${run}/one` });
    clock = new Date("2026-11-23T12:01:00Z");
    await register("t2", { id: `${run}/two`, keys: [key("b")] });
    clock = new Date("2026-11-23T12:10:00Z");
    await signal("s1");
    clock = new Date("2026-11-23T12:11:00Z");
    const found = await waits.waitsOf(run);
    expect(found).toMatchObject([
      { id: `${run}/one`, status: "done", resumedBy: "signal", signal: { id: "s1" }, seconds: 600 },
      { id: `${run}/two`, status: "waiting", resumedBy: null, signal: null, seconds: 600 },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/"t[12]"/);
  });
});
