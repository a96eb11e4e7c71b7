import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createCopr } from "../../functions/services/copr.ts";
import { createQuay } from "../../functions/services/quay.ts";
import { startBuilder } from "../../infra/local/world/builder.ts";
import { skipsWorkflows } from "../../infra/local/world/builds.ts";
import type { WorldEvents } from "../../infra/local/world/context.ts";
import { startCopr } from "../../infra/local/world/copr.ts";
import { startQuay } from "../../infra/local/world/quay.ts";
import { type MemoryGitHub, memoryGitHub, shaOf } from "../support/memory-github.ts";
import { startReceiver, worldContext } from "../support/world-context.ts";

const imagesWorkflow = ".github/workflows/build-and-push.yml";
const serviceWorkflow = ".github/workflows/rebuild-and-push-images.yml";

const moving = ["ogr", "specfile", "packit", "packit-service-fedmsg", "dashboard"];
const even = ["sandcastle", "packit-service"];
const heads = Object.fromEntries([
  ...moving.map((name) => [name, { main: shaOf(`${name} main`), stable: shaOf(`${name} stable`) }]),
  ...even.map((name) => [name, { main: shaOf(name), stable: shaOf(name) }]),
]);
const sha7 = (repository: string, branch: "main" | "stable") => heads[repository]?.[branch].slice(0, 7) ?? "";

interface Kept {
  events: EventEmitter<WorldEvents>;
  github: MemoryGitHub;
  stateDir: string | null;
}

function newWorld(stateDir: string | null = null): Kept {
  const events = new EventEmitter<WorldEvents>();
  return { events, github: memoryGitHub(events, heads), stateDir };
}

/** Starts Quay, Copr and the builder over a GitHub; `close` stops them as a shutdown does. */
async function start({ events, github, stateDir }: Kept = newWorld()) {
  const receiver = await startReceiver();
  const targets = { github: receiver.url, quay: receiver.url, slack: receiver.url };
  const ctx = worldContext({ events, stateDir, targets });
  const [quay, copr] = [await startQuay(ctx), await startCopr(ctx)];
  const builder = await startBuilder(ctx, { github, quay, copr });
  const close = async () => {
    await builder.close();
    ctx.timers.close();
    await Promise.all([quay.close(), copr.close()]);
  };
  onTestFinished(close);
  return {
    ctx,
    github,
    quay,
    copr,
    builder,
    close,
    notified: receiver.bodies as { name: string; updated_tags: string[] }[],
    atQuay: createQuay({ apiUrl: quay.url, namespace: "packit", token: quay.token }),
    atCopr: createCopr({ apiUrl: copr.url, owner: "packit", project: "packit-stable" }),
  };
}

const patience = { timeout: 5000 };

function finished(github: MemoryGitHub, repository: string, sha: string) {
  const run = github.runs.findLast((each) => each.repository === repository);
  expect(run).toMatchObject({ sha, status: "completed", conclusion: "success" });
  return run;
}

describe("a new world", () => {
  test("has last week's successful run of every stable commit, and its images", async () => {
    const { github, atQuay, quay } = await start();

    for (const repository of ["dashboard", "packit-service-fedmsg"]) {
      const stable = github.runs.filter((run) => run.repository === repository && run.branch === "stable");
      expect(stable).toMatchObject([{ status: "completed", sha: heads[repository]?.stable }]);
      const prod = await atQuay.tag(repository, "prod");
      expect(prod?.digest).toBe(
        (await atQuay.tag(repository, `stable-${sha7(repository, "stable")}`))?.digest,
      );
      const daysAgo = (Date.now() - Date.parse(prod?.startedAt ?? "")) / 86_400_000;
      expect(daysAgo).toBeCloseTo(7, 1);
      expect(quay.contents(prod?.digest ?? "")).toEqual({ [repository]: heads[repository]?.stable });
    }
    const [worker] = await atQuay.tagsLike("packit-worker", `stable-${sha7("packit-service", "stable")}-`);
    expect(worker?.name).toMatch(/-\d{10}$/);
    expect((await atQuay.tag("packit-worker", "prod"))?.digest).toBe(worker?.digest);
    expect(await atQuay.tagsLike("sandcastle", "stable-")).toEqual([]);
  });

  test("has built the head of main before, for staging", async () => {
    const { github, atQuay } = await start();

    const main = github.runs.filter((run) => run.branch === "main");
    expect(main.map((run) => run.repository).sort()).toEqual(
      ["dashboard", "packit-service", "packit-service-fedmsg", "sandcastle"].sort(),
    );
    const stg = await atQuay.tag("dashboard", "stg");
    expect(stg?.digest).toBe((await atQuay.tag("dashboard", `main-${sha7("dashboard", "main")}`))?.digest);
    expect(stg?.digest).not.toBe((await atQuay.tag("dashboard", "prod"))?.digest);
    const times = github.runs.map((run) => run.endedAt?.getTime() ?? 0);
    expect(Math.max(...times)).toBeLessThan(Date.now());
  });

  test("has RPMs of the stable commits, and images that hold them", async () => {
    const { atCopr, atQuay, quay } = await start();

    for (const [repository, rpm] of [
      ["ogr", "python-ogr"],
      ["specfile", "python-specfile"],
      ["packit", "packit"],
    ] as const) {
      expect((await atCopr.newestBuilds(rpm)).succeeded?.version).toContain(
        `+g${sha7(repository, "stable")}`,
      );
    }
    const worker = await atQuay.tag("packit-worker", "prod");
    expect(quay.contents(worker?.digest ?? "")).toEqual({
      "packit-service": heads["packit-service"]?.stable,
      ogr: sha7("ogr", "stable"),
      specfile: sha7("specfile", "stable"),
      packit: sha7("packit", "stable"),
      sandcastle: heads.sandcastle?.stable,
    });
  });

  test("is filled once", async () => {
    const world = newWorld(await folder());
    const first = await start(world);
    const runs = world.github.runs.length;
    const before = await first.atQuay.tag("dashboard", "prod");
    await first.close();

    const second = await start(world);

    expect(world.github.runs).toHaveLength(runs);
    expect(await second.atQuay.tag("dashboard", "prod")).toEqual(before);
  });
});

describe("a push to stable", () => {
  test("is built, pushed to Quay and notified", async () => {
    const { github, builder, atQuay, quay, notified } = await start();
    const before = await atQuay.tag("dashboard", "prod");

    const sha = github.push("dashboard", "stable", "fix: the footer");

    await vi.waitFor(() => expect(builder.progress()).toMatchObject([{ repository: "dashboard" }]), {
      interval: 5,
    });
    await vi.waitFor(() => finished(github, "dashboard", sha), patience);
    expect(github.runs.at(-1)).toMatchObject({ event: "push", branch: "stable", path: imagesWorkflow });
    expect(builder.progress()).toEqual([]);
    const prod = await atQuay.tag("dashboard", "prod");
    expect(prod?.digest).not.toBe(before?.digest);
    expect((await atQuay.tag("dashboard", `stable-${sha.slice(0, 7)}`))?.digest).toBe(prod?.digest);
    expect(quay.contents(prod?.digest ?? "")).toEqual({ dashboard: sha });
    await vi.waitFor(() => expect(notified).toHaveLength(2));
    expect(notified.map((each) => each.updated_tags)).toEqual([[`stable-${sha.slice(0, 7)}`], ["prod"]]);
  });

  test.each(["[skip ci]", "[ci skip]", "[no ci]"])(
    "starts no run when its head commit says %s",
    async (word) => {
      const { ctx, github } = await start();

      github.push("dashboard", "stable", `docs: typo ${word}`);
      const sha = github.push("packit-service-fedmsg", "stable", "fix: retry");

      await vi.waitFor(() => finished(github, "packit-service-fedmsg", sha), patience);
      expect(
        github.runs.filter((run) => run.repository === "dashboard" && run.branch === "stable"),
      ).toHaveLength(1);
      expect(ctx.logged.join()).toContain("skips workflows");
    },
  );

  test("becomes an RPM, whatever its message says about CI", async () => {
    const { github, builder, atCopr } = await start();

    const sha = github.push("ogr", "stable", "docs: typo [skip ci]");

    await vi.waitFor(
      () => expect(builder.rpmProgress()).toMatchObject([{ repository: "ogr", package: "python-ogr" }]),
      { interval: 5 },
    );
    await vi.waitFor(async () => {
      expect((await atCopr.newestBuilds("python-ogr")).succeeded?.version).toContain(sha.slice(0, 7));
    }, patience);
    expect(github.runs.some((run) => run.repository === "ogr")).toBe(false);
  });

  test("to another branch, or of an unknown repository, does nothing", async () => {
    const { github, builder } = await start();
    const before = github.runs.length;

    github.push("dashboard", "main", "feat: more");
    github.push("unknown", "stable", "feat: more");
    const sha = github.push("packit-service-fedmsg", "stable", "fix: retry");

    await vi.waitFor(() => finished(github, "packit-service-fedmsg", sha), patience);
    expect(github.runs).toHaveLength(before + 1);
    expect(builder.progress()).toEqual([]);
  });

  test("that is overtaken by another leaves one run, for the newer commit", async () => {
    const { github } = await start();
    const before = github.runs.length;

    github.push("dashboard", "stable", "one");
    const sha = github.push("dashboard", "stable", "two");

    await vi.waitFor(() => finished(github, "dashboard", sha), patience);
    expect(github.runs).toHaveLength(before + 1);
  });
});

describe("a dispatched run", () => {
  test("builds all images of the repository from what is installable when it begins", async () => {
    const { github, copr, atQuay, quay } = await start();
    const newOgr = github.push("ogr", "stable", "feat: forges");
    const newSandcastle = github.push("sandcastle", "stable", "fix: mounts");
    await vi.waitFor(() => expect(copr.newest("python-ogr")).toBe(newOgr.slice(0, 7)), patience);
    const before = await atQuay.tag("packit-worker", "prod");

    const runId = github.dispatch("packit-service", serviceWorkflow, "stable");
    const tooLate = github.push("ogr", "stable", "feat: more forges");

    const stable = heads["packit-service"]?.stable ?? "";
    await vi.waitFor(() => expect(finished(github, "packit-service", stable)?.id).toBe(runId), patience);
    for (const image of ["packit-service", "packit-worker"]) {
      const prod = await atQuay.tag(image, "prod");
      expect(prod?.digest).not.toBe(before?.digest);
      expect(prod?.isList).toBe(true);
      expect(await atQuay.tagsLike(image, `stable-${stable.slice(0, 7)}-`)).toHaveLength(2);
      const contents = quay.contents(prod?.digest ?? "");
      expect(contents).toMatchObject({ "packit-service": stable, ogr: newOgr.slice(0, 7) });
      expect(contents).toMatchObject({ sandcastle: newSandcastle, packit: sha7("packit", "stable") });
      expect(contents?.ogr).not.toBe(tooLate.slice(0, 7));
    }
  });

  test("of a workflow that builds no images ends without any", async () => {
    const { github, atQuay } = await start();
    const before = await atQuay.tag("sandcastle", "prod");

    github.dispatch("sandcastle", ".github/workflows/tests.yml", "stable");

    await vi.waitFor(() => finished(github, "sandcastle", heads.sandcastle?.stable ?? ""), patience);
    expect(await atQuay.tag("sandcastle", "prod")).toEqual(before);
  });
});

type Running = Awaited<ReturnType<typeof start>>;

describe.each([
  ["stop", (world: Running) => world.close()],
  // Nothing runs any more, and nobody saved anything at the end.
  ["kill", (world: Running) => world.ctx.timers.close()],
])("a %s", (_how, end) => {
  test("loses nothing: queued pushes, runs and RPM builds go on at the next start", async () => {
    const world = newWorld(await folder());
    const first = await start(world);
    const runId = world.github.dispatch("packit-service", serviceWorkflow, "stable");
    const newOgr = world.github.push("ogr", "stable", "feat: forges");
    await vi.waitFor(() => expect(first.copr.unfinishedBuilds()).toHaveLength(1), { interval: 5 });
    const newDashboard = world.github.push("dashboard", "stable", "fix: the footer");
    await end(first);
    expect(world.github.unfinishedRuns()).toEqual([{ repository: "packit-service", runId }]);

    const second = await start(world);

    expect(second.builder.progress()).toMatchObject([{ repository: "packit-service", runId }]);
    await vi.waitFor(() => expect(second.copr.newest("python-ogr")).toBe(newOgr.slice(0, 7)), patience);
    await vi.waitFor(() => finished(world.github, "dashboard", newDashboard), patience);
    await vi.waitFor(() => expect(world.github.unfinishedRuns()).toEqual([]), patience);
    expect(world.github.runs.filter((run) => run.event === "workflow_dispatch")).toHaveLength(1);
  });

  test("between two images: the one that is pushed is not pushed again", async () => {
    const world = newWorld(await folder());
    const first = await start(world);
    const pushed = new Promise<string>((resolve) =>
      world.events.once("tagged", ({ digest }) => resolve(digest)),
    );
    world.github.dispatch("packit-service", serviceWorkflow, "stable");
    const digest = await pushed;
    await end(first);

    const second = await start(world);

    await vi.waitFor(() => expect(world.github.unfinishedRuns()).toEqual([]), patience);
    expect((await second.atQuay.tag("packit-service", "prod"))?.digest).toBe(digest);
    const stable = `stable-${sha7("packit-service", "stable")}-`;
    expect(await second.atQuay.tagsLike("packit-worker", stable)).toHaveLength(2);
  });

  test("while GitHub begins a run: there is one run in the end", async () => {
    const world = newWorld(await folder());
    const before = world.github.runs.length;
    const first = await start(world);
    const { startRun } = world.github;
    const begun = new Promise<void>((resolve) => {
      world.github.startRun = async (run) => {
        await startRun(run);
        resolve();
        return await new Promise<never>(() => {}); // Its webhooks are never answered.
      };
    });
    const seeded = world.github.runs.length - before;
    const sha = world.github.push("dashboard", "stable", "fix: the footer");
    await begun;
    await end(first);
    world.github.startRun = startRun;

    await start(world);

    await vi.waitFor(() => finished(world.github, "dashboard", sha), patience);
    expect(world.github.runs).toHaveLength(before + seeded + 1);
  });
});

test("words that keep GitHub from starting workflows", () => {
  expect(skipsWorkflows("fix: a\n\nlonger text [skip actions]")).toBe(true);
  expect(skipsWorkflows("fix: skip ci jobs")).toBe(false);
});

/** A folder that is gone after the test. */
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "builder-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}
