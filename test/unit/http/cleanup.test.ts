import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOfCleanup } from "../../../functions/domain/cleanup-plan.ts";
import { decisionKey } from "../../../functions/domain/keys.ts";
import type { JudgedTag } from "../../../functions/domain/registry-cleanup.ts";
import { cleanupButton, cleanupLink, personalLink } from "../../../functions/runtime/links.ts";
import { cleanups } from "../../../functions/store/cleanups.ts";
import { runs } from "../../../functions/store/runs.ts";
import { waits } from "../../../functions/waits.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { fromSlack, press } from "./deliveries.ts";
import { get, h1, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.replies.length = 0;
});

const soon = (minutes = 60) => new Date(Date.now() + minutes * 60_000).toISOString();
const space = { bytes: 2_000_000_000, freed: 1_500_000_000, unmeasured: 0 };
let number = 0;

/** A cleanup that asks whether one of three tags may go. */
async function asking({ measured = true } = {}) {
  const run = `cleanup-${++number}`;
  const tag = (name: string, keptBecause: JudgedTag["keptBecause"]): JudgedTag => ({
    name,
    digest: `sha256:${name}`,
    startedAt: "2026-01-05T12:00:00.000Z",
    isList: false,
    keptBecause,
  });
  const tags = [tag("prod", "protectedName"), tag("main-0000001", "newest"), tag("main-0000002", null)];
  const digest = digestOfCleanup([{ image: "dashboard", tags }]);
  await runs().open({
    ...{ id: run, kind: "cleanup", purpose: "", only: [], supersedes: null, execution: "arn", duty: null },
    ...{ scheduledFor: soon(0), openedAt: soon(0), endedAt: null, status: "running", reason: null },
    ...{ decision: null, approvedAt: null, planVersion: 1, expectedEnd: null, windowEnd: soon() },
  });
  await cleanups().saveJudged(run, "dashboard", tags);
  await cleanups().savePlan(run, {
    digest,
    madeAt: soon(0),
    images: [
      {
        image: "dashboard",
        tags: 3,
        goes: 1,
        kept: { protectedName: 1, newest: 1 },
        space: measured ? space : null,
      },
    ],
    unread: [{ image: "tokman<b>", error: "NotFound" }],
    space: measured ? space : null,
    notifications: ["dashboard"],
    rules: [{ tags: "main-{sha7}", keep: 1 }],
    keepDays: 60,
  });
  const token = `token-${run}`;
  const keys = [decisionKey(run, "cleanup-1")];
  await waits().register({ id: `${run}/AskCleanup`, run, keys, after: {}, token });
  const bound = { run, question: "cleanup-1", plan: digest, expiresAt: soon() };
  return {
    run,
    bound,
    linkOf: async (login: string, changes: { plan?: string } = {}) =>
      await cleanupLink({ ...bound, login, ...changes }),
    decision: async () => await runs().decision(run, "cleanup-1"),
    timesResumed: () => system.resumed.filter((each) => each.token === token).length,
  };
}

describe("the page of a cleanup", () => {
  test("shows what goes and what stays with its reason, escapes it, and changes nothing", async () => {
    const { linkOf, decision, timesResumed } = await asking();
    const { status, text, headers } = await get(await linkOf("ada-packit"));
    expect(status).toBe(200);
    expect(text).toContain("1 of 3 tags may go, which frees 1.5 GB of 2.0 GB.");
    expect(text).toMatch(/What goes: 1 tag.*main-0000002.*Stay, its name is protected: 1.*prod/s);
    expect(text).toContain("Stay, among the newest of its kind: 1");
    expect(text).toContain("tokman&lt;b&gt; could not be read (NotFound)");
    expect(text).toContain("Quay had switched off the notifications of dashboard");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await decision()).toBeNull();
    expect(timesResumed()).toBe(0);
  });

  test("says so where the space could not be measured, and asks all the same", async () => {
    const { linkOf } = await asking({ measured: false });
    const { status, text } = await get(await linkOf("ada-packit"));
    expect(status).toBe(200);
    expect(text).toContain("1 of 3 tags may go.");
    expect(text).toContain("How much space that frees could not be measured.");
    expect(text).toMatch(/What goes: 1 tag.*main-0000002/s);
  });

  test("stores an approval with the digest of what was shown; who comes second changes nothing", async () => {
    const { linkOf, decision, bound, timesResumed } = await asking();
    const sent = await post(system, await linkOf("ada-packit"), { answer: "approve", comment: "go" });
    expect(sent.status).toBe(303);
    expect(await decision()).toMatchObject({
      answer: "approve",
      by: "ada-packit",
      planDigest: bound.plan,
      comment: "go",
    });
    const late = await post(system, await linkOf("ben-packit"), { answer: "reject" });
    expect(late.status).toBe(409);
    expect(h1(late.text)).toBe("Approved by Ada");
    expect(timesResumed()).toBe(1);
  });

  test("an answer that it does not offer comes back with what was entered", async () => {
    const { linkOf, decision } = await asking();
    const { status, text } = await post(system, await linkOf("ada-packit"), {
      answer: "postpone",
      comment: "hm",
    });
    expect(status).toBe(422);
    expect(text).toContain("Choose to delete the tags, or to keep all.");
    expect(text).toMatch(/<textarea[^>]*>hm<\/textarea>/);
    expect(await decision()).toBeNull();
  });

  test.each([
    ["ada-packit", { plan: "another" }, 410, "The plan has changed"],
    ["dana-packit", {}, 403, "You cannot answer this"],
  ])("a link of %s with %j is refused", async (login, changes, status, title) => {
    const { linkOf, decision } = await asking();
    const link = await linkOf(login, changes);
    for (const page of [await get(link), await post(system, link, { answer: "approve" })]) {
      expect(page.status).toBe(status);
      expect(h1(page.text)).toBe(title);
    }
    expect(await decision()).toBeNull();
  });

  test("a link to approve a deployment does not pass for one", async () => {
    const { bound, decision } = await asking();
    const other = await personalLink({ ...bound, login: "ada-packit" });
    const link = other.replace("/approval?", "/cleanup?");
    expect((await post(system, link, { answer: "approve" })).status).toBe(403);
    expect(await decision()).toBeNull();
  });

  test("a cleanup that has ended is not answered any more", async () => {
    const { run, linkOf, decision } = await asking();
    await runs().end(run, { status: "expired", reason: null });
    expect((await post(system, await linkOf("ada-packit"), { answer: "approve" })).status).toBe(410);
    expect(await decision()).toBeNull();
  });
});

describe("a press on a button of a cleanup", () => {
  test("of an approver is stored, and resumes the run", async () => {
    const { bound, decision, timesResumed } = await asking();
    const value = await cleanupButton({ ...bound, answer: "reject" });
    await fromSlack(system, press(system, { value, action: "cleanup.reject" }));
    expect(await decision()).toMatchObject({ answer: "reject", by: "ada-packit", via: "slack" });
    expect(timesResumed()).toBe(1);
  });

  test("whose name says something else than its value does nothing", async () => {
    const { bound, decision } = await asking();
    const value = await cleanupButton({ ...bound, answer: "approve" });
    await fromSlack(system, press(system, { value, action: "cleanup.reject" }));
    expect(await decision()).toBeNull();
    expect(system.replies[0]?.text).toMatch(/not one of Stablehand's/);
  });

  test("of somebody who may not answer does nothing, and says who may", async () => {
    const { bound, decision } = await asking();
    const value = await cleanupButton({ ...bound, answer: "approve" });
    await fromSlack(system, press(system, { value, action: "cleanup.approve", user: "U0000DANA" }));
    expect(await decision()).toBeNull();
    expect(system.replies[0]?.text).toMatch(/Only approvers can answer this: Ada/);
  });
});
