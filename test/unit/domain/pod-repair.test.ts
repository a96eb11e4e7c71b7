import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podRepairs, type RepairablePod } from "../../../functions/domain/pod-repair.ts";

const pod = (changes: Partial<RepairablePod> = {}): RepairablePod => ({
  name: "packit-worker-0",
  uid: "uid-0",
  phase: "Running",
  terminating: false,
  goneBy: null,
  ended: false,
  waitingReasons: [],
  images: [{ image: "packit-worker" }],
  owner: { kind: "StatefulSet", name: "packit-worker" },
  ...changes,
});
const stuck = { terminating: true, goneBy: "2026-11-23T12:00:00Z" };
const at = {
  now: "2026-11-23T12:10:00Z",
  terminatingMinutes: 5,
  streams: { "packit-worker": "packit-worker" },
  deletedBefore: [] as string[],
};
const kinds = (pods: RepairablePod[], changes: Partial<typeof at> = {}) =>
  podRepairs({ ...at, ...changes, pods }).actions.map(({ kind }) => kind);

describe("a pod that is stuck in Terminating", () => {
  test("is deleted gracefully first", () => {
    expect(kinds([pod(stuck)])).toEqual(["delete"]);
  });

  test("is given its time", () => {
    expect(kinds([pod({ ...stuck, goneBy: "2026-11-23T12:05:01Z" })])).toEqual([]);
  });

  test("of a Deployment is forced when that did not help", () => {
    const owner = { kind: "Deployment", name: "dashboard" };
    expect(kinds([pod({ ...stuck, owner })], { deletedBefore: ["uid-0"] })).toEqual(["forceDelete"]);
  });

  test("of a StatefulSet is forced only when it runs no more for sure", () => {
    expect(kinds([pod({ ...stuck, ended: true })], { deletedBefore: ["uid-0"] })).toEqual(["forceDelete"]);
    const running = podRepairs({ ...at, deletedBefore: ["uid-0"], pods: [pod(stuck)] });
    expect(running.actions).toEqual([]);
    expect(running.leave).toEqual([expect.stringMatching(/could start a twin of it. Look at its node/)]);
  });

  test("is another one when its name was given out again", () => {
    expect(kinds([pod({ ...stuck, uid: "uid-1" })], { deletedBefore: ["uid-0"] })).toEqual(["delete"]);
  });
});

describe("an image that cannot be pulled", () => {
  const pulling = { waitingReasons: ["ImagePullBackOff"] };

  test("is imported again, once for all its pods", () => {
    const { actions } = podRepairs({
      ...at,
      pods: [pod(pulling), pod({ ...pulling, name: "packit-worker-1" })],
    });
    expect(actions).toEqual([expect.objectContaining({ kind: "import", stream: "packit-worker" })]);
  });

  test("of no stream is left to a person", () => {
    const { actions, leave } = podRepairs({
      ...at,
      pods: [pod({ ...pulling, images: [{ image: "redis" }] })],
    });
    expect(actions).toEqual([]);
    expect(leave).toEqual([expect.stringMatching(/no image stream of ours holds it/)]);
  });
});

const anyPod = fc.record({
  name: fc.constantFrom("a-0", "a-1", "b-x"),
  uid: fc.constantFrom("1", "2", "3"),
  phase: fc.constantFrom("Running", "Pending", "Unknown", "Succeeded"),
  terminating: fc.boolean(),
  goneBy: fc.constantFrom(null, "2026-11-23T11:00:00Z", "2026-11-23T12:09:00Z"),
  ended: fc.boolean(),
  waitingReasons: fc.subarray(["CrashLoopBackOff", "ContainerCreating", "ImagePullBackOff"]),
  images: fc.constantFrom([{ image: "packit-worker" }], [{ image: "redis" }]),
  owner: fc.constantFrom({ kind: "StatefulSet", name: "a" }, { kind: "Deployment", name: "b" }, null),
});

test("no crash loop is ever repaired, and no StatefulSet's pod forced that may still run", () => {
  fc.assert(
    fc.property(fc.array(anyPod, { maxLength: 6 }), fc.subarray(["1", "2", "3"]), (pods, deletedBefore) => {
      const crashing = pods.map((each) => ({
        ...each,
        terminating: false,
        waitingReasons: ["CrashLoopBackOff"],
      }));
      expect(podRepairs({ ...at, pods: crashing, deletedBefore }).actions).toEqual([]);
      for (const action of podRepairs({ ...at, pods, deletedBefore }).actions) {
        if (action.kind !== "forceDelete") continue;
        expect(deletedBefore).toContain(action.uid);
        const meant = pods.filter(({ uid, name }) => uid === action.uid && name === action.pod);
        expect(meant.some(({ owner, ended }) => owner?.kind !== "StatefulSet" || ended)).toBe(true);
      }
    }),
  );
});
