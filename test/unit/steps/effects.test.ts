import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetLazyValues } from "../../../functions/runtime/lazy.ts";
import { github } from "../../../functions/services/github.ts";
import { openshift } from "../../../functions/services/openshift.ts";
import { quay } from "../../../functions/services/quay.ts";
import { runs } from "../../../functions/store/runs.ts";
import { packit } from "../../../infra/config/packit.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { approvedRun, type StepRun } from "../../support/step-run.ts";

/** Steps that act on outside systems, against the emulated world: each as its state would call it. */

let system: TestSystem;
let run: StepRun;
beforeEach(async () => {
  const production = { ...packit.clusters.production, holdImports: true };
  system = await startTestSystem({
    // Builds end by the tests' own word.
    speed: 100,
    config: { clusters: { ...packit.clusters, production } },
  });
  run = await approvedRun(system, "weekly-2026-11-23");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await system.close();
});

const patience = { timeout: 50_000, interval: 100 };
const stableOf = (repository: string) => system.world.github.head(repository, "stable") as string;

/** What stands between the steps and GitHub from now on. */
function between(intercept: (request: Request, send: () => Promise<Response>) => Promise<Response>): void {
  const send = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const next = async () => await send(request);
    // The emulated systems talk to each other by fetch, too.
    return request.url.startsWith(system.world.github.url) ? await intercept(request, next) : await next();
  });
  // Clients keep the fetch that they were made with.
  forgetLazyValues();
}

describe("RetryBuild", () => {
  const workflowOf = (repository: string) =>
    packit.repositories.find(({ name }) => name === repository)?.build?.workflow ?? "";
  const buildsOf = async (repository: string) =>
    await (await github()).workflowRuns(repository, workflowOf(repository), {
      branch: "stable",
      sha: stableOf(repository),
    });

  /** The build that its move starts ends badly. */
  async function failedBuildOf(repository: string): Promise<void> {
    await run.step("MoveStable", { repository });
    const runId = await vi.waitFor(async () => {
      const [build] = await buildsOf(repository);
      return build?.id ?? expect.fail("it has not begun");
    }, patience);
    await system.world.github.finishRun({ repository, runId, conclusion: "failure" });
  }

  test("builds nothing that somebody moved the branch to meanwhile", async () => {
    const before = stableOf("packit-service");
    await failedBuildOf("packit-service");
    await system.world.github.moveAsPerson("packit-service", "stable", before);
    await expect(run.step("RetryBuild", { repository: "packit-service" })).rejects.toMatchObject({
      name: "StableMoved",
    });
    expect((await buildsOf("packit-service")).filter(({ event }) => event === "workflow_dispatch")).toEqual(
      [],
    );
  });

  test("is not taken for failed again by the attempt that GitHub may still show", async () => {
    await failedBuildOf("dashboard");
    const shown = await fetchedRuns();
    await run.step("RetryBuild", { repository: "dashboard" });
    between(async (request, send) => (request.url.includes("/runs?") ? Response.json(shown) : await send()));
    expect(
      await run.step("ConfirmBuild", { repository: "dashboard", resumed: { key: "k", id: "i" } }),
    ).toEqual({ confirmed: false });
  });

  /** GitHub's list of the dashboard's runs as it is now. */
  async function fetchedRuns(): Promise<unknown> {
    let answer: unknown;
    between(async (request, send) => {
      const response = await send();
      if (request.url.includes("/runs?")) answer = await response.clone().json();
      return response;
    });
    await buildsOf("dashboard");
    vi.restoreAllMocks();
    forgetLazyValues();
    return answer;
  }
});

describe("PinMonorepo", () => {
  test("commits on top of what somebody pushed at the same moment", async () => {
    const main = system.world.github.head("dashboard", "main") as string;
    await system.world.github.moveAsPerson("dashboard", "stable", main);
    let pushed: string | null = null;
    between(async (request, send) => {
      if (pushed === null && request.method === "POST" && request.url.endsWith("/git/commits")) {
        pushed = await system.world.github.commitAsPerson("production-monorepo", "main", {
          message: "docs: a line",
          author: "ada-packit",
          date: "2026-11-23T12:30:00Z",
          files: { "README.md": "One line more.\n" },
        });
      }
      return await send();
    });
    expect(await run.step("PinMonorepo")).toEqual({ pinned: 1 });

    const { modules } = await (await github()).submodules("production-monorepo", "main");
    expect(modules).toContainEqual({ path: "dashboard", sha: main });
    const files = await system.world.github.textFiles("production-monorepo", "main");
    expect(pushed).not.toBeNull();
    expect(files.get("README.md")).toBe("One line more.\n");
  });
});

describe("HoldImports", () => {
  const scheduled = async () =>
    (await (await openshift("production")).streams()).flatMap(({ tags }) => tags.map((tag) => tag.scheduled));

  test("lets imports go on that a run which died had switched off", async () => {
    const before = await scheduled();
    expect(before).toContain(true);
    await run.step("HoldImports");
    const next = await approvedRun(system, "weekly-2026-11-30");
    await next.step("HoldImports");
    expect(await scheduled()).not.toContain(true);
    await next.step("RestoreTopics");
    expect(await scheduled()).toEqual(before);
  });
});

describe("ImportImages", () => {
  const held = async () =>
    (await (await openshift("production")).streams())
      .find(({ name }) => name === "packit-dashboard")
      ?.tags.find(({ tag }) => tag === "prod")?.digest;

  /** Somebody's build of the dashboard arrives at Quay. */
  async function pushAnother(): Promise<{ before: string; after: string }> {
    const before = (await (await quay()).tag("dashboard", "prod"))?.digest ?? "";
    const contents = system.world.quay.contents(before);
    if (!contents) throw new Error("the world has no image of the dashboard");
    const other = { ...contents, commit: "f".repeat(40) };
    const after = await system.world.quay.push({
      image: "dashboard",
      tags: ["prod"],
      architectures: ["amd64"],
      contents: other,
    });
    return { before, after };
  }

  beforeEach(async () => {
    await run.step("HoldImports");
  });

  test("leaves what people went on without as it is, even where its build ended late", async () => {
    const before = await held();
    await runs().saveRepository(run.run, "dashboard", { stage: "failed", note: "the build took too long" });
    const { after } = await pushAnother();
    expect(after).not.toBe(before);
    await run.step("ImportImages");
    expect(await held()).toBe(before);
  });

  test("brings nothing that was pushed after the build was confirmed", async () => {
    const stream = await held();
    const { before } = await pushAnother();
    await runs().saveRepository(run.run, "dashboard", {
      stage: "pushed",
      images: { dashboard: { digest: before } },
    });
    await expect(run.step("ImportImages")).rejects.toMatchObject({ name: "WrongImage" });
    expect(await held()).toBe(stream);
  });
});
