import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { firstMove } from "../../../functions/control.ts";
import { questions } from "../../../functions/store/questions.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askedStep, runUnderWay } from "../../support/asked-step.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { get, h1, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.posts.length = 0;
});

/** The status beside the heading. */
const pill = (text: string) => /<span class="pill \w+">([^<]+)<\/span>/.exec(text)?.[1];

function offered(text: string): string[] {
  return [...text.matchAll(/<button type="submit" name="action" value="(\w+)"/g)].map(
    ([, action]) => action ?? "",
  );
}

describe("the page of a run under way", () => {
  test("tells how far it is, what it waits for and what it asks, and offers what the person may do", async () => {
    const { controlLinkOf, run } = await askedStep(system);
    const { status, text } = await get(await controlLinkOf("ada-packit"));
    expect(status).toBe(200);
    expect(h1(text)).toBe("Packit Service: weekly deployment");
    expect(pill(text)).toBe("waits for an answer");
    expect(offered(text)).toEqual(["pause", "stop", "veto"]);
    const parts = [
      `${run} · link for Ada`,
      "Ben",
      "images are being built",
      "the image build of sandcastle (stable at",
      "sandcastle: the image build failed",
      "Build 4711",
    ];
    for (const part of parts) expect(text).toContain(part);
    const asked = /href="([^"]+\/question\?token=[^"]+)"/.exec(text)?.[1] ?? "";
    expect(h1((await get(asked)).text)).toBe("sandcastle: the image build failed");
  });

  test("offers a member of the team who is no approver the veto alone, and after the first move nothing", async () => {
    const { controlLinkOf, run } = await askedStep(system);
    const danas = await controlLinkOf("dana-packit");
    const before = (await get(danas)).text;
    expect(offered(before)).toEqual(["veto"]);
    expect(before).not.toContain("/question?token=");
    await runs().remember(run, firstMove, true);
    const { text } = await get(danas);
    expect(offered(text)).toEqual([]);
    expect(text).toContain("from now on approvers can pause or stop it");
    expect(offered((await get(await controlLinkOf("ada-packit"))).text)).toEqual(["pause", "stop"]);
  });

  test("changes nothing when it is opened, and is for one person's eyes", async () => {
    const { controlLinkOf, control, run } = await runUnderWay(system);
    const link = await controlLinkOf("ada-packit");
    for (const method of ["GET", "HEAD"]) {
      const { status, headers } = await fetch(`${link}&action=stop`, { method });
      expect(status).toBe(200);
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
    }
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(await runs().events(run)).toEqual([]);
  });

  test("escapes what other systems and people said", async () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
    const { controlLinkOf, run } = await askedStep(system, { reason: evil });
    const link = await controlLinkOf("ada-packit");
    await runs().saveRepository(run, "sandcastle", { note: evil });
    await runs().update(run, { purpose: evil });
    const open = await get(link);
    await post(system, link, { action: "stop", comment: evil });
    for (const { text } of [open, await get(link)]) {
      expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(text).not.toMatch(/<(script|img)/);
    }
  });
});

describe("what is sent from the page", () => {
  test("pause, and later resume: stored with the name, told to the channel, shown", async () => {
    const { controlLinkOf, control } = await runUnderWay(system);
    const link = await controlLinkOf("ada-packit");
    const paused = await post(system, link, { action: "pause" });
    expect(paused.status).toBe(303);
    expect(await control()).toMatchObject({ pause: { by: "ada-packit" } });
    const shown = await get(new URL(paused.headers.get("location") ?? "", system.url).href);
    expect(pill(shown.text)).toBe("paused");
    expect(shown.text).toContain("Ada paused the run at");
    expect(offered(shown.text)).toEqual(["resume", "stop", "veto"]);
    expect((await post(system, await controlLinkOf("ben-packit"), { action: "resume" })).status).toBe(303);
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(system.posts.map((each) => each.text)).toEqual([
      expect.stringContaining("Ada paused the run"),
      expect.stringContaining("Ben resumed the run"),
    ]);
  });

  test("stop with a reason: stored once, what waits is woken up", async () => {
    const { controlLinkOf, control, timesStopped } = await runUnderWay(system);
    const link = await controlLinkOf("ada-packit");
    expect((await post(system, link, { action: "stop", comment: "Fedora mass rebuild" })).status).toBe(303);
    expect((await control()).stop).toMatchObject({
      by: "ada-packit",
      why: "stop",
      comment: "Fedora mass rebuild",
    });
    expect(timesStopped()).toBe(1);
    const late = await post(system, await controlLinkOf("ben-packit"), { action: "stop" });
    expect(late.status).toBe(409);
    expect(late.text).toContain("Ada already ended this run at");
    expect(pill(late.text)).toBe("stopping");
    expect(late.text).toContain("Fedora mass rebuild");
    expect(offered(late.text)).toEqual([]);
    expect((await control()).stop).toMatchObject({ by: "ada-packit" });
    expect(system.posts).toHaveLength(1);
  });

  test("veto of anyone in the team; what only approvers may is refused", async () => {
    const { controlLinkOf, control } = await runUnderWay(system);
    const link = await controlLinkOf("dana-packit");
    for (const action of ["pause", "resume", "stop"]) {
      const { status, text } = await post(system, link, { action });
      expect(status).toBe(403);
      expect(text).toContain(`Only approvers can ${action} a run`);
    }
    expect(await control()).toEqual({ pause: null, stop: null });
    expect((await post(system, link, { action: "veto" })).status).toBe(303);
    expect((await control()).stop).toMatchObject({ by: "dana-packit", why: "veto" });
  });

  test.each([
    ["nothing", { action: "" }, 422, "Choose what to do."],
    ["something else", { action: "approve" }, 422, "Choose what to do."],
    ["too long a reason", { action: "stop", comment: "x".repeat(501) }, 422, "longer than 500"],
    ["resuming what is not paused", { action: "resume" }, 409, "not paused"],
  ])("%s: nothing is stored, and the page says why", async (_, fields, status, words) => {
    const { controlLinkOf, control } = await runUnderWay(system);
    const sent = await post(system, await controlLinkOf("ada-packit"), fields);
    expect(sent.status).toBe(status);
    expect(/role="alert">(.*?)<\/p>/s.exec(sent.text)?.[1]).toContain(words);
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(system.posts).toEqual([]);
  });

  test("after the run ended: nothing is stored, the page shows the end", async () => {
    const { controlLinkOf, control, run } = await runUnderWay(system);
    await runs().end(run, { status: "finished", reason: null });
    const link = await controlLinkOf("ada-packit");
    const shown = await get(link);
    expect(shown.status).toBe(200);
    expect(pill(shown.text)).toBe("finished");
    expect(shown.text).not.toContain("<form");
    const sent = await post(system, link, { action: "stop" });
    expect(sent.status).toBe(409);
    expect(sent.text).toContain("has ended, so nothing was done");
    expect(await control()).toEqual({ pause: null, stop: null });
  });
});

describe("a link to a run's page", () => {
  async function refused(link: string, status: number, title: string) {
    for (const page of [await get(link), await post(system, link, { action: "stop" })]) {
      expect(page.status).toBe(status);
      expect(h1(page.text)).toBe(title);
      expect(page.text).not.toContain("<form");
    }
  }

  test("that is forged, missing, or of another page: 403", async () => {
    const { controlLinkOf, control, link, controlButtonOf } = await askedStep(system);
    const own = await controlLinkOf("ada-packit");
    await refused(own.slice(0, -5), 403, "This link is not valid");
    await refused(`${system.url}/control`, 403, "This link is not valid");
    const others = [new URL(link).searchParams.get("token"), await controlButtonOf("stop")];
    for (const token of others)
      await refused(`${system.url}/control?token=${token}`, 403, "This link is not valid");
    expect(await control()).toEqual({ pause: null, stop: null });
  });

  test("that has expired: 410; of nobody in the team: 403; of a run that is not known: 404", async () => {
    const { controlLinkOf, control } = await runUnderWay(system);
    await refused(await controlLinkOf("ada-packit", -1), 410, "This link has expired");
    await refused(await controlLinkOf("stranger"), 403, "This is for the team alone");
    expect(await control()).toEqual({ pause: null, stop: null });
  });

  test("shows who stopped it, as the store has it", async () => {
    const { controlLinkOf, run } = await runUnderWay(system);
    const stop = {
      by: "hotfix-2026-11-23",
      at: new Date().toISOString(),
      why: "superseded",
      comment: null,
    } as const;
    await questions().stop(run, stop);
    expect((await get(await controlLinkOf("cleo-packit"))).text).toContain(
      "hotfix-2026-11-23 took its place at",
    );
  });
});
