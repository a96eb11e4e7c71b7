import { afterAll, expect, test } from "vitest";
import type { Report } from "../../infra/local/report.ts";
import { rehearse, scratchFolder } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

/** What is another team's: other names, no Matrix, no Copr, no monorepo, no post, another zone. */
test("the example team deploys its two repositories", async () => {
  const { code, output, report } = await rehearse(scratch.path, "--yes", "--fresh", "--config", "example");

  expect(output).toMatch(/finished: deployed/);
  expect(code).toBe(0);
  const { github, quay, openshift, topics, monorepo, lock, health, run } = report as Report;
  expect(run).toMatchObject({ status: "finished", decision: "approve", duty: "kim-inventory" });
  expect(Object.keys(github)).toEqual(["catalog", "storefront"]);
  for (const name of ["catalog", "storefront"]) {
    expect(github[name]?.stable).toBe(github[name]?.main);
    expect(openshift.streams[name]).toBe((quay[name] as { prod: string }).prod);
  }
  expect(topics.slack).toHaveLength(3);
  expect(topics.slack[1]).toMatch(/Inventory is being redeployed/);
  expect(topics.slack[2]).toBe(topics.slack[0]);
  expect(topics.matrix, "nobody touched the room that it does not have").toHaveLength(1);
  expect(monorepo).toEqual({});
  expect(health).toEqual({ staging: "ok", baseline: "ok", production: "ok" });
  expect(lock).toBeNull();
}, 240_000);
