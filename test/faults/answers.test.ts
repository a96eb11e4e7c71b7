import { describe, expect, test } from "vitest";
import type { FaultName } from "../../infra/local/faults.ts";
import { expectDeployed } from "../support/fault-expectations.ts";
import type { FaultRehearsal } from "../support/fault-rehearsal.ts";
import { patience, rehearseAnswering } from "../support/fault-suite.ts";

/** States that change something outside. */
const changing = [
  "AnnounceStart",
  "HoldImports",
  "MoveStable",
  "RebuildImages",
  "RetryBuild",
  "PinMonorepo",
  "ImportImages",
];

function stageOf({ report }: FaultRehearsal, repository: string): string | undefined {
  return report.repositories.find(({ name }) => name === repository)?.stage;
}

describe("after an abort nothing more is changed, with", () => {
  const asking: FaultName[] = [
    "matrix-no-power",
    "push-refused",
    "stable-moved",
    "copr-fails",
    "build-fails",
    "build-cancelled",
  ];
  test.each(asking)("%s", patience, async (fault) => {
    await rehearseAnswering(fault, "abort", (rehearsal) => {
      const { report } = rehearsal;
      const [question] = report.questions;
      expect(report.questions).toHaveLength(1);
      expect(question).toMatchObject({ answer: "abort", by: "ada-packit" });
      expect(report.run.status).toBe("aborted");
      expect(report.run.reason).toContain("aborted by ada-packit");
      const after = report.states.filter(({ startedAt }) => startedAt > (question?.answeredAt ?? ""));
      expect(after.map(({ name }) => name).filter((name) => changing.includes(name))).toEqual([]);
      expect(report.states.some(({ name }) => name === "ImportImages")).toBe(false);
      expect(report.slack.at(-1)).toMatch(/was aborted/);
    });
  });
});

describe("what was left out stays where it is, and the rest is deployed, with", () => {
  test("push-refused", patience, async () => {
    await rehearseAnswering("push-refused", "skip", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(stageOf(rehearsal, "dashboard")).toBe("leftOut");
      expect(rehearsal.report.github.dashboard?.stable).toBe(rehearsal.before.dashboard?.stable);
    });
  });

  test("copr-fails", patience, async () => {
    await rehearseAnswering("copr-fails", "skip", (rehearsal) => {
      const { report, before, deployed } = rehearsal;
      expect(report.run).toMatchObject({
        status: "finished",
        reason: "deployed; packit knowingly not built: packit-service was left out",
      });
      expect(stageOf(rehearsal, "packit-service")).toBe("leftOut");
      expect(report.github["packit-service"]?.stable).toBe(before["packit-service"]?.stable);
      expect(deployed["packit-worker"]?.["packit-service"]).toBe(before["packit-service"]?.stable);
      expect(report.github.packit?.stable).toBe(report.github.packit?.main);
      expect(stageOf(rehearsal, "dashboard")).toBe("deployed");
      const old = before.packit?.stable?.slice(0, 7);
      expect(report.comparison).toMatchObject({
        outcome: "healthy",
        worse: [],
        warnings: [{ text: `packit: ${old}, knowingly not built anew: packit-service was left out` }],
      });
    });
  });

  test("build-fails", patience, async () => {
    await rehearseAnswering("build-fails", "skip", (rehearsal) => {
      const { report, before, deployed } = rehearsal;
      expect(report.run).toMatchObject({ status: "finished", reason: "deployed, without dashboard" });
      expect(report.comparison?.outcome).toBe("healthy");
      expect(stageOf(rehearsal, "dashboard")).toBe("failed");
      expect(deployed.dashboard?.dashboard).toBe(before.dashboard?.stable);
      expect(stageOf(rehearsal, "packit-service")).toBe("deployed");
      expect(deployed["packit-worker"]?.["packit-service"]).toBe(report.github["packit-service"]?.stable);
    });
  });

  test("matrix-no-power", patience, async () => {
    await rehearseAnswering("matrix-no-power", "skip", (rehearsal) => {
      expectDeployed(rehearsal);
      expect(new Set(rehearsal.report.topics.matrix).size).toBe(1);
    });
  });
});

test("with one of two images pushed, going on without is not offered", patience, async () => {
  await rehearseAnswering("build-cancelled", "skip", (rehearsal) => {
    expectDeployed(rehearsal);
    expect(rehearsal.report.questions.map(({ answer }) => answer)).toEqual(["retry"]);
  });
});
