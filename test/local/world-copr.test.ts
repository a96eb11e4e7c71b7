import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../functions/runtime/config.ts";
import { NotFound } from "../../functions/runtime/errors.ts";
import { createCopr } from "../../functions/services/copr.ts";
import { packit } from "../../infra/config/packit.ts";
import { startCopr } from "../../infra/local/world/copr.ts";
import { worldContext } from "../support/world-context.ts";

const oldSha = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
const newSha = "ffeeddccbbaa99887766554433221100ffeeddcc";

async function start(changes: Parameters<typeof worldContext>[0] = {}) {
  const world = await startCopr(worldContext(changes));
  onTestFinished(() => world.close());
  const client = createCopr({ apiUrl: world.url, owner: "packit", project: "packit-stable" });
  return { world, client };
}

test("a build is running, then the newest that succeeded; a failed one leaves the older in place", async () => {
  const { world, client } = await start();
  expect(await client.newestBuilds("packit")).toEqual({ latest: null, succeeded: null });
  const endedAt = new Date("2026-11-16T13:30:00Z");
  world.recordBuild({ package: "packit", sha: oldSha, endedAt });

  const id = world.startBuild({ package: "packit", sha: newSha });
  expect((await client.newestBuilds("packit")).latest).toMatchObject({
    state: "running",
    version: expect.stringMatching(/\+gffeeddc$/),
  });
  expect((await client.newestBuilds("packit")).succeeded).toMatchObject({
    version: expect.stringMatching(/\+g1a2b3c4$/),
    endedAt: "2026-11-16T13:30:00.000Z",
  });

  world.finishBuild(id, "failed");
  expect((await client.newestBuilds("packit")).latest?.state).toBe("failed");
  expect((await client.newestBuilds("packit")).succeeded?.version).toContain("1a2b3c4");
  expect(world.newest("packit")).toBe("1a2b3c4");

  world.finishBuild(world.startBuild({ package: "packit", sha: newSha }), "succeeded");
  expect((await client.newestBuilds("packit")).succeeded?.version).toContain("ffeeddc");
  expect(world.newest("packit")).toBe("ffeeddc");
  expect(world.newest("python-ogr")).toBeNull();
});

test("unknown packages and projects are not found", async () => {
  const { world, client } = await start();
  const elsewhere = createCopr({ apiUrl: world.url, owner: "packit", project: "packit-dev" });

  await expect(client.newestBuilds("python-ogre")).rejects.toThrow(NotFound);
  await expect(elsewhere.newestBuilds("packit")).rejects.toThrow(NotFound);
});

test("builds are shown only to those who ask for them", async () => {
  const { world } = await start();
  world.recordBuild({ package: "packit", sha: oldSha, endedAt: new Date() });
  const query = "ownername=packit&projectname=packit-stable&packagename=packit";

  const answer = await (await fetch(`${world.url}/api_3/package?${query}`)).json();

  expect(answer).toMatchObject({ name: "packit", builds: { latest: null, latest_succeeded: null } });
});

test("builds outlive a restart, unfinished ones too", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "copr-"));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const first = await startCopr(worldContext({ stateDir }));
  first.recordBuild({ package: "packit", sha: oldSha, endedAt: new Date() });
  const id = first.startBuild({ package: "python-ogr", sha: newSha });
  await first.close();

  const { world } = await start({ stateDir });

  expect(world.newest("packit")).toBe("1a2b3c4");
  expect(world.unfinishedBuilds()).toEqual([{ id, package: "python-ogr", sha: newSha }]);
});

test("without Copr in the configuration there is no project", async () => {
  const repositories = packit.repositories
    .filter((each) => !each.rpm && each.name !== "packit-service")
    .map((each) => ({ ...each, waitsFor: [] }));
  const { client } = await start({
    config: parseConfig({ ...packit, repositories, copr: null, post: {}, health: {} }),
  });

  await expect(client.newestBuilds("packit")).rejects.toThrow(NotFound);
});
