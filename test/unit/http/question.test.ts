import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answersFor } from "../../../functions/domain/question.ts";
import { personalLink } from "../../../functions/runtime/links.ts";
import { questions } from "../../../functions/store/questions.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askedStep } from "../../support/asked-step.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { get, h1, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

/** What the form offers, in order. */
function offered(text: string): string[] {
  return [...text.matchAll(/<button type="submit" name="answer" value="(\w+)"/g)].map(
    ([, answer]) => answer ?? "",
  );
}

describe("the page of a question", () => {
  test("tells what failed and why, what each answer does, until when, and who is called", async () => {
    const { link, question } = await askedStep(system);
    const { status, text } = await get(link);
    expect(status).toBe(200);
    expect(h1(text)).toBe("sandcastle: the image build failed");
    expect(offered(text)).toEqual(["retry", "skip", "abort"]);
    const parts = [
      "no space left on device.",
      "BuildFailed",
      "Build again",
      "The images are built again: by a new run, or by its failed jobs.",
      "Production keeps its present image of this repository",
      "Nothing more is started, the topics are put back",
      "Without an answer the run aborts then",
      "Ada, then Ben, then all approvers",
      question.id,
      "images are being built",
      'href="https://github.com/packit/sandcastle/actions/runs/4711"',
      "Build 4711",
      "link for Ada",
    ];
    for (const part of parts) expect(text).toContain(part);
  });

  test("shows the commits that the repository brings", async () => {
    const { link } = await askedStep(system, {
      repository: "packit",
      id: "MoveStable/packit-1",
      step: "MoveStable",
    });
    const { text } = await get(link);
    expect(text).toContain('href="https://github.com/packit/packit/compare/');
    expect(text).toContain("2 commits of packit by");
  });

  test("offers only what is safe, and no repository where it is about none", async () => {
    const { link } = await askedStep(system, {
      id: "ImportImages-1",
      step: "ImportImages",
      repository: null,
      answers: answersFor("ImportImages", "failed"),
    });
    const { text } = await get(link);
    expect(h1(text)).toBe("The import of the images failed");
    expect(offered(text)).toEqual(["retry", "abort"]);
    expect(text).not.toContain('id="repository"');
  });

  test("leads to the person's page of the run", async () => {
    const { link, run } = await askedStep(system);
    const control = /href="([^"]+\/control\?token=[^"]+)"/.exec((await get(link)).text)?.[1] ?? "";
    const page = await get(control);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`${run} · link for Ada`);
  });

  test("is for one person's eyes, and changes nothing when it is opened", async () => {
    const { link, run, decision, timesResumed } = await askedStep(system);
    const events = await runs().events(run);
    for (const method of ["GET", "HEAD", "GET"]) {
      const { status, headers } = await fetch(`${link}&answer=retry`, { method });
      expect(status).toBe(200);
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action/,
      );
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
    }
    expect(await decision()).toBeNull();
    expect(timesResumed()).toBe(0);
    expect(await runs().events(run)).toEqual(events);
  });

  test("escapes what other systems said", async () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
    const { link, run, linkOf } = await askedStep(system, {
      reason: `${evil} ${"x".repeat(2000)}`,
      error: evil,
    });
    await runs().saveRepository(run, "sandcastle", {
      note: evil,
      buildRun: { id: 1, attempt: 1, url: "javascript:alert(1)", conclusion: evil },
    });
    const open = await get(link);
    await post(system, link, { answer: "abort", comment: evil });
    const answered = await get(await linkOf("ben-packit"));
    for (const { text } of [open, answered]) {
      expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(text).not.toMatch(/<(script|img)/);
      expect(text).not.toContain('href="javascript:');
    }
    expect(open.text).toContain("<summary>All of it</summary>");
  });
});

describe("an answer on the page", () => {
  test("is stored with name, place and comment, told to the run, and shown", async () => {
    const { run, link, decision, timesResumed, question } = await askedStep(system);
    const sent = await post(system, link, { answer: "skip", comment: " next week " });
    expect(sent.status).toBe(303);
    expect(await decision()).toMatchObject({
      question: question.id,
      answer: "skip",
      by: "ada-packit",
      via: "page",
      comment: "next week",
    });
    expect(timesResumed()).toBe(1);
    const shown = await get(new URL(sent.headers.get("location") ?? "", system.url).href);
    expect(h1(shown.text)).toBe("Ada answered: Go on without it");
    expect(shown.text).toContain("next week");
    expect(shown.text).not.toContain("<form");
    const answers = (await runs().events(run)).filter((each) => each.code === "question.skip");
    expect(answers).toMatchObject([{ who: "ada-packit" }]);
  });

  test("twice by the same person is no matter; another one later, or of somebody else, is told who was first", async () => {
    const { link, linkOf, decision, timesResumed } = await askedStep(system);
    expect((await post(system, link, { answer: "retry" })).status).toBe(303);
    expect((await post(system, link, { answer: "retry" })).status).toBe(303);
    expect((await post(system, link, { answer: "abort" })).status).toBe(409);
    const late = await post(system, await linkOf("ben-packit"), { answer: "retry" });
    expect(late.status).toBe(409);
    expect(h1(late.text)).toBe("Ada answered: Build again");
    expect(late.text).toContain("Your answer came second and changes nothing");
    expect(await decision()).toMatchObject({ answer: "retry", by: "ada-packit" });
    expect(timesResumed()).toBe(1);
  });

  test("of several at once, one stands", async () => {
    const { linkOf, decision, timesResumed } = await askedStep(system);
    const logins = ["ada-packit", "ben-packit", "cleo-packit"];
    const links = await Promise.all(logins.map((login) => linkOf(login)));
    const answers = ["retry", "skip", "abort"];
    const sent = await Promise.all(
      links.map((each, index) => post(system, each, { answer: answers[index] ?? "" })),
    );
    expect(sent.map((each) => each.status).sort()).toEqual([303, 409, 409]);
    const winner = sent.findIndex((each) => each.status === 303);
    expect(await decision()).toMatchObject({ by: logins[winner], answer: answers[winner] });
    expect(timesResumed()).toBe(1);
  });

  test.each([
    ["none", { answer: "" }, "Choose one of the answers."],
    ["one that is not offered", { answer: "skip" }, "does not offer that answer"],
    ["one of another kind", { answer: "approve" }, "does not offer that answer"],
    ["with too long a comment", { answer: "retry", comment: "x".repeat(501) }, "longer than 500"],
  ])("%s: nothing is stored, and the form says why", async (_, fields, words) => {
    const { link, decision, timesResumed } = await askedStep(system, {
      answers: answersFor("ConfirmBuild", "failed", false),
    });
    const { status, text } = await post(system, link, { comment: "keep <me>", ...fields });
    expect(status).toBe(422);
    expect(/role="alert">(.*?)<\/ul>/s.exec(text)?.[1]).toContain(words);
    if (!("comment" in fields)) expect(text).toContain("keep &lt;me&gt;</textarea>");
    expect(await decision()).toBeNull();
    expect(timesResumed()).toBe(0);
  });

  test("that could not be told to the run is told when it is sent again", async () => {
    const { link, decision, timesResumed } = await askedStep(system);
    system.outage = true;
    expect((await post(system, link, { answer: "retry" })).status).toBe(503);
    system.outage = false;
    expect(await decision()).toMatchObject({ answer: "retry" });
    expect(timesResumed()).toBe(0);
    expect((await post(system, link, { answer: "retry" })).status).toBe(303);
    expect(timesResumed()).toBe(1);
  });

  test("to resume takes the pause back first, and answers what else the pause brought up", async () => {
    const { run, link, question, decision, control } = await askedStep(system, {
      kind: "paused",
      step: "MoveStable",
    });
    await questions().pause(run, "ben-packit");
    const other = { ...question, id: "MoveStable/packit-1", repository: "packit" };
    await questions().ask(run, other);
    expect(h1((await get(link)).text)).toBe("Paused before sandcastle: the move of the stable branch");
    expect((await post(system, link, { answer: "retry" })).status).toBe(303);
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(await decision()).toMatchObject({ answer: "retry", by: "ada-packit", via: "page" });
    expect(await questions().answerTo(run, other.id)).toMatchObject({ answer: "retry", by: "ada-packit" });
  });
});

describe("a link to a question", () => {
  async function refused(link: string, status: number, title: string) {
    for (const page of [await get(link), await post(system, link, { answer: "retry" })]) {
      expect(page.status).toBe(status);
      expect(h1(page.text)).toBe(title);
      expect(page.text).not.toContain("<form");
    }
  }

  test("that is forged, cut off or missing: 403", async () => {
    const { link, decision } = await askedStep(system);
    await refused(link.slice(0, -5), 403, "This link is not valid");
    await refused(`${system.url}/question`, 403, "This link is not valid");
    expect(await decision()).toBeNull();
  });

  test("with the token of another page: 403", async () => {
    const { run, plan, decision, controlLinkOf, buttonOf } = await askedStep(system);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const approval = {
      login: "ada-packit",
      run,
      question: "ConfirmBuild/sandcastle-1",
      plan: plan.digest,
      expiresAt,
    };
    const tokens = [
      new URL(await personalLink(approval)).searchParams.get("token"),
      new URL(await controlLinkOf("ada-packit")).searchParams.get("token"),
      await buttonOf("retry"),
    ];
    for (const token of tokens) {
      await refused(`${system.url}/question?token=${token}`, 403, "This link is not valid");
    }
    expect(await decision()).toBeNull();
  });

  test("serves as a link to no other page: 403", async () => {
    const { link, run, control } = await askedStep(system);
    const token = new URL(link).searchParams.get("token");
    for (const page of ["approval", "control"]) {
      await refused(`${system.url}/${page}?token=${token}`, 403, "This link is not valid");
    }
    expect(await control()).toEqual({ pause: null, stop: null });
    expect(await runs().decision(run, "approval-1")).toMatchObject({ by: "ben-packit" });
  });

  test("that has expired, or to a question whose time is up: 410", async () => {
    const { linkOf, decision } = await askedStep(system);
    await refused(await linkOf("ada-packit", { minutes: -1 }), 410, "This link has expired");
    expect(await decision()).toBeNull();
    const over = await askedStep(system, { expiresAt: new Date(Date.now() - 1000).toISOString() });
    await refused(over.link, 410, "This question is not asked any more");
    expect(await over.decision()).toBeNull();
  });

  test("of somebody who is no approver, or not in the team: 403", async () => {
    const { linkOf, decision } = await askedStep(system);
    await refused(await linkOf("dana-packit"), 403, "You cannot answer this");
    await refused(await linkOf("stranger"), 403, "You cannot answer this");
    expect(await decision()).toBeNull();
  });

  test("to a run that ended or was stopped without an answer: 410", async () => {
    const { run, link, decision } = await askedStep(system);
    await runs().end(run, { status: "aborted", reason: null });
    await refused(link, 410, "This question is not asked any more");
    expect(await decision()).toBeNull();
    const stopped = await askedStep(system);
    const stop = { by: "ben-packit", at: new Date().toISOString(), why: "stop", comment: null } as const;
    await questions().stop(stopped.run, stop);
    await refused(stopped.link, 410, "This question is not asked any more");
    expect(await stopped.decision()).toBeNull();
  });

  test("to a question that is not known: 404", async () => {
    const { linkOf } = await askedStep(system);
    await refused(await linkOf("ada-packit", { id: "MoveStable/nowhere-1" }), 404, "This run is not known");
  });

  test("shows who answered also when the run has ended since", async () => {
    const { run, link, linkOf } = await askedStep(system);
    await post(system, link, { answer: "abort" });
    await runs().end(run, { status: "aborted", reason: null });
    const { status, text } = await get(await linkOf("cleo-packit"));
    expect(status).toBe(200);
    expect(h1(text)).toBe("Ada answered: Abort");
    expect(text).not.toContain("/control?");
  });
});

test("requests that are no form: 415, 413 and 400", async () => {
  for (const page of ["question", "control"]) {
    const send = async (type: string, body: string | Uint8Array<ArrayBuffer>) =>
      (await fetch(`${system.url}/${page}`, { method: "POST", headers: { "content-type": type }, body }))
        .status;
    const form = "application/x-www-form-urlencoded";
    expect(await send("application/json", "{}")).toBe(415);
    expect(await send(form, `comment=${"x".repeat(21 * 1024)}`)).toBe(413);
    expect(await send(form, new Uint8Array([0x61, 0xff, 0xfe]))).toBe(400);
  }
});
