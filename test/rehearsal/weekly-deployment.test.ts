import { afterAll, describe, expect, test } from "vitest";
import type { Report } from "../../infra/local/report.ts";
import { rehearse, scratchFolder } from "../support/rehearsal.ts";
import { sharedData } from "../support/shared-data.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

/** What production runs of an image: its manifest, or of a list the one for its architecture. */
function deployedDigest(report: Report, image: string): string {
  const tag = report.quay[image] as { prod: string; architectures?: Record<string, string> };
  return tag.architectures?.amd64 ?? tag.prod;
}

const streamOf: Record<string, string> = {
  "packit-service": "packit-service",
  "packit-worker": "packit-worker",
  "packit-service-fedmsg": "packit-service-fedmsg",
  dashboard: "packit-dashboard",
};

function expectDeployed(report: Report): void {
  for (const [image, stream] of Object.entries(streamOf)) {
    expect(report.openshift.streams[stream]).toBe(deployedDigest(report, image));
  }
  const held = new Set(Object.values(report.openshift.streams));
  expect(report.openshift.pods.length).toBeGreaterThan(5);
  for (const pod of report.openshift.pods) {
    expect(pod.phase).toBe("Running");
    expect(pod.digests.length).toBeGreaterThan(0);
    for (const digest of pod.digests) expect(held).toContain(digest);
  }
  for (const values of [report.topics.slack, report.topics.matrix]) {
    expect(values).toHaveLength(3);
    expect(values[1]).toMatch(/being redeployed/);
    expect(values[2]).toBe(values[0]);
  }
  expect(report.lock).toBeNull();
  expect(report.health).toEqual({ staging: "ok", baseline: "ok", production: "ok" });
}

const week = sharedData("stable.json");

describe.skipIf(!week)("a real week", () => {
  test("is deployed, and a second run finds nothing to do", async () => {
    const first = await rehearse(scratch.path, "--yes", "--fresh", "--data", week as string);

    expect(first.output).toMatch(
      /the run is over \(finished: deployed\); its post goes on\n.*^finished: deployed$/ms,
    );
    expect(first.code).toBe(0);
    const report = first.report as Report;
    expect(report.run).toMatchObject({ status: "finished", decision: "approve" });
    expectDeployed(report);
    for (const name of ["ogr", "specfile", "packit", "packit-service-fedmsg", "dashboard"]) {
      const { main, stable, source } = report.github[name] ?? {};
      expect(stable).toBe(main);
      expect(source).toMatchObject({ main: expect.stringMatching(/^[0-9a-f]{40}$/) });
      expect(report.monorepo[name]).toBe(stable);
    }
    const untouched = report.github.tokman;
    expect(untouched?.stable).not.toBe(untouched?.main);
    expect(report.repositories.find((each) => each.name === "packit-service")?.stage).toBe("deployed");
    expect(
      report.waits.some((wait) => wait.key.startsWith("github/run/") && wait.resumedBy === "signal"),
    ).toBe(true);
    expect(report.waits.filter(({ resumedBy }) => resumedBy === null)).toEqual([]);
    expect(report.states.every((state) => state.endedAt !== null)).toBe(true);
    expect(report.slack).toContain(
      "Packit Service: 2 tasks run now and will run again after the restart of the workers.",
    );

    const second = await rehearse(scratch.path, "--yes", "--data", week as string);

    expect(second.output).toMatch(/nothing to deploy/);
    expect(second.code).toBe(0);
    expect(second.report?.run).toMatchObject({
      id: `${report.run.id}-2`,
      status: "finished",
      decision: null,
    });
    expect(second.report?.github).toEqual(report.github);
    expect(second.report?.openshift.streams).toEqual(report.openshift.streams);
    expect(second.report?.topics.slack.at(-1)).toBe(report.topics.slack[0]);
  }, 180_000);
});

test("a frozen day is skipped, and nothing moves", async () => {
  const { code, report, output } = await rehearse(scratch.path, "--yes", "--fresh", "--date", "2026-12-24");

  expect(output).toMatch(/skipped: nothing is deployed on 2026-12-24: end-of-year shutdown/);
  expect(code).toBe(1);
  expect(report?.run).toMatchObject({ status: "skipped", decision: null });
  expect(report?.github.packit?.stable).not.toBe(report?.github.packit?.main);
  expect(report?.topics.slack).toHaveLength(1);
  expect(report?.lock).toBeNull();
});
