import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { BadConfiguration, NotFound, ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import { forgetLazyValues } from "../../../functions/runtime/lazy.ts";
import { copr, createCopr } from "../../../functions/services/copr.ts";
import { packit } from "../../../infra/config/packit.ts";

/** A build as Copr shows it, fields that we do not read included. */
function build(id: number, changes: Record<string, unknown> = {}) {
  return {
    id,
    state: "succeeded",
    ownername: "packit",
    projectname: "packit-stable",
    source_package: { name: "python-ogr", version: "0.50.0.post1.dev3+g1a2b3c4", url: "https://copr.test/x" },
    submitted_on: 1_795_348_000,
    started_on: 1_795_348_100,
    ended_on: 1_795_348_800,
    ...changes,
  };
}

function coprAnswering(latest: unknown, latestSucceeded: unknown, status = 200) {
  const asked: URL[] = [];
  const client = createCopr({
    apiUrl: "https://copr.test",
    owner: "packit",
    project: "packit-stable",
    fetch: async (input) => {
      asked.push(new URL(String(input)));
      const builds = { latest, latest_succeeded: latestSucceeded };
      return Response.json({ id: 1, name: "python-ogr", builds }, { status });
    },
  });
  return { client, asked };
}

describe("newestBuilds", () => {
  test("tells version, times and page of the newest build and of the newest that succeeded", async () => {
    const { client, asked } = coprAnswering(build(8, { state: "running", ended_on: null }), build(7));

    expect(await client.newestBuilds("python-ogr")).toEqual({
      latest: {
        id: 8,
        state: "running",
        version: "0.50.0.post1.dev3+g1a2b3c4",
        submittedAt: "2026-11-22T11:46:40.000Z",
        endedAt: null,
        url: "https://copr.test/coprs/build/8",
      },
      succeeded: {
        id: 7,
        state: "succeeded",
        version: "0.50.0.post1.dev3+g1a2b3c4",
        submittedAt: "2026-11-22T11:46:40.000Z",
        endedAt: "2026-11-22T12:00:00.000Z",
        url: "https://copr.test/coprs/build/7",
      },
    });
    expect(asked[0]?.pathname).toBe("/api_3/package");
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      ownername: "packit",
      projectname: "packit-stable",
      packagename: "python-ogr",
      with_latest_build: "True",
      with_latest_succeeded_build: "True",
    });
  });

  test("has no version of a build whose sources are not there yet", async () => {
    const source = { name: null, version: null, url: null };
    const { client } = coprAnswering(build(8, { state: "importing", source_package: source }), null);

    expect(await client.newestBuilds("python-ogr")).toMatchObject({
      latest: { version: null, state: "importing" },
      succeeded: null,
    });
  });

  test("is null when it was never built", async () => {
    const { client } = coprAnswering(null, null);

    expect(await client.newestBuilds("python-ogr")).toEqual({ latest: null, succeeded: null });
  });
});

test("an unknown package is told by its name", async () => {
  const { client } = coprAnswering(null, null, 404);

  const thrown = await client.newestBuilds("python-ogre").catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(NotFound);
  expect(String(thrown)).toContain("python-ogre of packit/packit-stable");
});

test("an answer in another shape is no answer", async () => {
  const { client } = coprAnswering({ id: "seven" }, null);

  await expect(client.newestBuilds("python-ogr")).rejects.toThrow(ServiceUnavailable);
});

describe("copr as configured", () => {
  async function configure(value: unknown): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "copr-"));
    const path = join(folder, "config.json");
    await writeFile(path, JSON.stringify(value));
    vi.stubEnv("STABLEHAND_CONFIG", path);
    forgetLazyValues();
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      forgetLazyValues();
      await rm(folder, { recursive: true });
    });
  }

  test("is the configured project", async () => {
    await configure(packit);

    expect(await copr()).toMatchObject({ newestBuilds: expect.any(Function) });
  });

  test("is an error when there is none", async () => {
    const repositories = [{ name: "dashboard" }];
    await configure({ ...packit, repositories, copr: null });

    await expect(copr()).rejects.toThrow(BadConfiguration);
  });
});
