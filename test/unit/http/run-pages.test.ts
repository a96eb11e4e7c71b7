import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { applyChanges } from "../../../functions/domain/plan-changes.ts";
import { liveScript } from "../../../functions/http/live-script.ts";
import { controlLink, runListLink, runPageLink } from "../../../functions/runtime/links.ts";
import { runs } from "../../../functions/store/runs.ts";
import { waits } from "../../../functions/waits.ts";
import { askedStep } from "../../support/asked-step.ts";
import {
  askingRun,
  type HttpSystem,
  samplePlan,
  sampleReport,
  sha,
  startHttpSystem,
} from "../../support/http-system.ts";
import { planOf, repositoryState } from "../../support/repository-states.ts";
import { get, h1 } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
afterEach(() => {
  vi.useRealTimers();
  system.outage = false;
});

describe("the page of a run", () => {
  test("tells failures first, then repositories, health, the plan, and who decided what", async () => {
    const { run } = await askedStep(system);
    const { status, text } = await get(await runPageLink(run));
    expect(status).toBe(200);
    expect(h1(text)).toBe("Packit Service: weekly deployment");
    const order = [
      "waits for an answer",
      "sandcastle: the image build failed",
      "no space left on device",
      "the image build of sandcastle (stable at 73616e6)",
      'id="repositories"',
      'id="health"',
      'id="plan"',
      "<strong>Ben</strong> approved the plan, on the page",
    ];
    const places = order.map((each) => text.indexOf(each));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places).not.toContain(-1);
  });

  test("says what an approver chose instead of what", async () => {
    const plan = planOf([repositoryState("x", { ahead: 3 })]);
    const { run } = await askingRun({ plan });
    const changes = { commits: { x: sha("x", 2) }, leaveOut: [], force: [] };
    const changed = applyChanges(plan, changes);
    if (!changed.ok) throw new Error(changed.problems.join());
    await runs().saveApproved(run.id, changed.plan);
    await runs().decide(run.id, {
      question: "approval-1",
      answer: "approve",
      by: "ben-packit",
      at: run.openedAt,
      via: "page",
      planDigest: plan.digest,
      changes,
      until: null,
      comment: null,
    });

    const { text } = await get(await runPageLink(run.id));
    const said = /x goes to .*?<code>(\w+)<\/code>.*?instead of\s*<code>(\w+)<\/code>/s.exec(text);
    expect(said?.slice(1)).toEqual([sha("x", 2), sha("x", 3)].map((each) => each.slice(0, 7)));
  });

  test("shows the answer of a person where the question stood", async () => {
    const { run, link } = await askedStep(system);
    const token = new URL(link).searchParams.get("token") ?? "";
    await fetch(`${system.url}/question`, {
      method: "POST",
      body: new URLSearchParams({ token, answer: "retry" }),
    });
    const { text } = await get(await runPageLink(run));
    expect(text).toContain("Ada: Build again");
    expect(text).toContain("answered “Build again” (sandcastle: the image build failed)");
  });

  test("holds no task token, and none that decides anything", async () => {
    const { run } = await askedStep(system);
    const tokens = (await waits().waitsOf(run)).length;
    expect(tokens).toBeGreaterThan(1);
    const { text } = await get(await runPageLink(run));
    expect(text).not.toContain("token-of");
    const carried = [...text.matchAll(/token=([\w.-]+)/g)].map(([, token]) => token);
    const reader = new URL(await runPageLink(run)).searchParams.get("token");
    expect(new Set(carried)).toEqual(new Set([reader]));
  });

  test("escapes what strangers wrote", async () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
    const plan = samplePlan();
    for (const repository of plan.repositories) {
      repository.reason = evil;
      for (const commit of repository.commits) Object.assign(commit, { title: evil, author: evil });
    }
    const checks = sampleReport.checks.map((each) => ({
      ...each,
      summary: evil,
      link: "javascript:alert(1)",
    }));
    const { run } = await askedStep(system, {
      reason: evil,
      setup: { plan, report: { ...sampleReport, checks }, run: { purpose: evil, reason: evil } },
    });
    await runs().saveRepository(run, "packit", { stage: "failed", note: evil });
    await runs().record(run, { code: "test", text: evil });
    for (const link of [await runPageLink(run), await runListLink()]) {
      const { status, text } = await get(link);
      expect(status).toBe(200);
      expect(text).not.toContain("<script>alert");
      expect(text).not.toContain("<img");
      expect(text).not.toContain("javascript:");
      expect(text).toContain("&lt;img src=x");
    }
  });

  test("runs its own script alone, loads nothing else, and is kept and framed by nobody", async () => {
    const { run } = await askingRun();
    const { headers, text } = await get(await runPageLink(run.id));
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}=' 'sha256-[\w+/]{43}='; script-src 'sha256-([\w+/]{43}=)'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    const hash = createHash("sha256").update(liveScript).digest("base64");
    expect(policy).toContain(hash);
    expect(text).toContain(`<script>${liveScript}</script>`);
    expect(text).not.toMatch(/ style="/);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("without a script it loads itself again while the run goes on, and not afterwards", async () => {
    const { run } = await askingRun();
    const link = await runPageLink(run.id);
    expect((await get(link)).text).toContain(
      '<noscript><meta http-equiv="refresh" content="15"/></noscript>',
    );
    await runs().end(run.id, { status: "rejected", reason: "rejected by Ben" });
    const { text } = await get(link);
    expect(text).not.toContain("http-equiv");
    expect(text).not.toContain("<script");
    expect(text).toContain("rejected by Ben");
  });

  test("asked by its version it answers 304 until something changes", async () => {
    const { run } = await askingRun();
    await runs().end(run.id, { status: "rejected", reason: null });
    const link = await runPageLink(run.id);
    const tag = (await get(link)).headers.get("etag") ?? "";
    const again = async () => await fetch(link, { headers: { "if-none-match": tag } });
    const unchanged = await again();
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ""]);
    await runs().record(run.id, { code: "test", text: "something new" });
    const changed = await again();
    expect(changed.status).toBe(200);
    expect(await changed.text()).toContain("something new");
  });

  test("is there without Step Functions, and says what is missing", async () => {
    const { run } = await askingRun();
    const link = await runPageLink(run.id);
    expect((await get(link)).text).toContain("keeps a history for 90 days");
    system.outage = true;
    const { status, text } = await get(link);
    expect(status).toBe(200);
    expect(text).toContain("Step Functions does not answer at the moment");
  });

  test("links to the AWS console only where AWS has the execution", async () => {
    const { run } = await askingRun();
    const link = await runPageLink(run.id);
    expect((await get(link)).text).not.toContain("console.aws");
    const execution = `arn:aws:states:eu-central-1:210987654321:execution:stablehand-weekly-deployment:${run.id}`;
    await runs().update(run.id, { execution });
    const { text } = await get(link);
    expect(text).toContain(
      `href="https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${execution}"`,
    );
    expect(text).toContain("*2faws*2flambda*2fstablehand-OpenRun");
    expect(text).toContain(`run*20*3d*20*22${run.id}*22`);
  });
});

describe("a link to the pages of runs", () => {
  test("is the same all day, and good for every run and the list", async () => {
    const { run } = await askingRun();
    expect(await runPageLink(run.id)).toBe(await runPageLink(run.id));
    const list = await get(await runListLink());
    expect(list.status).toBe(200);
    expect(list.text).toContain(`/runs/${run.id}?token=`);
  });

  test.each([
    ["nothing", async () => `${system.url}/runs`, 403, "This link is not valid"],
    ["a forged one", async () => `${(await runListLink()).slice(0, -3)}AAA`, 403, "This link is not valid"],
    [
      "another kind of link",
      async () => {
        const expiresAt = new Date(Date.now() + 60_000).toISOString();
        return (await controlLink({ login: "ada-packit", run: "r", expiresAt })).replace("/control", "/runs");
      },
      403,
      "This link is not valid",
    ],
    ["an unknown run", async () => await runPageLink("weekly-1999-01-01"), 404, "This run is not known"],
  ])("%s shows nothing but why", async (_, link, status, title) => {
    const answer = await get(await link());
    expect([answer.status, h1(answer.text)]).toEqual([status, title]);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("an expired one says where a newer one is", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 92 * 24 * 60 * 60 * 1000 });
    const link = await runListLink();
    vi.useRealTimers();
    const { status, text } = await get(link);
    expect([status, h1(text)]).toEqual([410, "This link has expired"]);
    expect(text).toContain("Every newer message of Stablehand");
  });

  test("changes nothing by whatever opens it, and takes nothing but GET", async () => {
    const { run } = await askingRun();
    const link = await runPageLink(run.id);
    const stored = async () => {
      const registered = await waits().waitsOf(run.id);
      const { seconds: _, ...wait } = registered[0] ?? { seconds: 0 };
      return [registered.length, wait, await runs().get(run.id), await runs().events(run.id)];
    };
    const before = await stored();
    for (const method of ["GET", "HEAD"]) expect((await fetch(link, { method })).status).toBe(200);
    expect((await fetch(link, { method: "POST" })).status).toBe(404);
    expect(await stored()).toEqual(before);
  });
});
