import { describe, expect, test, vi } from "vitest";
import { containedInMain, patchId } from "../../functions/domain/patch.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { PermissionDenied } from "../../functions/runtime/errors.ts";
import { packit } from "../../infra/config/packit.ts";
import { madeUpWeek } from "../../infra/local/world/data.ts";
import { divergedWeek } from "../../infra/local/world/diverged-week.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import type { SeedRepository } from "../../infra/local/world/seed.ts";
import { startFaultyWorld } from "../support/faulty-world.ts";

const patience = { timeout: 10_000 };
const question = (step: string) => ({
  channel: "C000PACKIT",
  text: "What now?",
  key: `run/question/${step}`,
});

describe("push-refused", () => {
  test("refuses a move over workflow files until an admin sees the question about it", async () => {
    const { move, github, slack, faults, world } = await startFaultyWorld(["push-refused"]);

    await move("packit");
    await expect(move("dashboard")).rejects.toThrow(PermissionDenied);
    expect(await github.branchHead("dashboard", "stable")).toBe(world.github.head("dashboard", "stable"));
    await expect(move("dashboard")).rejects.toThrow(/workflows: write/);
    await slack.postOnce(question("MoveStable/dashboard-1"));

    const head = await move("dashboard");
    expect(await github.branchHead("dashboard", "stable")).toBe(head);
    expect(faults.log()).toMatchObject([
      { what: expect.stringMatching(/refuses to move packit\/dashboard/) },
      { what: expect.stringMatching(/grants the App the permission/) },
    ]);
  });
});

describe("webhooks of a run", () => {
  const ofRuns = (received: Awaited<ReturnType<typeof startFaultyWorld>>["received"]) =>
    received.filter(({ headers }) => headers["x-github-event"] === "workflow_run");

  test("webhook-lost: its end is told by nobody, but known to who asks", async () => {
    const { move, received, github, faults } = await startFaultyWorld(["webhook-lost"]);

    const sha = await move("dashboard");
    const workflow = ".github/workflows/build-and-push.yml";
    await vi.waitFor(async () => {
      const [run] = await github.workflowRuns("dashboard", workflow, { branch: "stable", sha });
      expect(run).toMatchObject({ status: "completed", conclusion: "success" });
    }, patience);
    await vi.waitFor(() => expect(faults.log()).toMatchObject([{ name: "webhook-lost" }]), patience);

    expect(ofRuns(received).map(({ body }) => body.action)).toEqual(["requested", "in_progress"]);
  });

  test("webhook-twice: each comes twice with the same id, and Quay's too", async () => {
    const { move, received } = await startFaultyWorld(["webhook-twice"]);

    await move("dashboard");
    await vi.waitFor(() => {
      expect(ofRuns(received).filter(({ body }) => body.action === "completed")).toHaveLength(2);
    }, patience);

    const ids = received.flatMap(({ headers }) => headers["x-github-delivery"] ?? []);
    expect(ids.length).toBe(2 * new Set(ids).size);
    const prod = received.filter(({ from, body }) => from === "quay" && body.updated_tags[0] === "prod");
    expect(prod).toHaveLength(2);
  });

  test("without a fault each comes once", async () => {
    const { move, received } = await startFaultyWorld([]);

    await move("dashboard");
    await vi.waitFor(() => {
      expect(ofRuns(received).map(({ body }) => body.action)).toEqual([
        "requested",
        "in_progress",
        "completed",
      ]);
    }, patience);

    const ids = received.flatMap(({ headers }) => headers["x-github-delivery"] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("stable branches", () => {
  test("stable-moved: somebody moves one on when the plan is shown, to a commit of main that is not its head", async () => {
    const { github, slack, faults } = await startFaultyWorld(["stable-moved"]);
    const before = await github.branchHead("packit-service-fedmsg", "stable");

    await slack.postOnce({ channel: "C000PACKIT", text: "Approve?", key: "run/approval-1" });
    await vi.waitFor(async () => {
      expect(await github.branchHead("packit-service-fedmsg", "stable")).not.toBe(before);
    }, patience);
    const now = await github.branchHead("packit-service-fedmsg", "stable");
    await slack.postOnce({ channel: "C000PACKIT", text: "Approve?", key: "run/approval-2" });

    const { commits, behindBy } = await github.compare("packit-service-fedmsg", now ?? "", "main");
    expect(behindBy).toBe(0);
    expect(commits).toHaveLength(1);
    expect(await github.branchHead("packit-service-fedmsg", "stable")).toBe(now);
    expect(faults.log()).toHaveLength(1);
  });

  test("stable-diverged: one has a commit of its own whose patch main has", async () => {
    const { github } = await startFaultyWorld(["stable-diverged"]);

    const ahead = await github.compare("packit-service", "stable", "main");
    const own = await github.compare("packit-service", "main", "stable");
    expect(ahead.status).toBe("diverged");
    expect(own.commits).toHaveLength(1);
    const patches = new Set<string>();
    for (const { sha } of ahead.commits) {
      const id = patchId(await github.commitFiles("packit-service", sha));
      if (id) patches.add(id);
    }
    const [pick] = own.commits;
    const files = await github.commitFiles("packit-service", pick?.sha ?? "");
    expect(containedInMain(files, patches)).toBe(true);
    expect((await github.compare("dashboard", "stable", "main")).status).toBe("ahead");
  });

  test("stable-diverged: none that is not moved any more", () => {
    const week = madeUpWeek(parseConfig(packit));
    const ahead = week.repositories.find(({ name }) => name === "dashboard");
    const retired = { ...ahead, name: "tokman" } as SeedRepository;
    const seed = { ...week, repositories: [...week.repositories, retired] };
    const faults = createFaults(["stable-diverged"]);

    const { repositories } = divergedWeek(seed, parseConfig(packit), faults);
    const own = repositories.filter(({ behind }) => behind.length > 0).map(({ name }) => name);
    expect(own).toEqual(["packit-service"]);
  });
});
