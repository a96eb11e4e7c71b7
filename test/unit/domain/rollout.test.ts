import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isRolledOut,
  isStuck,
  type RolloutPod,
  type RolloutWorkload,
  stillOld,
  unfinished,
} from "../../../functions/domain/rollout.ts";

const wanted = { worker: ["sha256:new", "sha256:list", "sha256:arm"] };

const pod = (changes: Partial<RolloutPod> = {}): RolloutPod => ({
  name: "worker-0",
  phase: "Running",
  terminating: false,
  ready: true,
  waitingReasons: [],
  images: [{ container: "worker", image: "worker", digest: "sha256:new" }],
  ...changes,
});

const workload = (changes: Partial<RolloutWorkload> = {}): RolloutWorkload => ({
  name: "worker",
  desired: 2,
  ready: 2,
  updated: 2,
  image: "worker",
  digest: "sha256:new",
  ...changes,
});

describe("the pods that keep a rollout from being over", () => {
  test.each(wanted.worker)("do not count when they run %s, which is the same image", (digest) => {
    expect(stillOld([pod({ images: [{ container: "worker", image: "worker", digest }] })], wanted)).toEqual(
      [],
    );
  });

  test.each<[Partial<RolloutPod>, string]>([
    [
      { images: [{ container: "worker", image: "worker", digest: "sha256:old" }] },
      "worker-0 runs an older worker",
    ],
    [{ images: [{ container: "worker", image: "worker", digest: null }] }, "worker-0 runs an older worker"],
    [{ terminating: true }, "worker-0 is terminating"],
    [{ ready: false }, "worker-0 is Running, not ready"],
    [{ ready: false, waitingReasons: ["CrashLoopBackOff"] }, "worker-0 is in CrashLoopBackOff"],
  ])("%j", (changes, phrase) => {
    expect(stillOld([pod(changes)], wanted)).toEqual([phrase]);
  });

  test("are none that was evicted before: its workload has another one", () => {
    const evicted = pod({
      phase: "Failed",
      ready: false,
      images: [{ container: "worker", image: "worker", digest: null }],
    });
    expect(stillOld([evicted, pod()], wanted)).toEqual([]);
  });

  test.each<Partial<RolloutPod>>([
    { ready: false, waitingReasons: ["CrashLoopBackOff"] },
    { ready: false },
    { terminating: true },
  ])("are none of somebody else's images, however ill: %j", (changes) => {
    const redis = { container: "redis", image: "redis", digest: "sha256:any" };
    const ill = pod({ ...changes, images: [redis] });
    expect(stillOld([ill], wanted)).toEqual([]);
    expect(isRolledOut(ill, wanted)).toBe(false);
  });

  test("are none of a Job that ran to its end, nor of images that no stream holds", () => {
    const other = { container: "redis", image: "redis", digest: "sha256:any" };
    expect(stillOld([pod({ phase: "Succeeded", ready: false }), pod({ images: [other] })], wanted)).toEqual(
      [],
    );
  });
});

describe("the workloads that keep a rollout from being over", () => {
  test.each<[Partial<RolloutWorkload>, string]>([
    [{ ready: 0, updated: 0 }, "worker has 0 of 2 pods of its newest template"],
    [{ updated: 1 }, "worker has 1 of 2 pods of its newest template"],
    [{ ready: 1 }, "worker has 1 of 2 pods ready"],
    [{ digest: "sha256:old" }, "worker still asks for an older worker"],
  ])("%j", (changes, phrase) => {
    expect(unfinished([workload(changes)], wanted)).toEqual([phrase]);
  });

  test("are none of images that no stream holds", () => {
    expect(unfinished([workload({ image: "redis", ready: 0, updated: 0 })], wanted)).toEqual([]);
  });

  test("are none that want no pods, or have all of them", () => {
    expect(unfinished([workload({ desired: 0, ready: 0, updated: 0 }), workload()], wanted)).toEqual([]);
  });

  test("no pods at all are never a finished rollout where some are wanted", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (desired) => {
        const left = [
          ...stillOld([], wanted),
          ...unfinished([workload({ desired, ready: 0, updated: 0 })], wanted),
        ];
        expect(left).not.toEqual([]);
      }),
    );
  });
});

describe("a pod is stuck", () => {
  const at = { now: "2026-11-23T12:10:00Z", terminatingMinutes: 5 };
  const life = { goneBy: null, restarts: 0 };
  test.each([
    [{ waitingReasons: ["ImagePullBackOff"] }, life, true],
    [{ waitingReasons: ["ErrImagePull"] }, life, false],
    [{ waitingReasons: ["CrashLoopBackOff"] }, { ...life, restarts: 2 }, false],
    [{ waitingReasons: ["CrashLoopBackOff"] }, { ...life, restarts: 3 }, true],
    [{ terminating: true }, { ...life, goneBy: "2026-11-23T12:05:00Z" }, true],
    [{ terminating: true }, { ...life, goneBy: "2026-11-23T12:05:01Z" }, false],
    [{ ready: false }, life, false],
  ])("%j %j: %j", (changes, more, expected) => {
    expect(isStuck({ ...pod(changes), ...more }, at)).toBe(expected);
  });
});
