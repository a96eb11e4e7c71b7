import { describe, expect, test, vi } from "vitest";
import { startFaultyWorld } from "../support/faulty-world.ts";

const patience = { timeout: 10_000 };
const dashboardWorkflow = ".github/workflows/build-and-push.yml";
const serviceWorkflow = ".github/workflows/rebuild-and-push-images.yml";

type World = Awaited<ReturnType<typeof startFaultyWorld>>;

async function ended({ github }: World, repository: string, workflow: string, attempt = 1) {
  return await vi.waitFor(async () => {
    const run = await github.newestWorkflowRun(repository, workflow, "stable");
    expect(run).toMatchObject({ status: "completed", attempt });
    return run as NonNullable<typeof run>;
  }, patience);
}

describe("build-fails", () => {
  test("fails the build that cannot be dispatched; its failed jobs succeed", async () => {
    const world = await startFaultyWorld(["build-fails"]);
    const { move, github, quay, world: systems } = world;
    const before = await quay.tag("dashboard", "prod");

    const sha = await move("dashboard");
    await move("packit-service-fedmsg");
    const failed = await vi.waitFor(async () => {
      const run = await ended(world, "dashboard", dashboardWorkflow);
      expect(run.sha).toBe(sha);
      return run;
    }, patience);
    expect(failed.conclusion).toBe("failure");
    expect(await quay.tag("dashboard", "prod")).toEqual(before);
    await github.rerunFailedJobs("dashboard", failed.id);

    const again = await ended(world, "dashboard", dashboardWorkflow, 2);
    expect(again).toMatchObject({ id: failed.id, conclusion: "success" });
    const { digest } = (await quay.tag("dashboard", "prod")) ?? {};
    expect(systems.quay.contents(digest ?? "")).toEqual({ dashboard: sha });
    expect((await ended(world, "packit-service-fedmsg", dashboardWorkflow)).conclusion).toBe("success");
  });
});

describe("build-cancelled", () => {
  async function cancelled() {
    const world = await startFaultyWorld(["build-cancelled"]);
    const sha = await world.move("packit-service");
    const run = await vi.waitFor(async () => {
      const found = await ended(world, "packit-service", serviceWorkflow);
      expect(found.sha).toBe(sha);
      return found;
    }, patience);
    expect(run.conclusion).toBe("cancelled");
    const holds = async (image: string) => {
      const { digest } = (await world.quay.tag(image, "prod")) ?? {};
      return world.world.quay.contents(digest ?? "")?.["packit-service"] === sha;
    };
    expect([await holds("packit-service"), await holds("packit-worker")]).toEqual([true, false]);
    return { ...world, run, holds };
  }

  test("leaves one of two images; the failed jobs push the other one alone", async () => {
    const world = await cancelled();
    const { github, quay, run, holds } = world;
    const first = await quay.tag("packit-service", "prod");

    await github.rerunFailedJobs("packit-service", run.id);

    expect((await ended(world, "packit-service", serviceWorkflow, 2)).conclusion).toBe("success");
    expect(await holds("packit-worker")).toBe(true);
    expect(await quay.tag("packit-service", "prod")).toEqual(first);
  });

  test("a dispatch builds both anew", async () => {
    const world = await cancelled();
    const { github, quay, run, holds } = world;
    const first = await quay.tag("packit-service", "prod");

    const id = await github.dispatchWorkflow("packit-service", serviceWorkflow, "stable");

    await vi.waitFor(async () => {
      expect(await github.workflowRun("packit-service", id)).toMatchObject({ conclusion: "success" });
    }, patience);
    expect(id).not.toBe(run.id);
    expect(await holds("packit-worker")).toBe(true);
    expect((await quay.tag("packit-service", "prod"))?.digest).not.toBe(first?.digest);
  });
});

test("webhook-early: a build is over before a slow world has begun another one", async () => {
  const { move, received, github } = await startFaultyWorld(["webhook-early"], { speed: 60 });

  const sha = await move("dashboard");
  await move("packit-service-fedmsg");
  await vi.waitFor(() => {
    const told = received.flatMap(({ from, body }) =>
      from === "quay"
        ? [`pushed ${body.name}:${body.updated_tags[0]}`]
        : body.workflow_run
          ? [body.action]
          : [],
    );
    expect(told).toContain("completed");
    expect(told).toContain("pushed dashboard:prod");
  }, patience);

  const [early] = await github.workflowRuns("dashboard", dashboardWorkflow, { branch: "stable", sha });
  expect(early).toMatchObject({ status: "completed", conclusion: "success" });
  const usual = await github.newestWorkflowRun("packit-service-fedmsg", dashboardWorkflow, "stable");
  expect(usual?.status === "completed" && usual.sha).not.toBe(
    await github.branchHead("packit-service-fedmsg", "stable"),
  );
});

describe("copr-fails", () => {
  test("the first RPM fails; a person builds it by hand once it is asked about", async () => {
    const { move, copr, slack, faults } = await startFaultyWorld(["copr-fails"]);

    const sha = await move("packit");
    await vi.waitFor(async () => {
      expect((await copr.newestBuilds("packit")).latest).toMatchObject({ state: "failed" });
    }, patience);
    expect((await copr.newestBuilds("packit")).succeeded?.version).not.toContain(sha.slice(0, 7));
    const question = "run/question/AwaitDependencies/packit-service-1";
    await slack.postOnce({ channel: "C000PACKIT", text: "What now?", key: question });

    await vi.waitFor(async () => {
      expect((await copr.newestBuilds("packit")).succeeded?.version).toContain(sha.slice(0, 7));
    }, patience);
    expect(faults.log().map(({ what }) => what)).toEqual([
      "Copr fails to build packit",
      "a person builds packit at Copr by hand",
    ]);
  });
});

test("quay-silent: Quay takes the images and tells nobody", async () => {
  const world = await startFaultyWorld(["quay-silent"]);

  const sha = await world.move("dashboard");
  await vi.waitFor(async () => {
    const { digest } = (await world.quay.tag("dashboard", "prod")) ?? {};
    expect(world.world.quay.contents(digest ?? "")).toEqual({ dashboard: sha });
    expect(world.faults.log()).toHaveLength(1);
  }, patience);

  expect(world.received.filter(({ from }) => from === "quay")).toEqual([]);
});
