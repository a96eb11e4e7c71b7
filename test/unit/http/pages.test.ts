import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stopRun } from "../../../functions/control.ts";
import type { PromotionPlan } from "../../../functions/domain/promotion-plan.ts";
import { runs } from "../../../functions/store/runs.ts";
import {
  type HttpSystem,
  samplePlan,
  sampleReport,
  sha,
  startHttpSystem,
} from "../../support/http-system.ts";
import { asking, type Fields, get, h1, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

describe("the approval page", () => {
  test("tells what will happen, how staging is, and who is on duty", async () => {
    const { link } = await asking(system);
    const { status, text } = await get(link);
    expect(status).toBe(200);
    expect(h1(text)).toBe("Deploy Packit Service to production?");
    const parts = [
      "Approving moves stable of 3 repositories, rebuilds sandcastle and rolls the new images out.",
      "All 9 pods run and are ready.",
      "GET /api/healthz: ok",
      "packit-service migrates the database: no way back to old images.",
      "dashboard diverged from main.",
      "its dependency packit moves",
      "alembic/versions/f4e1c2_add_scans.py",
      "would be lost",
      "contained in main",
      "Waits for the RPMs of ogr and specfile.",
      "stable already equals main",
      "link for Ada",
    ];
    for (const part of parts) expect(text).toContain(part);
  });

  test("links to GitHub: the comparison, commits and pull requests", async () => {
    const { link } = await asking(system);
    const { text } = await get(link);
    const base = "https://github.com/packit/ogr";
    expect(text).toContain(`href="${base}/compare/${sha("ogr", 0)}...${sha("ogr", 3)}"`);
    expect(text).toContain(`href="${base}/commit/${sha("ogr", 2)}"`);
    expect(text).toContain(`href="${base}/pull/103"`);
  });

  test("says when it would end after the window, and that nobody looked at staging", async () => {
    const windowEnd = new Date(Date.now() + 60_000).toISOString();
    const { link } = await asking(system, { run: { windowEnd, duty: null }, report: null });
    const { text } = await get(link);
    expect(text).toMatch(/Ends about 7[45] min after the window\./);
    expect(text).toContain("Staging was not inspected.");
    expect(text).toContain('<span class="pill unknown">Unknown</span>');
    expect(text).toContain("nobody known");
  });

  test("names the checks that are not well", async () => {
    const [pods, healthz] = sampleReport.checks;
    if (!pods || !healthz) throw new Error("no checks");
    const checks = [{ ...pods, verdict: "failed" as const }, healthz];
    const { link } = await asking(system, { report: { ...sampleReport, verdict: "failed", checks } });
    expect((await get(link)).text).toContain("Look at staging: Pods.");
  });

  test("shows the worst check first, and links each problem", async () => {
    const text = "error, 3 times: PACKIT-SERVICE-1A KeyError";
    const found = {
      key: "sentry/1",
      verdict: "failed" as const,
      text,
      link: "https://sentry.io/issues/1/",
      due: false,
    };
    const checks = sampleReport.checks.map((check) =>
      check.id === "sentry"
        ? { ...check, verdict: "failed" as const, evidence: [text], problems: [found] }
        : check,
    );
    const { link } = await asking(system, { report: { ...sampleReport, verdict: "failed", checks } });
    const page = (await get(link)).text;
    expect(page).toContain(`<bdi>${text}</bdi> <a href="https://sentry.io/issues/1/">Open</a>`);
    expect(page.indexOf("<h3>Sentry</h3>")).toBeLessThan(page.indexOf("<h3>Pods</h3>"));
  });

  test("is for one person's eyes: nothing loaded, framed, kept, or told", async () => {
    const { link } = await asking(system);
    for (const { headers } of [
      await get(link),
      await get(`${system.url}/approval`),
      await post(system, link, {}),
    ]) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      );
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-robots-tag")).toContain("noindex");
    }
  });

  test("changes nothing when it is opened, by whatever opens it", async () => {
    const { run, link, decision, timesResumed } = await asking(system);
    const before = await runs().get(run);
    for (const method of ["GET", "HEAD", "GET"]) {
      const response = await fetch(`${link}&answer=approve`, { method });
      expect(response.status).toBe(200);
      if (method === "HEAD") expect(await response.text()).toBe("");
    }
    expect(await decision()).toBeNull();
    expect(timesResumed()).toBe(0);
    expect(await runs().events(run)).toEqual([]);
    expect(await runs().get(run)).toEqual(before);
  });

  test("escapes what strangers wrote", async () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
    const plan = withTexts(samplePlan(), evil);
    const report = {
      ...sampleReport,
      checks: sampleReport.checks.map((check) => ({
        ...check,
        summary: evil,
        evidence: [evil],
        problems: [
          { key: evil, verdict: "failed" as const, text: evil, link: "javascript:alert(1)", due: false },
        ],
        link: "javascript:alert(1)",
      })),
    };
    const { link, linkOf } = await asking(system, {
      plan,
      report,
      run: { duty: { login: evil, how: "backup", note: evil } },
    });
    const open = await get(link);
    await post(system, link, { answer: "reject", comment: evil });
    const decided = await get(await linkOf("ben-packit"));
    for (const { text } of [open, decided]) {
      expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(text).not.toMatch(/<(script|img)/);
      expect(text).not.toContain('href="javascript:');
    }
  });
});

/** A plan whose commits are titled and written so. */
function withTexts(plan: PromotionPlan, text: string): PromotionPlan {
  const change = <T extends { title: string; author: string }>(commit: T): T => ({
    ...commit,
    title: text,
    author: text,
  });
  return {
    ...plan,
    repositories: plan.repositories.map((each) => ({
      ...each,
      reason: text,
      migrations: each.migrations.map(() => text),
      commits: each.commits.map(change),
      ownCommits: each.ownCommits.map(change),
    })),
  };
}

describe("an answer", () => {
  test("approve: stored with name and time, told to the run, and shown", async () => {
    const { run, plan, link, decision, timesResumed } = await asking(system);
    const sent = await post(system, link, { answer: "approve", comment: "Looks good" });
    expect(sent.status).toBe(303);
    expect(await decision()).toMatchObject({
      answer: "approve",
      by: "ada-packit",
      via: "page",
      planDigest: plan.digest,
      changes: null,
      until: null,
      comment: "Looks good",
    });
    expect(timesResumed()).toBe(1);
    const shown = await get(new URL(sent.headers.get("location") ?? "", system.url).href);
    expect(h1(shown.text)).toBe("Approved by Ada");
    expect(shown.text).toContain("Looks good");
    expect(shown.text).not.toContain("<form");
    expect(await runs().events(run)).toMatchObject([{ code: "decision.approve", who: "ada-packit" }]);
  });

  test("approve with changes: what differs from the plan is stored", async () => {
    const { link, decision } = await asking(system);
    const sent = await post(system, link, {
      answer: "approve",
      "commit.ogr": sha("ogr", 2),
      "commit.packit-service": sha("packit-service", 4),
      leaveOut: ["packit"],
      force: "dashboard",
    });
    expect(sent.status).toBe(303);
    expect(await decision()).toMatchObject({
      changes: { commits: { ogr: sha("ogr", 2) }, leaveOut: ["packit"], force: ["dashboard"] },
    });
    const { text } = await get(link);
    expect(text).toContain("packit is left out");
    expect(text).toContain("So sandcastle is not rebuilt");
  });

  test("the form says what leaving a repository out brings about", async () => {
    const { link } = await asking(system);
    expect((await get(link)).text).toMatch(
      /Leave packit out\s*<small[^>]*> Then sandcastle is not rebuilt\./,
    );
  });

  test("an approval says how the run went on, once that is known", async () => {
    const { link, run } = await asking(system);
    await post(system, link, { answer: "approve" });
    expect((await get(link)).text).toContain("The deployment goes on by itself");
    await runs().end(run, { status: "aborted", reason: "stopped by ben-packit" });
    const { text } = await get(link);
    expect(text).toContain("By now the run was aborted (stopped by ben-packit).");
    expect(text).not.toContain("goes on by itself");
  });

  test("a run that was vetoed asks nobody any more", async () => {
    const { link, run, decision } = await asking(system);
    const at = new Date().toISOString();
    await stopRun(run, { by: "dana-packit", at, why: "veto", comment: null });
    const shown = await get(link);
    expect([shown.status, h1(shown.text)]).toEqual([410, "This question is not asked any more"]);
    expect((await post(system, link, { answer: "approve" })).status).toBe(410);
    expect(await decision()).toBeNull();
  });

  test("postpone: by the clock of the configured zone", async () => {
    const { link, decision } = await asking(system);
    const wanted = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 90 * 60_000);
    const clock = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Europe/Prague",
      dateStyle: "short",
      timeStyle: "short",
    }).format(wanted);
    expect((await post(system, link, { answer: "postpone", until: clock.replace(" ", "T") })).status).toBe(
      303,
    );
    expect(await decision()).toMatchObject({ answer: "postpone", until: wanted.toISOString() });
    expect(h1((await get(link)).text)).toBe("Postponed by Ada");
  });

  test("reject: with the comment", async () => {
    const { link, decision } = await asking(system);
    await post(system, link, { answer: "reject", comment: "Not today" });
    expect(await decision()).toMatchObject({ answer: "reject", comment: "Not today" });
    expect(h1((await get(link)).text)).toBe("Rejected by Ada");
  });

  const wrong: [string, Fields, string][] = [
    ["no answer", { answer: "" }, "Choose approve, reject, or postpone."],
    ["a commit of nowhere", { answer: "approve", "commit.ogr": "f".repeat(40) }, "cannot be chosen"],
    ["an unknown repository", { answer: "approve", leaveOut: "nowhere" }, "not in the plan"],
    ["forcing what did not diverge", { answer: "approve", force: "ogr" }, "ogr"],
    ["a time in the past", { answer: "postpone", until: "2020-01-01T10:00" }, "has passed"],
    ["more than a day ahead", { answer: "postpone", until: "2099-01-01T10:00" }, "24 hours"],
    ["no time", { answer: "postpone", until: "" }, "until when"],
    ["too long a comment", { answer: "reject", comment: "x".repeat(5000) }, "5000 characters"],
  ];
  test.each(wrong)("%s: nothing is stored, and the form says why", async (_, fields, words) => {
    const { link, decision } = await asking(system);
    const { status, text } = await post(system, link, { ...fields, comment: fields.comment ?? "keep <me>" });
    expect(status).toBe(422);
    expect(/role="alert">(.*?)<\/ul>/s.exec(text)?.[1]).toContain(words);
    if (!fields.comment) expect(text).toContain("keep &lt;me&gt;</textarea>");
    expect(await decision()).toBeNull();
  });

  test("that is refused keeps what was chosen", async () => {
    const { link } = await asking(system);
    const { text } = await post(system, link, {
      answer: "",
      "commit.ogr": sha("ogr", 2),
      leaveOut: "packit",
    });
    expect(text).toMatch(new RegExp(`<option class="other" value="${sha("ogr", 2)}" selected`));
    expect(text).toMatch(/name="leaveOut" value="packit" checked/);
  });
});

describe("requests that are no form", () => {
  const send = async (type: string | null, body: string) =>
    await fetch(`${system.url}/approval`, {
      method: "POST",
      headers: type ? { "content-type": type } : {},
      body,
    });

  test("another type: 415; over 100 KB: 413; not UTF-8: 400", async () => {
    expect((await send("application/json", "{}")).status).toBe(415);
    expect((await send("text/plain", "answer=approve")).status).toBe(415);
    const form = "application/x-www-form-urlencoded";
    expect((await send(form, `comment=${"x".repeat(101 * 1024)}`)).status).toBe(413);
    const bytes = new Uint8Array([0x61, 0xff, 0xfe]);
    const response = await fetch(`${system.url}/approval`, {
      method: "POST",
      headers: { "content-type": form },
      body: bytes,
    });
    expect(response.status).toBe(400);
  });

  test("other pages and methods: 404, as a page", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/approval/x"],
      ["PUT", "/approval"],
      ["DELETE", "/approval"],
    ]) {
      const response = await fetch(`${system.url}${path}`, { method });
      expect(response.status).toBe(404);
      expect(h1(await response.text())).toBe("There is no such page");
    }
  });
});

describe("while something is out of order", () => {
  test("the answer is stored, the person is told what to do, and doing so makes good for it", async () => {
    const { link, decision, timesResumed } = await asking(system);
    system.outage = true;
    const sent = await post(system, link, { answer: "approve" });
    system.outage = false;
    expect(sent.status).toBe(503);
    expect(sent.text).toContain("Sending the same answer again is harmless.");
    expect(await decision()).toMatchObject({ answer: "approve" });
    expect(timesResumed()).toBe(0);
    expect((await post(system, link, { answer: "approve" })).status).toBe(303);
    expect(timesResumed()).toBe(1);
  });
});
