import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { FaultName } from "../../infra/local/faults.ts";
import type { RobotAnswers } from "../../infra/local/options.ts";
import { rightsIn } from "../../infra/local/world/openshift/rules.ts";
import { expectDeployed, expectGoodEnd } from "../support/fault-expectations.ts";
import { type FaultRehearsal, rehearseWith } from "../support/fault-rehearsal.ts";
import { judge, patience } from "../support/fault-suite.ts";

/** What goes wrong in production itself, once the images are there, and how a run ends then. */

/** Pods crash and get stuck in time, so there is more of it than for what happens on the way. */
const speed = 1000;
const used = { production: new Set<string>(), staging: new Set<string>() };
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function rehearse(
  fault: FaultName | null,
  expected: (rehearsal: FaultRehearsal) => void,
  options: { bySteps?: RobotAnswers["bySteps"]; keptIn?: string; only?: string[] } = {},
): Promise<FaultRehearsal> {
  const faults = fault ? [fault] : [];
  const { bySteps = {}, ...rest } = options;
  const rehearsal = await rehearseWith(faults, { otherwise: "retry", bySteps }, { speed, ...rest });
  for (const cluster of ["production", "staging"] as const) {
    for (const right of rehearsal.rightsUsed[cluster]) used[cluster].add(right);
  }
  await judge(`production-${fault ?? "none"}`, rehearsal, () => {
    expectGoodEnd(rehearsal, faults);
    expected(rehearsal);
  });
  return rehearsal;
}

const keptFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "stablehand-production-"));
  folders.push(folder);
  return folder;
};

const asked = ({ report }: FaultRehearsal) => report.questions.map(({ step }) => step);
const happened = ({ report }: FaultRehearsal, code: string) =>
  report.events.filter((each) => each.code === code).map(({ text }) => text);
const said = ({ report }: FaultRehearsal, words: RegExp) => report.slack.filter((text) => words.test(text));

describe("what is repaired, and then deployed", () => {
  test("stuck-pod: deleted gracefully, then by force, since its container has ended", patience, async () => {
    await rehearse("stuck-pod", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(asked(rehearsal)).toEqual([]);
      expect(happened(rehearsal, "repair-pods.delete")).toEqual([
        expect.stringMatching(/is stuck in Terminating/),
      ]);
      expect(happened(rehearsal, "repair-pods.forceDelete")).toHaveLength(1);
      expect(said(rehearsal, /repaired 1 pod in production/)).toHaveLength(2);
    });
  });

  test("image-pull: the stream is imported again", patience, async () => {
    await rehearse("image-pull", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(asked(rehearsal)).toEqual([]);
      expect(happened(rehearsal, "repair-pods.import")).toEqual([
        expect.stringMatching(/cannot pull its image: its image is imported again/),
      ]);
      expect(said(rehearsal, /repaired 1 pod in production/)).toHaveLength(1);
    });
  });

  test("import-fails: tried again, then asked about with the cluster's words", patience, async () => {
    await rehearse("import-fails", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(asked(rehearsal)).toEqual(["ImportImages"]);
      expect(rehearsal.report.questions[0]).toMatchObject({
        error: "ImportFailed",
        reason: expect.stringMatching(/toomanyrequests/),
      });
    });
  });

  test("watch-drops: the watch goes on, and nobody is asked", patience, async () => {
    await rehearse("watch-drops", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(asked(rehearsal)).toEqual([]);
    });
  });
});

describe("a crash loop after the import", () => {
  const folder = keptFolder();
  let before: FaultRehearsal["report"]["openshift"]["streams"];

  test("is rolled back to the exact earlier digests, and pinned there", patience, async () => {
    // What the streams held before is read from a rehearsal that changes nothing.
    const { report } = await rehearse("crash-loop", expectRolledBack, { keptIn: folder });
    before = report.openshift.streams;
    expect(report.baseline).toEqual(before);
    expect(report.pins.map(({ stream }) => stream)).toEqual([
      "packit-dashboard",
      "packit-service",
      "packit-service-fedmsg",
      "packit-worker",
    ]);
    for (const { stream, digest, instead } of report.pins) {
      expect(before[stream]).toBe(digest);
      expect(report.quarantine.map((each) => each.digest)).toContain(instead);
    }
    for (const [name, { stable, main }] of Object.entries(report.github)) {
      if (stable !== main) expect(report.monorepo[name] ?? stable, `submodule ${name}`).toBe(stable);
    }
  });

  test("is told by the next run, which follows the tags again once it is approved", patience, async () => {
    await rehearse(
      null,
      (rehearsal) => {
        const { report } = rehearsal;
        expectDeployed(rehearsal);
        expect(said(rehearsal, /the last deployment, weekly-\S+ .*was rolled back/)).toHaveLength(1);
        expect(rehearsal.approved?.pins ?? []).toHaveLength(0);
        expect(happened(rehearsal, "import-images.unpinned")).toHaveLength(4);
        expect(report.pins).toEqual([]);
        expect(report.openshift.streams["packit-worker"]).not.toBe(before["packit-worker"]);
        const quarantined = report.quarantine.map(({ digest }) => digest);
        for (const digest of Object.values(report.openshift.streams))
          expect(quarantined).not.toContain(digest);
      },
      { keptIn: folder },
    );
  });

  test("is kept as it is when a person says so, and the run ends as failed", patience, async () => {
    await rehearse(
      "crash-loop",
      ({ report }) => {
        expect(report.run.status).toBe("failed");
        expect(report.pins).toEqual([]);
        expect(report.run.reason).toMatch(/kept as it is/);
      },
      { bySteps: { AskRollback: "forward" } },
    );
  });

  test("leaves the stable branches where they are when a person says so", patience, async () => {
    const kept = keptFolder();
    const { report: first } = await rehearse(
      "crash-loop",
      ({ report, approved }) => {
        expect(report.run.status).toBe("rolledBack");
        const moved = approved?.repositories.filter(({ action }) => action === "move") ?? [];
        for (const { name, to } of moved) expect(report.github[name]?.stable).toBe(to);
      },
      { bySteps: { AskMoveBack: "forward" }, keptIn: kept },
    );

    // What is in quarantine stays out, whatever else is deployed meanwhile.
    await rehearse(
      null,
      (rehearsal) => {
        const { report } = rehearsal;
        // Nobody has built the dashboard anew, so its tag still names what was taken back.
        expect(happened(rehearsal, "import-images.unpinned").join()).not.toMatch(/packit-dashboard/);
        expect(happened(rehearsal, "import-images.unpinned").join()).toMatch(
          /packit-service-fedmsg:prod follows/,
        );
        expect(report.pins.map(({ stream }) => stream)).toEqual(["packit-dashboard"]);
        const dashboard = first.openshift.streams["packit-dashboard"];
        expect(report.openshift.streams["packit-dashboard"]).toBe(dashboard);
      },
      { only: ["packit-service-fedmsg"], bySteps: { AskRollback: "forward" }, keptIn: kept },
    );
  });

  test("of every workload that got a new image is rolled back without asking", patience, async () => {
    await rehearse(
      "crash-loop",
      ({ report }) => {
        expect(report.run.status).toBe("rolledBack");
        expect(report.questions[0]).toMatchObject({
          step: "AskRollback",
          answer: "rollback",
          by: "stablehand",
        });
      },
      { only: ["packit-service"] },
    );
  });

  test("after a migration takes everything back but the service, which stays", patience, async () => {
    await rehearse("crash-loop-after-migration", (rehearsal) => {
      const { report } = rehearsal;
      expect(report.run.status).toBe("rolledBack");
      expect(report.questions).toMatchObject([
        {
          step: "AskRollback",
          answer: "workers",
          reason: expect.stringMatching(/an earlier image of the service does not start on the new schema/),
        },
      ]);
      expect(report.openshift.streams["packit-worker"]).toBe(report.baseline["packit-worker"]);
      expect(report.openshift.streams["packit-service"]).not.toBe(report.baseline["packit-service"]);
      expect(report.pins.map(({ stream }) => stream)).not.toContain("packit-service");
      for (const { phase } of report.openshift.pods) expect(phase).toBe("Running");
    });
  });
});

test("no rehearsal asks the clusters for more than the manifests allow, nor do these allow more", () => {
  // A deployment probes nothing: test/rehearsal/firewall.test.ts does.
  const probing = ["create jobs.batch", "get jobs.batch", "get pods/log"];
  expect([...used.staging, ...probing].sort()).toEqual([...rightsIn("staging")].sort());
  const holding = ["patch imagestreams.image.openshift.io"];
  expect([...used.production, ...holding, ...probing].sort()).toEqual([...rightsIn("production")].sort());
});

function expectRolledBack(rehearsal: FaultRehearsal): void {
  const { report, approved } = rehearsal;
  expect(report.run).toMatchObject({ status: "rolledBack", decision: "approve" });
  expect(asked(rehearsal)).toEqual(["AskRollback", "AskMoveBack"]);
  expect(report.questions.map(({ answer, by }) => [answer, by])).toEqual([
    ["rollback", "ada-packit"],
    ["rollback", "ada-packit"],
  ]);
  expect(said(rehearsal, /production runs the images from before weekly-\S+ again/)).toHaveLength(1);
  expect(said(rehearsal, /was rolled back at/)).toHaveLength(1);
  const held = Object.values(report.openshift.streams);
  for (const pod of report.openshift.pods) {
    expect(pod.phase, pod.name).toBe("Running");
    for (const digest of pod.digests) expect(held, pod.name).toContain(digest);
  }
  const moved = approved?.repositories.filter(({ action }) => action === "move") ?? [];
  expect(moved.length).toBeGreaterThan(0);
  for (const { name, from } of moved) expect(report.github[name]?.stable, `stable of ${name}`).toBe(from);
}
