import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  mayRollBackAlone,
  planRollback,
  podsInTheWay,
  type ReturnableImage,
} from "../../../functions/domain/rollback.ts";
import { rollbackAnswers } from "../../../functions/domain/rollback-question.ts";

const image = (name: string, changes: Partial<ReturnableImage> = {}): ReturnableImage => ({
  image: name,
  repository: "packit-service",
  stream: name,
  runsMigrations: false,
  before: `sha256:${name}-old`,
  now: `sha256:${name}-new`,
  ofRun: true,
  ...changes,
});
const service = image("packit-service", { runsMigrations: true });
const worker = image("packit-worker");
const sandcastle = image("sandcastle", { repository: "sandcastle", stream: null });
const migrated = ["packit-service"];

describe("what goes back", () => {
  test("everything that differs from before: streams, and tags where no stream is", () => {
    const plan = planRollback([service, worker, sandcastle], { scope: "all", migrated: [] });
    expect(plan.streams.map(({ stream, to }) => [stream, to])).toEqual([
      ["packit-service", "sha256:packit-service-old"],
      ["packit-worker", "sha256:packit-worker-old"],
    ]);
    expect(plan.tags).toEqual([
      {
        image: "sandcastle",
        repository: "sandcastle",
        from: "sha256:sandcastle-new",
        to: "sha256:sandcastle-old",
      },
    ]);
  });

  test("not the image that does not start on the migrated database, where only the others are to", () => {
    const plan = planRollback([service, worker], { scope: "workers", migrated });
    expect(plan.streams.map(({ stream }) => stream)).toEqual(["packit-worker"]);
    expect(plan.kept).toEqual(["packit-service"]);
  });

  test("nothing that there was no image of before: that is said", () => {
    const plan = planRollback([image("new", { before: null })], { scope: "all", migrated: [] });
    expect(plan).toMatchObject({ streams: [], lost: [expect.stringMatching(/new held no image before/)] });
  });

  test("always exactly to what was there before, and never what is there already", () => {
    const digest = fc.constantFrom("a", "b", "c", null);
    const images = fc.array(
      fc.record({
        image: fc.constantFrom("one", "two", "three"),
        repository: fc.constantFrom("r", "s"),
        stream: fc.constantFrom("one", "two", null),
        runsMigrations: fc.boolean(),
        before: digest,
        now: digest,
        ofRun: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(images, fc.constantFrom("all" as const, "workers" as const), (all, scope) => {
        const plan = planRollback(all, { scope, migrated: ["r"] });
        for (const { from, to } of [...plan.streams, ...plan.tags]) {
          expect(from).not.toBe(to);
          expect(all.some((each) => each.before === to && each.now === from && each.ofRun)).toBe(true);
        }
        if (scope === "workers") {
          const returned = plan.streams.filter(({ repository }) => repository === "r");
          for (const { image: name } of returned) {
            expect(all.some((each) => each.image === name && !each.runsMigrations)).toBe(true);
          }
        }
      }),
    );
  });
});

describe("going back without asking", () => {
  const workload = (name: string, ready: number) => ({ name, image: name, desired: 2, ready });
  const images = ["packit-service", "packit-worker"];
  const down = [workload("packit-service", 0), workload("packit-worker", 1), workload("dashboard", 2)];

  test("only when every workload that got a new image failed", () => {
    expect(mayRollBackAlone(down, { images, migrated: [] })).toBe(true);
    expect(mayRollBackAlone([...down, workload("packit-worker", 2)], { images, migrated: [] })).toBe(false);
  });

  test("never with a migration, nor when nothing is known to have got one", () => {
    expect(mayRollBackAlone(down, { images, migrated })).toBe(false);
    expect(mayRollBackAlone(down, { images: [], migrated: [] })).toBe(false);
    expect(mayRollBackAlone([], { images, migrated: [] })).toBe(false);
  });
});

describe("what the question offers", () => {
  const all = planRollback([service, worker], { scope: "all", migrated });
  const workers = planRollback([service, worker], { scope: "workers", migrated });
  const offered = (migrations: Record<string, string[]>) =>
    rollbackAnswers({ migrations, all, workers }).answers.map(({ answer }) => answer);

  test("everything back, where no migration is in the way", () => {
    expect(offered({})).toEqual(["retry", "rollback", "forward", "abort"]);
  });

  test("with one, all but the service, and why", () => {
    const migrations = { "packit-service": ["alembic/versions/0001_add.py"] };
    expect(offered(migrations)).toEqual(["retry", "workers", "forward", "abort"]);
    const { evidence, answers } = rollbackAnswers({ migrations, all, workers });
    expect(evidence.join()).toMatch(
      /0001_add\.py.*an earlier image of the service does not start on the new schema/,
    );
    expect(answers[1]?.does).toMatch(/^packit-worker go back .*; packit-service stays$/);
  });
});

describe("pods in the way of an OrderedReady StatefulSet", () => {
  const pod = (ordinal: number, changes: object = {}) => ({
    name: `worker-${ordinal}`,
    uid: `uid-${ordinal}`,
    terminating: false,
    ready: false,
    revision: "worker-bad",
    owner: { kind: "StatefulSet", name: "worker" },
    ...changes,
  });
  const set = { name: "worker", orderedReady: true, updateRevision: "worker-good" };

  test("are deleted one at a time, the highest ordinal first, by number and not by name", () => {
    expect(podsInTheWay([pod(2), pod(10), pod(9)], [set])).toEqual([{ name: "worker-10", uid: "uid-10" }]);
  });

  test.each([
    ["ready", { ready: true }],
    ["of the newest template", { revision: "worker-good" }],
    ["on its way out", { terminating: true }],
    ["of somebody else", { owner: { kind: "Deployment", name: "worker" } }],
  ])("are none that is %s", (_, changes) => {
    expect(podsInTheWay([pod(0, changes)], [set])).toEqual([]);
  });

  test("are none where pods leave by themselves, or the newest template is not known", () => {
    expect(podsInTheWay([pod(0)], [{ ...set, orderedReady: false }])).toEqual([]);
    expect(podsInTheWay([pod(0)], [{ ...set, updateRevision: null }])).toEqual([]);
  });
});
