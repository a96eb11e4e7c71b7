import { describe, expect, test } from "vitest";
import {
  type After,
  claimed,
  delivered,
  givenUp,
  nextSignal,
  registered,
  type Signal,
  satisfies,
  secondsWaited,
  tokenDied,
  type Wait,
  type WaitRequest,
} from "../../../functions/store/wait-states.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute)).toISOString();

function build(runId: number, attempt: number, receivedAt = at(0)): Signal {
  const id = `run/${runId}/${attempt}`;
  return { key: "github/run/x", id, receivedAt, origin: "signal", body: { runId, attempt } };
}

const request: WaitRequest = {
  id: "w",
  run: "r",
  keys: ["github/run/x"],
  after: { laterThan: { run: 7, attempt: 1 } },
  token: "t1",
  deadline: at(60),
};

function register(wait: Wait | null, change: Partial<WaitRequest> = {}, now = at(0)): Wait {
  const next = registered(wait, { ...request, ...change }, now);
  if (!next) throw new Error("nothing changed");
  return next;
}

/** A wait that was resumed with a signal, ten minutes after it was registered. */
function resumedWith(signal: Signal): Wait {
  return delivered({ ...claimed(register(null), signal), signal }, at(10));
}

describe("what satisfies", () => {
  test.each<[string, After, Signal, boolean]>([
    ["anything, where nothing is asked", {}, build(1, 1), true],
    ["a later run", { laterThan: { run: 7, attempt: 2 } }, build(8, 1), true],
    ["a later attempt of the same run", { laterThan: { run: 7, attempt: 2 } }, build(7, 3), true],
    ["not the same attempt", { laterThan: { run: 7, attempt: 2 } }, build(7, 2), false],
    ["not an earlier run, whatever its attempt", { laterThan: { run: 7, attempt: 2 } }, build(6, 9), false],
    ["the run that was dispatched", { workflowRun: 7 }, build(7, 1), true],
    ["no other run", { workflowRun: 7 }, build(8, 1), false],
    ["the moment itself", { since: at(5) }, build(7, 1, at(5)), true],
    ["not before it", { since: at(5) }, build(7, 1, at(4)), false],
    ["all that is asked", { since: at(5), workflowRun: 7 }, build(8, 1, at(6)), false],
  ])("%s", (_, after, signal, expected) => {
    expect(satisfies(after, signal)).toBe(expected);
  });

  test("a build's signal without numbers does not pass, a person's answer needs none", () => {
    const after: After = { laterThan: { run: 7, attempt: 1 } };
    expect(satisfies(after, { ...build(8, 1), body: {} })).toBe(false);
    expect(satisfies(after, { ...build(8, 1), key: "decision/r/q", body: {} })).toBe(true);
  });
});

describe("which signal is next", () => {
  test("the oldest that was not used; times of the same moment are told apart by the id", () => {
    const wait = resumedWith(build(8, 1, at(2)));
    expect(nextSignal(wait, [build(9, 2, at(3)), build(9, 1, at(3)), build(8, 1, at(2))])?.id).toBe(
      "run/9/1",
    );
  });

  test("one that came later, by a clock that is behind, counts", () => {
    const wait = resumedWith(build(8, 1, at(2)));
    expect(nextSignal(wait, [build(9, 1, at(1))])?.id).toBe("run/9/1");
  });

  test("the same id under another key is another signal", () => {
    const wait = { ...resumedWith(build(8, 1)), keys: ["github/run/x", "github/run/y"] };
    expect(nextSignal(wait, [{ ...build(8, 1), key: "github/run/y" }])).toBeDefined();
  });

  test("none of another key", () => {
    expect(nextSignal(register(null), [{ ...build(9, 1), key: "github/run/y" }])).toBeUndefined();
  });
});

describe("registering", () => {
  test("again while waiting replaces the token, and keeps deadline and first time", () => {
    const again = register(register(null), { token: "t2", deadline: at(90) }, at(20));
    expect(again).toMatchObject({
      status: "waiting",
      token: "t2",
      deadline: at(60),
      firstRegisteredAt: at(0),
      waitingSince: at(0),
    });
  });

  test("while it is being resumed hands the signal on to the new token", () => {
    const signal = build(8, 1);
    const again = register(claimed(register(null), signal), { token: "t2" });
    expect(again).toMatchObject({ status: "resuming", token: "t2", signal });
  });

  test("while it is being resumed, for something later, drops the signal", () => {
    const signal = build(8, 1);
    const after = { laterThan: { run: 8, attempt: 1 } };
    const again = register(claimed(register(null), signal), { token: "t2", after });
    expect(again).toMatchObject({ status: "waiting", token: "t2", signal: null });
    expect(nextSignal({ ...again, after: {} }, [signal])).toBeUndefined();
  });

  test("after it was resumed starts a new round, with a new deadline if one is passed", () => {
    const done = resumedWith(build(8, 1));
    const kept = register(done, { token: "t2", deadline: undefined }, at(20));
    expect(kept).toMatchObject({ status: "waiting", deadline: at(60), firstRegisteredAt: at(0) });
    expect(register(done, { token: "t2", deadline: at(90) }).deadline).toBe(at(90));
  });

  test("after it was given up starts a new round too", () => {
    const given = givenUp(register(null), at(60));
    const again = register(given, { token: "t2", deadline: at(120) }, at(70));
    expect(again).toMatchObject({ status: "waiting", deadline: at(120), waitingSince: at(70) });
  });

  test("with a token that was resumed already changes nothing", () => {
    expect(registered(resumedWith(build(8, 1)), request, at(20))).toBeNull();
  });
});

test("a dead token leaves the signal for the next one", () => {
  const wait = tokenDied(claimed(register(null), build(8, 1)));
  expect(wait).toMatchObject({ status: "waiting", token: null, signal: null });
  expect(nextSignal(wait, [build(8, 1)])).toBeDefined();
});

test("seconds are those of all rounds, and not those between them", () => {
  const again = register(resumedWith(build(8, 1)), { token: "t2" }, at(30));
  expect(secondsWaited(again, at(35))).toBe(15 * 60);
});
