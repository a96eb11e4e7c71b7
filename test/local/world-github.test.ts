import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhooks } from "@octokit/webhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { patchId } from "../../functions/domain/patch.ts";
import { readWeek } from "../../infra/local/world/data.ts";
import {
  type GitHubFixture,
  type ReceivedWebhook,
  startGitHubFixture,
  testConfig,
  weekOf,
} from "../support/github-world.ts";
import { sharedData } from "../support/shared-data.ts";

/** The client that production uses, over HTTP, against the emulated GitHub. */

const serviceWorkflow = ".github/workflows/rebuild-and-push-images.yml";
const dashboardWorkflow = ".github/workflows/build-and-push.yml";
const many = Array.from({ length: 320 }, (_, index) => `Change ${index} (#${index + 1})`);

const week = (ofPackit = ["One"]) =>
  weekOf({
    ogr: { ahead: ["First (#1)", "Second (#2)"] },
    specfile: {
      ahead: ["Unrelated", "Fix the crash (#5)", "Later"],
      behind: ["Fix the crash (#5)", "Only in production"],
    },
    packit: { ahead: ofPackit },
    dashboard: { ahead: ["Add a page", "Change the workflow that lints"] },
    sandcastle: { ahead: ["One", "Two"] },
  });

let github: GitHubFixture;

beforeAll(async () => {
  github = await startGitHubFixture(week(many));
});

afterAll(async () => {
  await github.close();
});

it("shows the pull requests on which each deployment tests itself, with the checks of its app", async () => {
  const { repository, titlePrefix, apps } = testConfig.health.validation ?? {
    repository: "",
    titlePrefix: "",
  };
  expect(apps?.production).toBe("packit-as-a-service[bot]");
  for (const [app, deployment] of [
    [apps?.production, "(prod)"],
    [apps?.staging, "(stg)"],
  ]) {
    const pulls = await github.hub.testedPulls({ repository, titlePrefix, app: app ?? "" });
    const tested = pulls.filter((each) => each.checks.length > 0);
    expect(tested).toHaveLength(3);
    for (const { title, checks } of tested) {
      expect(title).toContain(deployment);
      expect(checks).toHaveLength(2);
      for (const each of checks) {
        expect(each).toMatchObject({ status: "completed", conclusion: "success" });
        expect(Date.now() - Date.parse(each.at ?? "")).toBeLessThan(24 * 60 * 60_000);
      }
    }
  }
  const others = await github.hub.testedPulls({
    repository,
    titlePrefix: "Other",
    app: "packit-as-a-service",
  });
  expect(others).toEqual([]);
});

const heads = async (repository: string, fixture = github) => ({
  main: (await fixture.hub.branchHead(repository, "main")) ?? "",
  stable: (await fixture.hub.branchHead(repository, "stable")) ?? "",
});

interface Payload {
  action: string;
  ref: string;
  before: string;
  after: string;
  workflow_run: {
    id: number;
    path: string;
    head_sha: string;
    head_branch: string;
    run_attempt: number;
    conclusion: string | null;
  };
  workflow: { path: string };
  repository: { full_name: string };
  installation: { id: number };
  sender: { login: string };
}

/** Waits for webhooks of a kind that fit, in the order of their arrival. */
async function webhooksOf(
  event: string,
  fits: (payload: Payload) => boolean,
  count: number,
  fixture = github,
): Promise<{ raw: ReceivedWebhook; payload: Payload }[]> {
  return await vi.waitFor(() => {
    const found = fixture.webhooks
      .filter((each) => each.headers["x-github-event"] === event)
      .map((raw) => ({ raw, payload: JSON.parse(raw.body) as Payload }))
      .filter(({ payload }) => fits(payload));
    expect(found).toHaveLength(count);
    return found;
  });
}

describe("reading", () => {
  it("tells a branch's head, and null where there is none", async () => {
    expect(await github.hub.branchHead("ogr", "main")).toMatch(/^[0-9a-f]{40}$/);
    expect(await github.hub.branchHead("ogr", "gone")).toBeNull();
    expect(await github.hub.branchHead("no-such-repository", "main")).toBeNull();
  });

  it("compares branches: newest commit first, with authors and files", async () => {
    const { status, aheadBy, behindBy, mergeBase, commits, files } = await github.hub.compare(
      "ogr",
      "stable",
      "main",
    );
    const { main, stable } = await heads("ogr");
    expect({ status, aheadBy, behindBy, mergeBase }).toEqual({
      status: "ahead",
      aheadBy: 2,
      behindBy: 0,
      mergeBase: stable,
    });
    expect(commits.map((commit) => commit.message)).toEqual(["Second (#2)", "First (#1)"]);
    expect(commits[0]).toMatchObject({
      sha: main,
      authorLogin: "ada-packit",
      date: "2026-11-17T00:01:00.000Z",
    });
    expect(commits[1]?.parents).toEqual([stable]);
    expect(files).toHaveLength(2);
    expect(files[0]).toMatchObject({ status: "added", patch: expect.stringContaining("+First (#1)") });
  });

  it("brings all commits and files of a comparison with many", async () => {
    const { commits, files, aheadBy } = await github.hub.compare("packit", "stable", "main");
    expect(aheadBy).toBe(320);
    expect(commits.map((commit) => commit.message)).toEqual(many.toReversed());
    expect(files).toHaveLength(320);
    expect(new Set(files.map((file) => file.path)).size).toBe(320);
  });

  it("tells the same patch on both branches by the files of the commits", async () => {
    const comparison = await github.hub.compare("specfile", "stable", "main");
    expect(comparison).toMatchObject({ status: "diverged", aheadBy: 3, behindBy: 2 });
    const own = await github.hub.compare("specfile", comparison.mergeBase, "stable");
    const patches = async (commits: { sha: string }[]) =>
      await Promise.all(
        commits.map(async ({ sha }) => patchId(await github.hub.commitFiles("specfile", sha))),
      );
    const [unique, picked] = await patches(own.commits);
    const ahead = await patches(comparison.commits);
    expect(ahead.indexOf(picked ?? "")).toBe(1);
    expect(ahead).not.toContain(unique);
  });

  it("throws NotFound for a comparison with something unknown", async () => {
    await expect(github.hub.compare("ogr", "stable", "gone")).rejects.toMatchObject({ name: "NotFound" });
    await expect(github.hub.commitFiles("ogr", "0".repeat(40))).rejects.toMatchObject({ name: "NotFound" });
  });

  it("finds the pull request of a commit in its message", async () => {
    const { main } = await heads("ogr");
    const answer = await fetch(`${github.emulator.url}/repos/packit/ogr/commits/${main}/pulls`);
    expect(await answer.json()).toMatchObject([{ number: 2, title: "Second", merge_commit_sha: main }]);
    const pull = await fetch(`${github.emulator.url}/repos/packit/ogr/pulls/2`);
    expect(await pull.json()).toMatchObject({ number: 2, state: "closed" });
  });
});

describe("moving a branch", () => {
  it("moves it, tells everybody, and does nothing the second time", async () => {
    const { main: to, stable: from } = await heads("ogr");
    const pushes: unknown[] = [];
    github.events.on("push", (push) => pushes.push(push));
    await github.hub.moveBranch("ogr", { branch: "stable", from, to, force: false });
    await github.hub.moveBranch("ogr", { branch: "stable", from, to, force: false });

    expect(await github.hub.branchHead("ogr", "stable")).toBe(to);
    expect(github.emulator.head("ogr", "stable")).toBe(to);
    expect(pushes).toEqual([{ repository: "ogr", branch: "stable", before: from, after: to }]);
    const [push] = await webhooksOf("push", (payload) => payload.repository.full_name === "packit/ogr", 1);
    expect(push?.payload).toMatchObject({ ref: "refs/heads/stable", before: from, after: to });
  });

  it("throws StableMoved when the branch is not where it was approved", async () => {
    const { main: to } = await heads("sandcastle");
    const from = "1".repeat(40);
    await expect(
      github.hub.moveBranch("sandcastle", { branch: "stable", from, to, force: true }),
    ).rejects.toMatchObject({ name: "StableMoved", message: expect.stringContaining("packit/sandcastle") });
    const gone = { branch: "gone", from, to, force: true };
    await expect(github.hub.moveBranch("sandcastle", gone)).rejects.toMatchObject({ name: "StableMoved" });
  });

  it("throws StableMoved when somebody moves it between the look and the move, even with force", async () => {
    const { main, stable: from } = await heads("sandcastle");
    const [, middle] = (await github.hub.compare("sandcastle", "stable", "main")).commits;
    let interfered = false;
    const racing = github.client({
      fetch: async (input, init) => {
        if (String(init?.body).includes("updateRefs") && !interfered) {
          interfered = true;
          await github.hub.moveBranch("sandcastle", {
            branch: "stable",
            from,
            to: middle?.sha ?? "",
            force: false,
          });
        }
        return await fetch(input, init);
      },
    });
    await expect(
      racing.moveBranch("sandcastle", { branch: "stable", from, to: main, force: true }),
    ).rejects.toMatchObject({ name: "StableMoved" });
    expect(await github.hub.branchHead("sandcastle", "stable")).toBe(middle?.sha);
  });

  it("throws NotFastForward for a diverged branch, and moves it with force", async () => {
    const { main: to, stable: from } = await heads("specfile");
    await expect(
      github.hub.moveBranch("specfile", { branch: "stable", from, to, force: false }),
    ).rejects.toMatchObject({ name: "NotFastForward" });
    expect(await github.hub.branchHead("specfile", "stable")).toBe(from);
    await github.hub.moveBranch("specfile", { branch: "stable", from, to, force: true });
    expect(await github.hub.branchHead("specfile", "stable")).toBe(to);
  });

  it("throws NotFound for a commit that the repository lacks", async () => {
    const { stable: from } = await heads("hardly");
    await expect(
      github.hub.moveBranch("hardly", { branch: "stable", from, to: "a".repeat(40), force: true }),
    ).rejects.toMatchObject({ name: "NotFound" });
  });

  it("says which permission is missing when the commits change workflow files", async () => {
    const strict = await startGitHubFixture(week(), { workflowsPermission: false });
    try {
      const dashboard = await heads("dashboard", strict);
      await expect(
        strict.hub.moveBranch("dashboard", {
          branch: "stable",
          from: dashboard.stable,
          to: dashboard.main,
          force: false,
        }),
      ).rejects.toMatchObject({
        name: "PermissionDenied",
        message: expect.stringContaining("workflows: write"),
      });
      const ogr = await heads("ogr", strict);
      await strict.hub.moveBranch("ogr", { branch: "stable", from: ogr.stable, to: ogr.main, force: false });
      expect(await strict.hub.branchHead("dashboard", "stable")).toBe(dashboard.stable);
    } finally {
      await strict.close();
    }
  });

  it("moves several refs or none", async () => {
    const { main, stable } = await heads("dashboard");
    const token = await installationToken();
    const answer = await graphql(
      token,
      "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }",
      {
        input: {
          repositoryId: await repositoryId(token, "dashboard"),
          refUpdates: [
            { name: "refs/heads/stable", beforeOid: stable, afterOid: main },
            { name: "refs/heads/main", beforeOid: stable, afterOid: main },
          ],
        },
      },
    );
    expect(answer.errors).toMatchObject([{ type: "UNPROCESSABLE" }]);
    expect(await heads("dashboard")).toEqual({ main, stable });
  });
});

describe("keeping a ref", () => {
  it("creates it once, and refuses to point it elsewhere", async () => {
    const { main, stable } = await heads("packit");
    const ref = "refs/stablehand/weekly-2026-11-23/stable";
    await github.hub.keepRef("packit", ref, stable);
    await github.hub.keepRef("packit", ref, stable);
    await expect(github.hub.keepRef("packit", ref, main)).rejects.toMatchObject({ name: "RequestRefused" });
    await expect(github.hub.keepRef("packit", `${ref}-2`, "0".repeat(40))).rejects.toMatchObject({
      name: "RequestRefused",
    });
  });
});

describe("workflow runs", () => {
  it("dispatches one and finds it again by its id", async () => {
    const { stable } = await heads("packit-service");
    expect(await github.hub.newestWorkflowRun("packit-service", serviceWorkflow, "stable")).toBeNull();
    const requested: unknown[] = [];
    github.events.on("workflowRequested", (run) => requested.push(run));
    const id = await github.hub.dispatchWorkflow("packit-service", serviceWorkflow, "stable");

    expect(requested).toEqual([{ repository: "packit-service", runId: id }]);
    const run = await github.hub.workflowRun("packit-service", id);
    expect(run).toMatchObject({
      id,
      attempt: 1,
      branch: "stable",
      sha: stable,
      path: serviceWorkflow,
      event: "workflow_dispatch",
      conclusion: null,
    });
    expect(await github.hub.newestWorkflowRun("packit-service", serviceWorkflow, "stable")).toEqual(run);
    const filter = { branch: "stable", sha: stable, event: "workflow_dispatch" };
    expect(await github.hub.workflowRuns("packit-service", serviceWorkflow, filter)).toEqual([run]);
    expect(
      await github.hub.workflowRuns("packit-service", serviceWorkflow, { ...filter, event: "push" }),
    ).toEqual([]);
    expect(
      await github.hub.workflowRuns("packit-service", serviceWorkflow, { ...filter, sha: "0".repeat(40) }),
    ).toEqual([]);
    expect(await github.hub.workflowRun("ogr", id)).toBeNull();
  });

  it("tells nothing about the run unless it is asked to", async () => {
    const answer = await fetch(
      `${github.emulator.url}/repos/packit/sandcastle/actions/workflows/build-and-push.yml/dispatches`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${await installationToken()}` },
        body: JSON.stringify({ ref: "stable" }),
      },
    );
    expect(answer.status).toBe(204);
    expect(await github.hub.newestWorkflowRun("sandcastle", dashboardWorkflow, "stable")).not.toBeNull();
  });

  it("refuses to dispatch a workflow that does not allow it, or that is not there", async () => {
    await expect(github.hub.dispatchWorkflow("dashboard", dashboardWorkflow, "stable")).rejects.toMatchObject(
      { name: "RequestRefused" },
    );
    await expect(
      github.hub.dispatchWorkflow("packit-service", ".github/workflows/none.yml", "stable"),
    ).rejects.toMatchObject({ name: "NotFound" });
    await expect(
      github.hub.dispatchWorkflow("packit-service", serviceWorkflow, "gone"),
    ).rejects.toMatchObject({ name: "RequestRefused" });
    await expect(
      github.hub.newestWorkflowRun("ogr", ".github/workflows/none.yml", "stable"),
    ).rejects.toMatchObject({ name: "NotFound" });
  });

  it("tells the life of a run by signed webhooks, each with an id of its own", async () => {
    const { stable } = await heads("tokman");
    const runId = await github.emulator.startRun({
      repository: "tokman",
      workflow: dashboardWorkflow,
      branch: "stable",
      event: "push",
    });
    expect(github.emulator.unfinishedRuns()).toContainEqual({ repository: "tokman", runId });
    await github.emulator.finishRun({ repository: "tokman", runId, conclusion: "failure" });

    const received = await webhooksOf("workflow_run", (payload) => payload.workflow_run.id === runId, 3);
    expect(received.map(({ payload }) => payload.action)).toEqual(["requested", "in_progress", "completed"]);
    expect(received[2]?.payload).toMatchObject({
      workflow_run: {
        id: runId,
        path: dashboardWorkflow,
        head_sha: stable,
        head_branch: "stable",
        run_attempt: 1,
        conclusion: "failure",
      },
      workflow: { path: dashboardWorkflow },
      repository: { full_name: "packit/tokman" },
      installation: { id: github.emulator.installationId },
      sender: { login: "stablehand[bot]" },
    });
    const ids = new Set(received.map(({ raw }) => String(raw.headers["x-github-delivery"])));
    expect(ids.size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const verifier = new Webhooks({ secret: github.emulator.webhookSecret });
    for (const { raw } of received) {
      const signature = String(raw.headers["x-hub-signature-256"]);
      expect(await verifier.verify(raw.body, signature)).toBe(true);
      expect(await verifier.verify(`${raw.body} `, signature)).toBe(false);
    }
  });

  it("runs a failed one again as another attempt of the same run", async () => {
    const runId = await github.emulator.startRun({
      repository: "hardly",
      workflow: dashboardWorkflow,
      branch: "main",
      event: "push",
    });
    await github.emulator.finishRun({ repository: "hardly", runId, conclusion: "failure" });
    const answer = await fetch(
      `${github.emulator.url}/repos/packit/hardly/actions/runs/${runId}/rerun-failed-jobs`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${await installationToken()}` },
      },
    );
    expect(answer.status).toBe(201);
    expect(await github.hub.workflowRun("hardly", runId)).toMatchObject({ attempt: 2, conclusion: null });
    await github.emulator.finishRun({ repository: "hardly", runId, conclusion: "success" });
    expect(await github.hub.workflowRun("hardly", runId)).toMatchObject({
      attempt: 2,
      status: "completed",
      conclusion: "success",
    });
  });
});

describe("the duty issue", () => {
  const search = { repository: "packit/agile", label: "kind/role", title: "Service Guru" };

  it("is the open one with that title, else the newest closed one", async () => {
    const issue = await github.hub.newestIssue(search);
    expect(issue).toMatchObject({
      number: 1,
      assignees: ["ada-packit"],
      body: expect.stringContaining("[ ]"),
    });
    expect(await github.hub.newestIssue({ ...search, title: "Service" })).toBeNull();
    expect(await github.hub.newestIssue({ ...search, label: "none" })).toBeNull();
    await fetch(`${github.emulator.url}/repos/packit/agile/issues/1`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${await installationToken()}` },
      body: JSON.stringify({ state: "closed" }),
    });
    expect(await github.hub.newestIssue(search)).toMatchObject({ number: 1 });
  });
});

describe("submodules", () => {
  it("are pinned by one commit, and by none when nothing changes", async () => {
    const before = await github.hub.submodules("production-monorepo", "main");
    expect(before.modules.map((each) => each.path)).toEqual(
      testConfig.repositories
        .filter((each) => each.moved)
        .map((each) => each.name)
        .sort(),
    );
    const { main } = await heads("packit");
    const change = {
      parent: before.commit,
      baseTree: before.tree,
      modules: [{ path: "packit", sha: main }],
      message: "chore: pin",
    };
    const sha = await github.hub.commitSubmodules("production-monorepo", "main", change);

    const after = await github.hub.submodules("production-monorepo", "main");
    expect(after.commit).toBe(sha);
    expect(after.modules).toContainEqual({ path: "packit", sha: main });
    expect(after.modules).toHaveLength(before.modules.length);
    const again = { ...change, parent: after.commit, baseTree: after.tree };
    expect(await github.hub.commitSubmodules("production-monorepo", "main", again)).toBe(sha);
    await expect(
      github.hub.commitSubmodules("production-monorepo", "main", {
        ...change,
        modules: [{ path: "ogr", sha: main }],
      }),
    ).rejects.toMatchObject({ name: "NotFastForward" });
  });
});

describe("credentials", () => {
  it("refuses a wrong key, an unknown token, and writes without any", async () => {
    const { generateKeyPairSync } = await import("node:crypto");
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    await expect(github.client({ privateKey }).branchHead("ogr", "main")).rejects.toMatchObject({
      name: "PermissionDenied",
    });
    const url = `${github.emulator.url}/repos/packit/ogr/git/ref/heads/main`;
    expect((await fetch(url, { headers: { authorization: "Bearer made-up" } })).status).toBe(401);
    expect(
      (await fetch(`${github.emulator.url}/repos/packit/ogr/git/refs`, { method: "POST", body: "{}" }))
        .status,
    ).toBe(401);
  });
});

describe("a restart", () => {
  it("keeps branches, refs, commits, issues and runs, and run ids go on", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "stablehand-github-"));
    try {
      const first = await startGitHubFixture(week(), { stateDir });
      const { main: to, stable: from } = await heads("ogr", first);
      await first.hub.keepRef("ogr", "refs/stablehand/x/stable", from);
      await first.hub.moveBranch("ogr", { branch: "stable", from, to, force: false });
      const before = await first.hub.submodules("production-monorepo", "main");
      const pinned = await first.hub.commitSubmodules("production-monorepo", "main", {
        parent: before.commit,
        baseTree: before.tree,
        modules: [{ path: "ogr", sha: to }],
        message: "chore: weekly deployment",
      });
      const past = {
        repository: "tokman",
        workflow: dashboardWorkflow,
        branch: "stable",
        sha: from,
        event: "push",
      };
      const startedAt = new Date("2026-11-16T12:00:00Z");
      const old = first.emulator.recordRun({
        ...past,
        startedAt,
        endedAt: new Date("2026-11-16T12:40:00Z"),
        conclusion: "success",
      });
      const running = await first.hub.dispatchWorkflow("packit-service", serviceWorkflow, "stable");
      const runs = [
        await first.hub.workflowRun("tokman", old),
        await first.hub.workflowRun("packit-service", running),
      ];
      await first.close();
      appendFileSync(join(stateDir, "github.jsonl"), '{"kind":"request","method":"PO');

      const second = await startGitHubFixture(weekOf({}), { stateDir });
      try {
        expect(await heads("ogr", second)).toEqual({ main: to, stable: to });
        await second.hub.keepRef("ogr", "refs/stablehand/x/stable", from);
        expect((await second.hub.submodules("production-monorepo", "main")).commit).toBe(pinned);
        expect((await second.hub.compare("packit", "stable", "main")).aheadBy).toBe(1);
        const kept = [
          await second.hub.workflowRun("tokman", old),
          await second.hub.workflowRun("packit-service", running),
        ];
        const withoutPort = (value: unknown) =>
          JSON.parse(JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, ""));
        expect(withoutPort(kept)).toEqual(withoutPort(runs));
        expect(second.emulator.unfinishedRuns()).toEqual([{ repository: "packit-service", runId: running }]);
        expect(
          await second.hub.dispatchWorkflow("packit-service", serviceWorkflow, "stable"),
        ).toBeGreaterThan(running);
        expect(second.emulator).toMatchObject({
          webhookSecret: first.emulator.webhookSecret,
          privateKey: first.emulator.privateKey,
        });
        expect(second.emulator.sources()).toEqual(first.emulator.sources());
        expect(second.webhooks.filter((each) => each.headers["x-github-event"] === "push")).toEqual([]);
      } finally {
        await second.close();
      }
      const third = await startGitHubFixture(weekOf({}), { stateDir });
      expect(await heads("ogr", third)).toEqual({ main: to, stable: to });
      await third.close();
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  });

  it("builds the same shas from the same week", async () => {
    const again = await startGitHubFixture(week());
    expect((await heads("ogr", again)).main).toEqual((await heads("ogr")).main);
    expect((await heads("packit", again)).stable).toEqual((await heads("packit")).stable);
    await again.close();
  });
});

const realWeek = sharedData("stable.json");

describe.skipIf(realWeek === null)("the real week", () => {
  it("is loaded with its messages, order and real shas", async () => {
    const seed = readWeek(realWeek ?? "", testConfig);
    const real = await startGitHubFixture(seed);
    try {
      for (const { name, ahead, main, stable } of seed.repositories) {
        const { commits, aheadBy } = await real.hub.compare(name, "stable", "main");
        expect(aheadBy).toBe(ahead.length);
        expect(new Set(commits.map((commit) => commit.message))).toEqual(
          new Set(ahead.map((commit) => commit.message)),
        );
        const now = await heads(name, real);
        expect(real.emulator.sourceOf(name, now.main)).toBe(main);
        expect(real.emulator.sourceOf(name, now.stable)).toBe(stable);
      }
    } finally {
      await real.close();
    }
  });
});

async function installationToken(): Promise<string> {
  const { createAppAuth } = await import("@octokit/auth-app");
  const { Octokit } = await import("@octokit/rest");
  const { appId, privateKey, installationId, url } = github.emulator;
  const octokit = new Octokit({
    authStrategy: createAppAuth,
    auth: { appId, privateKey, installationId },
    baseUrl: url,
  });
  const { token } = (await octokit.auth({ type: "installation" })) as { token: string };
  return token;
}

async function graphql(token: string, query: string, variables: unknown) {
  const answer = await fetch(`${github.emulator.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()) as { data: { repository: { id: string } }; errors?: unknown[] };
}

async function repositoryId(token: string, name: string): Promise<string> {
  const query = "query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { id } }";
  return (await graphql(token, query, { owner: "packit", name })).data.repository.id;
}
