import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterEach, describe, expect, test, vi } from "vitest";
import { pauseRun, resumeRun, stopRun } from "../../functions/control.ts";
import { decide } from "../../functions/http/decide.ts";
import { ServiceUnavailable } from "../../functions/runtime/errors.ts";
import { github } from "../../functions/services/github.ts";
import { ledger } from "../../functions/store/ledger.ts";
import { lock } from "../../functions/store/lock.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { packit } from "../../infra/config/packit.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

let system: TestSystem;
afterEach(async () => await system.close());

const stop = (by: string, why: "stop" | "veto") => ({ by, at: new Date().toISOString(), why, comment: null });

async function heads(): Promise<Record<string, { main: string | null; stable: string | null }>> {
  const names = system.config.repositories.map((each) => each.name);
  const { github } = system.world;
  return Object.fromEntries(
    names.map((name) => [name, { main: github.head(name, "main"), stable: github.head(name, "stable") }]),
  );
}

function expectTopicsBack(): void {
  const { slack, matrix } = system.world;
  expect(slack.topics().at(-1)).toBe(slack.topics()[0]);
  expect(matrix.topics().at(-1)).toBe(matrix.topics()[0]);
}

describe("a hotfix", () => {
  test("takes the place of a weekly run that waits for its approval, which is planned again afterwards", async () => {
    system = await startTestSystem();
    const weekly = await system.start();
    await system.link("ada-packit");
    const before = await heads();

    const hotfix = await system.start({
      kind: "hotfix",
      only: ["dashboard"],
      purpose: "the login is broken",
    });
    expect(hotfix.run).toBe("hotfix-2026-11-23");
    await system.ended(weekly);
    const link = await system.link("ada-packit");
    await answerByLink(link, "approve");
    expect(await system.ended(hotfix)).toBe("SUCCEEDED");

    expect(await runs().get(weekly.run)).toMatchObject({
      status: "aborted",
      reason: expect.stringMatching(/superseded by hotfix-2026-11-23: the login is broken/),
    });
    expect(await runs().get(hotfix.run)).toMatchObject({ status: "finished", supersedes: weekly.run });
    const after = await heads();
    expect(after.dashboard?.stable).toBe(before.dashboard?.main);
    expect(after.packit?.stable).toBe(before.packit?.stable);
    await system.entered(`${weekly.run}-2`, "AskApproval");
    expect(await lock().holder()).toMatchObject({ run: `${weekly.run}-2` });
    expectTopicsBack();
  });

  test("that failed after it took the lock stops the weekly run with its next try", async () => {
    system = await startTestSystem();
    const weekly = await system.start();
    await system.entered(weekly.run, "AskApproval");
    const away = new ServiceUnavailable("DynamoDB is away.");
    vi.spyOn(questions(), "stop").mockRejectedValueOnce(away);

    const hotfix = await system.start({ kind: "hotfix", only: ["dashboard"], purpose: "the login" });
    await system.ended(weekly);

    expect(await runs().get(weekly.run)).toMatchObject({
      status: "aborted",
      reason: expect.stringContaining(`superseded by ${hotfix.run}`),
    });
    expect(await lock().holder()).toMatchObject({ run: hotfix.run });
    expect(await runs().get(hotfix.run)).toMatchObject({ status: "running", supersedes: weekly.run });
  });

  test("does not take the place of a run that has begun", async () => {
    system = await startTestSystem({ speed: 100 });
    const weekly = await system.start();
    await answerByLink(await system.link("ada-packit"), "approve");
    await system.entered(weekly.run, "Promote");

    const hotfix = await system.start({ kind: "hotfix", only: ["ogr"], purpose: "now" });
    await system.ended(hotfix);

    expect(await runs().get(hotfix.run)).toMatchObject({
      status: "skipped",
      reason: expect.stringContaining(`${weekly.run} is under way`),
    });
    expect(await lock().holder()).toMatchObject({ run: weekly.run });
  });
});

test("a build that failed when a run was aborted is run again by the next run, where none can be dispatched", async () => {
  system = await startTestSystem({ faults: ["build-fails"] });
  const only = ["dashboard"];
  const first = await system.start({ kind: "hotfix", only, purpose: "the login is broken" });
  await answerByLink(await system.link("ada-packit"), "approve");
  await answerByLink(await system.link("ada-packit"), "abort");
  expect(await system.ended(first)).toBe("SUCCEEDED");
  expect(await runs().get(first.run)).toMatchObject({ status: "aborted" });
  const failed = (await runs().repository(first.run, "dashboard"))?.buildRun;
  expect(failed).toMatchObject({ attempt: 1, conclusion: "failure" });

  const second = await system.start({ kind: "hotfix", only, purpose: "the login is still broken" });
  await answerByLink(await system.link("ada-packit"), "approve");
  expect(await system.ended(second)).toBe("SUCCEEDED");

  const [plan] =
    (await runs().approved(second.run))?.repositories.filter(({ name }) => name === "dashboard") ?? [];
  expect(plan).toMatchObject({ action: "rebuild", buildBy: "rerun" });
  expect(plan?.reason).toContain(
    `its build (workflow run ${failed?.id}) failed, and its failed jobs are run again`,
  );
  expect(await runs().get(second.run)).toMatchObject({ status: "finished", reason: "deployed" });
  expect(await runs().repository(second.run, "dashboard")).toMatchObject({
    stage: "deployed",
    buildRun: { id: failed?.id, attempt: 2, conclusion: "success" },
  });
  expect((await ledger().built("dashboard"))?.commit).toBe((await heads()).dashboard?.stable);
});

test("a failed build that somebody runs again at GitHub goes on by itself, also where no webhook tells of it", async () => {
  // The question is asked anew every second.
  system = await startTestSystem({
    peopleSpeed: 600,
    faults: ["build-fails", "webhook-lost"],
    config: {
      schedule: { ...packit.schedule, windowMinutes: 3000 },
      limits: { questionMinutes: 3000 },
    },
  });
  const { run } = await system.start({ kind: "hotfix", only: ["dashboard"], purpose: "the login is broken" });
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run, "AskAboutBuild");
  const failed = (await runs().repository(run, "dashboard"))?.buildRun;
  await (await github()).rerunFailedJobs("dashboard", failed?.id ?? 0);
  await system.entered(run, "AwaitPush");

  expect(await runs().repository(run, "dashboard")).toMatchObject({
    buildRun: { id: failed?.id, attempt: 2, conclusion: "success" },
  });
  const [question] = await questions().all(run);
  expect(await questions().answerTo(run, question?.id ?? "")).toMatchObject({
    answer: "retry",
    comment: "a later attempt ended",
  });
});

test("a build that is run again is not taken for the failed one, which GitHub still shows for a while", async () => {
  system = await startTestSystem({ faults: ["build-fails"] });
  const { run } = await system.start({ kind: "hotfix", only: ["dashboard"], purpose: "the login is broken" });
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run, "AskAboutBuild");
  const hub = await github();
  const { workflowRuns, rerunFailedJobs } = hub;
  vi.spyOn(hub, "rerunFailedJobs").mockImplementation(async (repository, id) => {
    const { workflow } = packit.repositories.find((each) => each.name === repository)?.build ?? {};
    const shown = await workflowRuns(repository, workflow ?? "", { branch: "stable" });
    await rerunFailedJobs(repository, id);
    vi.spyOn(hub, "workflowRuns").mockResolvedValueOnce(shown).mockResolvedValueOnce(shown);
  });
  await answerByLink(await system.link("ada-packit"), "retry");
  await system.entered(run, "AwaitPush");

  expect(await runs().repository(run, "dashboard")).toMatchObject({
    buildRun: { attempt: 2, conclusion: "success" },
  });
  expect(await questions().all(run)).toHaveLength(1);
});

test("a dry run plans, and changes nothing anywhere", async () => {
  system = await startTestSystem();
  const before = await heads();
  const dry = await system.start({ kind: "dry-run" });
  expect(await system.ended(dry)).toBe("SUCCEEDED");

  expect(await runs().get(dry.run)).toMatchObject({ status: "finished", planVersion: 1 });
  expect(await heads()).toEqual(before);
  expect(await lock().holder()).toBeNull();
  expect(system.world.slack.topics()).toHaveLength(1);
  expect(await system.world.slack.messages(system.config.slack.channel)).toEqual([]);
});

test("a paused run stops before its next change, and goes on when it is resumed", async () => {
  system = await startTestSystem();
  const run = await system.start();
  const link = await system.link("ada-packit");
  await pauseRun(run.run, "ben-packit");
  await answerByLink(link, "approve");
  await system.entered(run.run, "AskAboutRun");
  const before = await heads();
  expect(system.world.slack.topics()).toHaveLength(1);

  await resumeRun(run.run, "ben-packit", "terminal");
  expect(await system.ended(run)).toBe("SUCCEEDED");

  expect(await questions().all(run.run)).toMatchObject([{ step: "AnnounceStart", kind: "paused" }]);
  expect(await runs().get(run.run)).toMatchObject({ status: "finished" });
  expect((await heads()).dashboard?.stable).toBe(before.dashboard?.main);
  expectTopicsBack();
});

test("stopped while it waits for a build, a run starts nothing more and puts the topics back", async () => {
  system = await startTestSystem({ speed: 300 });
  const run = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run.run, "AwaitBuild");

  await stopRun(run.run, stop("ada-packit", "stop"));
  expect(await system.ended(run)).toBe("SUCCEEDED");

  expect(await runs().get(run.run)).toMatchObject({ status: "aborted", reason: "stopped by ada-packit" });
  expect(await lock().holder()).toBeNull();
  expectTopicsBack();
  const { modules } = await monorepo();
  const { packit: moved } = await heads();
  expect(modules.find((each) => each.path === "packit")?.sha).not.toBe(moved?.stable);
});

test("a veto before the first move ends the run without a change", async () => {
  system = await startTestSystem();
  const run = await system.start();
  await system.link("ada-packit");
  const before = await heads();

  await stopRun(run.run, stop("dana-packit", "veto"));
  expect(await system.ended(run)).toBe("SUCCEEDED");

  expect(await runs().get(run.run)).toMatchObject({ status: "aborted", reason: "vetoed by dana-packit" });
  expect(await heads()).toEqual(before);
  expect(system.world.slack.topics()).toHaveLength(1);
});

test("postponed, a run plans and asks again, and the old link says so", async () => {
  system = await startTestSystem({ peopleSpeed: 60 });
  const run = await system.start();
  const first = await system.link("ada-packit");
  const plan = await runs().plan(run.run, 1);
  await decide(run.run, {
    question: "approval-1",
    answer: "postpone",
    by: "ada-packit",
    at: new Date().toISOString(),
    via: "page",
    planDigest: plan?.digest ?? "",
    changes: null,
    until: new Date(Date.now() + 200).toISOString(),
    comment: null,
  });
  await system.entered(run.run, "AskApproval", 2);
  const second = await system.link("ada-packit");

  const old = await (await fetch(first)).text();
  expect(old).toMatch(/planned again/);
  expect(old).not.toMatch(/value="approve"/);
  await answerByLink(second, "approve");
  expect(await system.ended(run)).toBe("SUCCEEDED");
  expect(await runs().get(run.run)).toMatchObject({ status: "finished", planVersion: 2 });
  const ended = (await waits().waitsOf(run.run)).map(({ id, resumedBy }) => [id, resumedBy]);
  expect(ended.filter(([, by]) => by === null)).toEqual([]);
  expect(Object.fromEntries(ended)[`${run.run}/AwaitPostponement/approval-1`]).toBe("recheck");
});

test("a second start says which run holds the lock", async () => {
  system = await startTestSystem();
  const first = await system.start();
  await system.entered(first.run, "AskApproval");
  const second = await system.start({ scheduledFor: "2026-11-23T12:30:00.000Z" });
  await system.ended(second);

  expect(second.run).toBe(`${first.run}-2`);
  expect(await runs().get(second.run)).toMatchObject({
    status: "skipped",
    reason: expect.stringContaining(`${first.run} is under way since`),
  });
  expect(await lock().holder()).toMatchObject({ run: first.run });
});

test("an execution that is stopped from outside is closed: topics, lock, record", async () => {
  system = await startTestSystem({ speed: 300 });
  const run = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run.run, "AwaitBuild");
  expect(system.world.slack.topics()).toHaveLength(2);

  await system.stepFunctions.send(new StopExecutionCommand({ executionArn: run.execution }));
  await expect.poll(async () => (await lock().holder()) === null, { timeout: 20_000 }).toBe(true);

  expect(await runs().get(run.run)).toMatchObject({
    status: "aborted",
    reason: "the execution was stopped from outside",
  });
  expectTopicsBack();
});

test("the cluster's own import is held during the run, where the configuration says so", async () => {
  const clusters = {
    ...packit.clusters,
    production: { ...packit.clusters.production, holdImports: true },
  };
  system = await startTestSystem({ speed: 300, config: { clusters } });
  const run = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(run.run, "AwaitBuild");
  expect(await scheduled()).toEqual([false]);

  await stopRun(run.run, stop("ada-packit", "stop"));
  await system.ended(run);

  expect(await scheduled()).toEqual([true]);
});

async function scheduled(): Promise<boolean[]> {
  const { createOpenShift } = await import("../../functions/services/openshift.ts");
  const { apiUrl, namespace } = system.config.clusters.production;
  const token = system.world.secrets.openshift.productionToken;
  const streams = await createOpenShift({ apiUrl, namespace, token }).streams();
  return [...new Set(streams.flatMap(({ tags }) => tags.map((tag) => tag.scheduled)))];
}

async function monorepo() {
  return await (await github()).submodules("production-monorepo", "main");
}
