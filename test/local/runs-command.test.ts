import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { answersFor } from "../../functions/domain/question.ts";
import { runs } from "../../functions/store/runs.ts";
import { offerEnvironment } from "../../infra/local/environment-file.ts";
import { runsCommand } from "../../infra/runs-command.ts";
import { askedStep, runUnderWay } from "../support/asked-step.ts";
import { type HttpSystem, startHttpSystem } from "../support/http-system.ts";
import { scratchFolder, startRehearsal } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

async function command(...argv: string[]) {
  let out = "";
  let error = "";
  const code = await runsCommand(argv, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}

describe("on the table that the environment names", () => {
  let system: HttpSystem;
  beforeAll(async () => {
    system = await startHttpSystem();
    expect(await command("list")).toEqual({ code: 0, out: "There are no runs yet.\n", error: "" });
    expect(await command("pause", "--as", "ada-packit")).toMatchObject({
      code: 2,
      error: "No run is under way.\n",
    });
  });
  afterAll(async () => await system.close());
  /** So that the run of each test is the only one under way. */
  afterEach(async () => {
    for (const { id, status } of await runs().list(50)) {
      if (status === "running") await runs().end(id, { status: "aborted", reason: "the test is over" });
    }
    system.posts.length = 0;
  });

  test("list: newest first, with who approved and why it ended", async () => {
    const older = await runUnderWay(system, { run: { openedAt: "2026-11-16T12:00:00Z" } });
    await runs().end(older.run, { status: "failed", reason: "dashboard: \u001b[31mred\u001b[0m\nalarm" });
    await runs().update(older.run, { endedAt: "2026-11-16T12:52:00Z" });
    const newer = await runUnderWay(system);
    const { code, out } = await command("list");
    expect(code).toBe(0);
    const [head, ...rows] = out.split("\n");
    expect(head).toMatch(/^RUN +STATUS +STARTED +TOOK +APPROVED BY +REASON$/);
    expect(rows.findIndex((row) => row.startsWith(newer.run))).toBe(0);
    const row = rows.find((each) => each.startsWith(older.run));
    expect(row).toMatch(/failed +Mon 16 Nov, 13:00 CET +52 minutes +Ben +dashboard: \[31mred \[0m alarm$/);
    const json = JSON.parse((await command("list", "--json")).out);
    expect(json[0]).toMatchObject({ run: { id: newer.run, status: "running" }, approvedBy: "ben-packit" });
  });

  test("show: what proves the images, and how production is beside what it was", async () => {
    const { run } = await runUnderWay(system);
    const chain = {
      commit: "0123456789abcdef",
      build: { id: 4711, attempt: 1, url: "https://github.com/packit/packit-service/actions/runs/4711" },
      manifest: "sha256:abcdef",
      stream: { name: "packit-worker", digest: "sha256:abcdef" },
      pods: [{ pod: "worker-0", digest: "sha256:abcdef" }],
    };
    const proof = [
      { ...chain, image: "packit-service", tags: ["stable-0123456"], broken: null },
      { ...chain, image: "packit-worker", tags: [], broken: "no pod runs\u001b[31m it" },
    ];
    await runs().saveRepository(run, "packit-service", { stage: "deployed", proof });
    const told = (text: string) => [{ check: "pods", name: "Pods", text, link: null }];
    const comparison = { outcome: "regressed" as const, unknown: [], warnings: [] };
    await runs().saveComparison(run, {
      ...comparison,
      worse: told("worker-0: Pending"),
      asBefore: told("tokman-0: Pending"),
    });
    const { out } = await command("show", run);
    expect(out).toMatch(
      /packit-service +proven +0123456 → run 4711 → stable-0123456 → abcdef → stream packit-worker → 1 pod\n/,
    );
    expect(out).toMatch(/packit-worker +not proven: no pod runs \[31m it +0123456/);
    expect(out).toMatch(/Production\n {2}worse than before the run\n {2}worse +Pods: worker-0: Pending\n/);
    expect(out).toMatch(/\n {2}as before +Pods: tokman-0: Pending\n/);
  });

  test("show: repositories, what it waits for and since when, what it asks, decisions, events", async () => {
    const { run, question } = await askedStep(system);
    await runs().record(run, { code: "move-stable.moved", text: "packit: stable has moved" });
    const { code, out } = await command("show");
    expect(code).toBe(0);
    const parts = [
      `${run} · running`,
      /kind +weekly/,
      /approved by +Ben/,
      /sandcastle +images are being built +https:\/\/github\.com\/packit\/sandcastle\/actions\/runs\/4711/,
      /the image build of sandcastle \(stable at [0-9a-f]{7}\) on GitHub +since \d\d:\d\d CET +until/,
      `${question.id}  until `,
      "sandcastle: the image build failed: The job build (amd64) failed",
      /retry +Build again: the images are built again/,
      `npm run runs -- answer ${run} ${question.id} retry|skip|abort`,
      /approval-1 +approve +Ben, on the page/,
      /\d\d:\d\d CET {2}packit: stable has moved/,
    ];
    for (const part of parts) expect(out).toMatch(part);
    const json = JSON.parse((await command("show", run, "--json")).out);
    expect(json).toMatchObject({
      run: { id: run },
      control: { pause: null, stop: null },
      questions: [{ id: question.id, decision: null }],
      decisions: [{ question: "approval-1", by: "ben-packit" }],
    });
    expect(JSON.stringify(json)).not.toContain("token-of");
  });

  test("pause and resume: stored with the name, told in Slack", async () => {
    const { run, control } = await runUnderWay(system);
    const paused = await command("pause", run, "--as", "ADA-packit");
    expect(paused).toMatchObject({ code: 0, error: "" });
    expect(paused.out).toBe(
      `${run}: Ada paused it: it stops before its next change until somebody resumes it.\n`,
    );
    expect(await control()).toMatchObject({ pause: { by: "ada-packit" } });
    expect((await command("show", run)).out).toContain(`${run} · paused by Ada at `);
    expect((await command("pause", "--as", "ben-packit")).out).toMatch(/^Ada already paused this run at/);
    expect(await command("resume", "--as", "ben-packit")).toMatchObject({ code: 0 });
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(system.posts.map((each) => each.text)).toEqual([
      expect.stringContaining("Ada paused the run"),
      expect.stringContaining("Ben resumed the run"),
    ]);
  });

  test("stop: stored once with the reason, and what waits is woken up", async () => {
    const { run, control, timesStopped } = await runUnderWay(system);
    const stopped = await command(
      "stop",
      run,
      "--reason",
      "Fedora mass rebuild",
      "--as",
      "ada-packit",
      "--json",
    );
    expect(JSON.parse(stopped.out)).toMatchObject({ done: true, run });
    expect(stopped.code).toBe(0);
    expect((await control()).stop).toMatchObject({
      by: "ada-packit",
      why: "stop",
      comment: "Fedora mass rebuild",
    });
    expect(timesStopped()).toBe(1);
    const again = await command("stop", run, "--as", "ben-packit");
    expect(again).toMatchObject({ code: 1, out: expect.stringMatching(/^Ada already ended this run at/) });
    expect((await control()).stop).toMatchObject({ by: "ada-packit" });
    expect((await command("show", run)).out).toContain("stopping: stop by Ada at");
  });

  test("answer: stored once, told to the run", async () => {
    const { run, question, decision, timesResumed } = await askedStep(system);
    const given = await command(
      "answer",
      run,
      question.id,
      "skip",
      "--reason",
      "next week",
      "--as",
      "ada-packit",
    );
    expect(given).toMatchObject({ code: 0, out: expect.stringContaining("Ada answered “Go on without it”") });
    expect(await decision()).toMatchObject({
      answer: "skip",
      by: "ada-packit",
      via: "terminal",
      comment: "next week",
    });
    expect(timesResumed()).toBe(1);
    const late = await command("answer", question.id, "retry", "--as", "ben-packit");
    expect(late.code).toBe(1);
    expect(late.out).toMatch(/Ada already answered “Go on without it” at .* Nothing was changed\./);
    expect(await decision()).toMatchObject({ answer: "skip" });
    expect((await command("show", run)).out).toMatch(/Go on without it +Ada, in a terminal +next week/);
  });

  test("what cannot be done is said, with exit code 1", async () => {
    const { run, question, decision, control } = await askedStep(system);
    const dana = await command("stop", run, "--as", "dana-packit");
    expect(dana).toMatchObject({
      code: 1,
      out: "Only approvers can stop a run: Ada, Ben, Cleo. Nothing was done.\n",
    });
    expect(await command("answer", run, question.id, "retry", "--as", "dana-packit")).toMatchObject({
      code: 1,
    });
    expect((await command("resume", run, "--as", "ada-packit")).out).toContain("not paused");
    await runs().end(run, { status: "finished", reason: null });
    expect((await command("stop", run, "--as", "ada-packit")).out).toContain("has ended");
    const over = await command("answer", run, question.id, "retry", "--as", "ada-packit");
    expect(over).toMatchObject({ code: 1, out: expect.stringContaining("is not asked any more") });
    expect(await decision()).toBeNull();
    expect(await control()).toEqual({ pause: null, stop: null });
  });

  test("bad input is told in a sentence, with exit code 2, and changes nothing", async () => {
    const { run, question, decision, control } = await askedStep(system, {
      answers: answersFor("ConfirmBuild", "failed", false),
    });
    const ada = ["--as", "ada-packit"];
    const wrong: [string[], string | RegExp][] = [
      [["show", "weekly-1999-01-04"], "There is no run weekly-1999-01-04."],
      [["stop", "weekly-1999-01-04", ...ada], "There is no run weekly-1999-01-04."],
      [["answer", "weekly-1999-01-04", question.id, "retry", ...ada], "There is no run weekly-1999-01-04."],
      [["answer", run, "MoveStable/nowhere-1", "retry", ...ada], `it asks ${question.id}.`],
      [
        ["answer", run, question.id, "skip", ...ada],
        `${question.id} does not offer skip: it takes retry or abort.`,
      ],
      [["stop", run], "Say who you are, since it is recorded: --as LOGIN, one of ada-packit, "],
      [["stop", run, "--as", "mallory"], "mallory is not in the configuration"],
      [
        ["answer", run, question.id, "perhaps", ...ada],
        'An answer is one of retry, skip, abort, rollback, workers, forward, publish, not "perhaps"',
      ],
      [["answer", "retry", ...ada], "answer takes a run, a question and an answer"],
      [["stop", run, "now", ...ada], "stop takes one run"],
      [["pause", run, "--reason", "x", ...ada], "--reason goes with stop and answer"],
      [["stop", run, "--reason", "x".repeat(501), ...ada], "longer than 500"],
      [["destroy"], 'There is no command "destroy"'],
      [["list", "all"], "list takes nothing more"],
      [["list", "--frobnicate"], "Unknown option '--frobnicate'"],
      [["list", "--local="], "--local= names no folder"],
      [["list", "--local", join(scratch.path, "nowhere")], /No rehearsal is under way in .*nowhere/],
    ];
    for (const [argv, message] of wrong) {
      const { code, out, error } = await command(...argv);
      expect(error, argv.join(" ")).toMatch(message);
      expect(error).toMatch(/^[^\n]+\n$/);
      expect(out).toBe("");
      expect(code).toBe(2);
    }
    expect(await decision()).toBeNull();
    expect(await control()).toEqual({ pause: null, stop: null });
  });

  test("several under way: the run has to be named", async () => {
    const one = await runUnderWay(system);
    const other = await runUnderWay(system);
    const { code, error } = await command("stop", "--as", "ada-packit");
    expect(code).toBe(2);
    expect(error).toContain("Several runs are under way");
    for (const { run, control } of [one, other]) {
      expect(error).toContain(run);
      expect((await control()).stop).toBeNull();
    }
  });

  test("Slack's silence does not keep a run from being stopped", async () => {
    const { run, control } = await runUnderWay(system);
    system.slackSilent = true;
    const { code, out } = await command("stop", run, "--as", "ada-packit");
    system.slackSilent = false;
    expect(code).toBe(0);
    expect(out).toContain("Slack could not be told now");
    expect((await control()).stop).toMatchObject({ by: "ada-packit" });
  });

  test("--local: the first approver acts, in the rehearsal that the folder names", async () => {
    const { run, control } = await runUnderWay(system);
    const remove = await offerEnvironment(scratch.path, environmentOfTests());
    delete process.env.STABLEHAND_TABLE;
    expect(await command("list")).toMatchObject({
      code: 2,
      error: expect.stringContaining("STABLEHAND_TABLE is not set"),
    });
    expect(await command("pause", "--local", scratch.path)).toMatchObject({ code: 0 });
    expect((await control()).pause).toMatchObject({ by: "ada-packit" });
    expect((await command(`--local=${scratch.path}`, "show", run)).code).toBe(0);
    await remove();
    expect(await command("list", "--local", scratch.path)).toMatchObject({ code: 2 });
  });

  test("a rehearsal that was killed does not answer", async () => {
    const variables = { ...environmentOfTests(), AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:9" };
    const folder = scratchFolder();
    await offerEnvironment(folder.path, variables);
    const { stderr, code } = await inAProcess("list", "--local", folder.path);
    folder.remove();
    expect(stderr).toBe(
      `The rehearsal in ${folder.path} does not answer: it has just ended, or was killed.\n`,
    );
    expect(code).toBe(1);
  });
});

function environmentOfTests(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => /^(AWS|STABLEHAND)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]));
}

/** As typed, but for npm. */
async function inAProcess(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = promisify(execFile);
  try {
    return { code: 0, ...(await run(process.execPath, ["--import", "tsx", "infra/runs.ts", ...argv])) };
  } catch (thrown) {
    return thrown as { code: number; stdout: string; stderr: string };
  }
}

describe("in a terminal of its own", () => {
  test("--help tells every command and option", async () => {
    const { code, stdout } = await inAProcess("--help");
    const words = [
      "list",
      "show",
      "pause",
      "resume",
      "stop",
      "answer",
      "--local",
      "--as",
      "--json",
      "--reason",
      "--help",
    ];
    for (const word of words) expect(stdout).toContain(word);
    expect(code).toBe(0);
  });

  test("a rehearsal that waits for its approval is found by its folder, shown, and stopped", async () => {
    const state = join(scratch.path, "state");
    const rehearsal = startRehearsal(scratch.path, "--fresh");
    await rehearsal.printed(/Your decision: http\S+/);
    expect(statSync(join(state, "environment.json")).mode & 0o777).toBe(0o600);

    const shown = JSON.parse((await inAProcess("show", "--local", state, "--json")).stdout);
    expect(shown.run).toMatchObject({ status: "running", kind: "weekly" });
    const stopped = await inAProcess("stop", "--local", state, "--reason", "not today");
    expect(stopped.stdout).toContain("Ada stopped it");
    expect(stopped.code).toBe(0);

    const { code, report, output } = await rehearsal.ended;
    expect(report?.run).toMatchObject({ status: "aborted", reason: expect.stringContaining("not today") });
    expect(output).toContain("not today");
    expect(code).toBe(1);
    await vi.waitFor(() => expect(existsSync(join(state, "environment.json"))).toBe(false));
    expect((await inAProcess("list", "--local", state)).code).toBe(2);
  });
});
