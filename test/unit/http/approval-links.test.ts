import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decisionKey } from "../../../functions/domain/keys.ts";
import { personalLink } from "../../../functions/runtime/links.ts";
import { runs } from "../../../functions/store/runs.ts";
import { waits } from "../../../functions/waits.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { asking, get, h1, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

describe("who comes late", () => {
  test("sees who decided, and changes nothing", async () => {
    const { link, linkOf, decision, timesResumed } = await asking(system);
    await post(system, link, { answer: "approve" });
    const bens = await linkOf("ben-packit");
    const late = await post(system, bens, { answer: "reject" });
    expect(late.status).toBe(409);
    expect(h1(late.text)).toBe("Approved by Ada");
    expect(late.text).toContain("Your answer came second and changes nothing");
    const shown = await get(bens);
    expect(shown.status).toBe(200);
    expect(h1(shown.text)).toBe("Approved by Ada");
    expect(shown.text).not.toContain("<form");
    expect(await decision()).toMatchObject({ answer: "approve", by: "ada-packit" });
    expect(timesResumed()).toBe(1);
  });

  test("the same answer sent twice by the same person is no matter", async () => {
    const { link, timesResumed } = await asking(system);
    expect((await post(system, link, { answer: "approve" })).status).toBe(303);
    expect((await post(system, link, { answer: "approve" })).status).toBe(303);
    expect((await post(system, link, { answer: "reject" })).status).toBe(409);
    expect(timesResumed()).toBe(1);
  });

  test("of several at once, one decides and all others learn who", async () => {
    const { linkOf, decision, timesResumed } = await asking(system);
    const logins = ["ada-packit", "ben-packit", "cleo-packit"];
    const links = await Promise.all(logins.map((login) => linkOf(login)));
    const sent = await Promise.all(links.map((link) => post(system, link, { answer: "approve" })));
    expect(sent.map((each) => each.status).sort()).toEqual([303, 409, 409]);
    const winner = logins[sent.findIndex((each) => each.status === 303)];
    expect(await decision()).toMatchObject({ by: winner });
    expect(timesResumed()).toBe(1);
  });

  test("sees the outcome also when the run has ended or planned again", async () => {
    const { run, link } = await asking(system);
    await post(system, link, { answer: "reject" });
    await runs().update(run, { status: "rejected", planVersion: 2 });
    expect(h1((await get(link)).text)).toBe("Rejected by Ada");
  });
});

describe("a link", () => {
  async function refused(link: string, status: number, title: string) {
    for (const page of [await get(link), await post(system, link, { answer: "approve" })]) {
      expect(page.status).toBe(status);
      expect(h1(page.text)).toBe(title);
      expect(page.text).not.toContain("<form");
    }
  }

  test("that is forged, cut off or missing: 403", async () => {
    const { link, decision } = await asking(system);
    await refused(link.slice(0, -5), 403, "This link is not valid");
    await refused(`${system.url}/approval`, 403, "This link is not valid");
    await refused(`${system.url}/approval?token=`, 403, "This link is not valid");
    expect(await decision()).toBeNull();
  });

  test("that has expired: 410", async () => {
    const { linkOf, decision } = await asking(system);
    await refused(await linkOf("ada-packit", { minutes: -1 }), 410, "This link has expired");
    expect(await decision()).toBeNull();
  });

  test("to another plan: 410", async () => {
    const { linkOf, decision } = await asking(system);
    await refused(await linkOf("ada-packit", { plan: "another" }), 410, "The plan has changed");
    expect(await decision()).toBeNull();
  });

  test("of somebody who is no approver, or not in the team: 403", async () => {
    const { linkOf, decision } = await asking(system);
    await refused(await linkOf("dana-packit"), 403, "You cannot answer this");
    await refused(await linkOf("stranger"), 403, "You cannot answer this");
    expect(await decision()).toBeNull();
  });

  test("to a run that ended without an answer: 410", async () => {
    const { run, link, decision } = await asking(system);
    await runs().end(run, { status: "aborted", reason: null });
    await refused(link, 410, "This question is not asked any more");
    expect(await decision()).toBeNull();
  });

  test("to a question that was asked again since: 410", async () => {
    const { run, link, linkOf, decision } = await asking(system);
    const keys = [decisionKey(run, "approval-2")];
    await waits().register({ id: `${run}/approval-2`, run, keys, after: {}, token: "token-of-the-second" });
    await refused(link, 410, "This question is not asked any more");
    expect(await decision()).toBeNull();
    expect((await get(await linkOf("ada-packit", { question: "approval-2" }))).status).toBe(200);
  });

  test("to a run that is not known: 404", async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const link = { login: "ada-packit", run: "weekly-1999", question: "approval-1", plan: "x", expiresAt };
    await refused(await personalLink(link), 404, "This run is not known");
  });

  test("that was opened is as good as before", async () => {
    const { link } = await asking(system);
    for (const _ of [1, 2, 3]) expect((await get(link)).status).toBe(200);
    expect((await post(system, link, { answer: "approve" })).status).toBe(303);
  });
});
