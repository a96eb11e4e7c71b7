import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ledger } from "../../../functions/store/ledger.ts";
import { newsStore } from "../../../functions/store/news.ts";
import { answerByLink } from "../../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { newsRun } from "../../support/news-run.ts";

/** The steps of the news against the emulated GitHub, Slack and site, each called as its state would call it. */

let system: TestSystem;
beforeEach(async () => {
  system = await startTestSystem();
});
afterEach(async () => await system.close());

const week = "weekly-2026-11-23";
const patience = { timeout: 60_000 };
const nextWeek = { run: "weekly-2026-11-30", at: "2026-11-30T12:00:00.000Z" };

/** The site's check takes its time. */
async function checked(): Promise<void> {
  await vi.waitFor(() => {
    const [pull] = system.world.github.sitePulls();
    expect(pull?.checks[pull.head]?.conclusion).toBe("success");
  }, patience);
}

const said = async () =>
  (await system.world.slack.messages(system.world.slack.channelId)).map(({ text }) => text).join("\n");

describe("DraftPost", () => {
  test("opens one pull request with the post and the candidates, however often it runs", async () => {
    const news = await newsRun(system, week);
    expect(await news.step("DraftPost")).toEqual({ outcome: "drafted" });
    const { head } = news.pull();
    expect(await news.step("DraftPost")).toEqual({ outcome: "drafted" });

    expect(system.world.github.sitePulls()).toHaveLength(1);
    expect(news.pull()).toMatchObject({
      head,
      branch: "news/weekly-2026-week-47",
      base: "main",
      state: "open",
    });
    expect(await news.file()).toContain(
      "Packit now keeps the modes of files when it syncs them to dist-git.",
    );
    expect(await news.file()).toContain("[packit-service#2910](");
    expect(news.pull().body).toContain("Worth a sentence?");
    expect(news.pull().comments).toEqual([]);
  });

  test("writes the draft anew while nobody has changed it", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    const [merged = ""] = await system.world.github.mergeWeek();
    await news.planAgain();
    await news.step("DraftPost");

    expect(await news.file()).toContain(`[${merged}](`);
    expect(await news.file()).toContain("[packit-service#2910](");
    expect(news.pull().comments).toEqual([]);
  });

  test("leaves what people wrote, and tells what is new in one comment", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await news.edit((text) => text.replace("Packit now keeps", "We keep"));
    await news.step("DraftPost");
    expect(news.pull().comments).toEqual([]);

    const [merged = ""] = await system.world.github.mergeWeek();
    await news.planAgain();
    await news.step("DraftPost");
    await news.step("DraftPost");

    expect(await news.file()).toContain("We keep the modes of files");
    expect(await news.file()).not.toContain(merged);
    expect(news.pull().comments).toHaveLength(1);
    expect(news.pull().comments[0]?.body).toContain(`[${merged}](`);
    expect(news.pull().comments[0]?.body).not.toContain("packit-service#2910");
  });

  test("that was merged by hand meanwhile is left to the review, which publishes it", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await checked();
    await news.review();
    await system.world.github.mergeAsPerson("packit.dev", news.pull().number);
    expect(await news.step("DraftPost")).toEqual({ outcome: "drafted" });
    expect(await news.step("ReadReview")).toEqual({ outcome: "merged" });
    expect(await news.step("PublishPost")).toEqual({ outcome: "published" });
    expect((await ledger().told()).seen).toContain("packit-service#2910");
  });

  test("makes no post of a week without news, and says so", async () => {
    const first = await newsRun(system, week);
    await first.step("DraftPost");
    await first.end("finished");
    await checked();
    await first.review();
    await first.step("PublishPost");

    const second = await newsRun(system, nextWeek.run, nextWeek.at);
    expect(await second.step("DraftPost")).toEqual({ outcome: "none" });
    expect(system.world.github.sitePulls()).toHaveLength(1);
    expect(await newsStore().get(second.run)).toMatchObject({ status: "none", pullRequest: null });
    expect(await said()).toContain("no news from 2026-11-23 to 2026-11-30, so there is no post");
  });
});

describe("the review", () => {
  test("is over when somebody of the team approved the post as it is, and its checks passed", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await news.review("APPROVED", "a-stranger");
    await checked();
    expect(await news.step("ReadReview")).toEqual({ outcome: "waiting" });
    await news.review();
    expect(await news.step("ReadReview")).toEqual({ outcome: "approved" });
    await news.edit((text) => `${text}\nOne more thing.\n`);
    await checked();
    expect(await news.step("ReadReview")).toEqual({ outcome: "waiting" });
    await news.end("finished");
    expect(await news.step("PublishPost")).toEqual({ outcome: "moved" });
    expect(news.pull().state).toBe("open");
  });

  test("ends with the pull request, and its news are free for the next post", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await system.world.github.closeAsPerson("packit.dev", news.pull().number);
    expect(await news.step("ReadReview")).toEqual({ outcome: "over" });
    expect(await newsStore().get(week)).toMatchObject({ status: "closed" });
    expect(await said()).toContain("is not published. Its pull request was closed.");

    const second = await newsRun(system, nextWeek.run, nextWeek.at);
    await second.step("DraftPost");
    expect(await second.file()).toContain("[packit-service#2910](");
  });

  test("that nobody did in time is given up; merged by hand afterwards, nothing of it is told again", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await newsStore().update(week, { deadline: "2026-01-01T00:00:00.000Z" });
    expect(await news.step("ReadReview")).toEqual({ outcome: "over" });
    expect(await newsStore().get(week)).toMatchObject({ status: "expired" });
    expect(news.pull().comments[0]?.body).toContain("Nobody approved this post");
    await news.end("finished");

    await checked();
    await news.review();
    const number = news.pull().number;
    await system.world.github.mergeAsPerson("packit.dev", number);
    await system.world.github.mergeWeek();
    const second = await newsRun(system, nextWeek.run, nextWeek.at);
    await second.step("DraftPost");
    expect(second.pull().number).not.toBe(number);
    expect(await second.file()).not.toContain("packit-service#2910");
  });

  test("of an abandoned post is closed when the next one tells its news", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    const { number } = news.pull();
    await news.end("aborted");
    const second = await newsRun(system, nextWeek.run, nextWeek.at);
    await second.step("DraftPost");
    const old = system.world.github.sitePulls().find((each) => each.number === number);
    expect(old).toMatchObject({ state: "closed" });
    expect(old?.comments.at(-1)?.body).toMatch(/told by http\S+\/pull\/2/);
    expect(await news.step("ReadReview")).toEqual({ outcome: "over" });
  });
});

describe("production", () => {
  test("that runs all of it lets the post be published, once", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await checked();
    await news.review();
    expect(await news.step("ReadProduction")).toEqual({ outcome: "running" });
    await news.end("finished");
    expect(await news.step("ReadProduction")).toEqual({ outcome: "deployed" });
    expect(await news.step("PublishPost")).toEqual({ outcome: "published" });
    expect(await news.step("PublishPost")).toEqual({ outcome: "published" });
    const posts = await system.world.github.textFiles("packit.dev", "main");
    expect(posts.get("weekly/2026/week-47.md")).toContain("[packit-service#2910](");
    expect((await ledger().told()).seen).toContain("packit-service#2910");
    expect((await ledger().told()).open).toEqual([]);

    await vi.waitFor(async () => {
      expect(await news.step("AwaitSite")).toEqual({ shown: true });
    }, patience);
    expect(await said()).toContain("is online");
    expect(await newsStore().get(week)).toMatchObject({ status: "published" });
  });

  test("that lacks a repository has the post drafted without it, and reviewed again", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await checked();
    await news.review();
    await news.end("finished", ["dashboard"]);
    expect(await news.step("ReadProduction")).toEqual({ outcome: "changed" });
    expect(await news.step("DraftPost")).toEqual({ outcome: "drafted" });
    expect(await news.file()).not.toContain("dashboard#811");
    expect(await news.file()).toContain("[packit-service#2910](");
    await checked();
    expect(await news.step("ReadReview")).toEqual({ outcome: "waiting" });
    expect(await news.step("ReadProduction")).toEqual({ outcome: "deployed" });

    await news.review();
    await news.step("PublishPost");
    const second = await newsRun(system, nextWeek.run, nextWeek.at);
    await second.step("DraftPost");
    expect(await second.file()).toContain("[dashboard#811](");
    expect(await second.file()).not.toContain("packit-service#2910");
  });

  test("that lacks what people have rewritten keeps the post back until they take it out", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await news.edit((text) => text.replace("Packit now keeps", "We keep"));
    await news.end("finished", ["dashboard"]);
    await news.step("DraftPost");
    expect(news.pull().comments[0]?.body).toContain("These are not in production after all");
    await news.review();
    await checked();
    expect(await news.step("ReadReview")).toEqual({ outcome: "waiting" });

    await news.edit((text) => text.replace(/- Times on the dashboard.*\n/, ""));
    await news.review();
    await checked();
    expect(await news.step("ReadReview")).toEqual({ outcome: "approved" });
  });

  test("that was not reached withholds the post, and the next run of the week goes on with it", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    await news.edit((text) => text.replace("Packit now keeps", "We keep"));
    await news.end("aborted");
    expect(await news.step("ReadProduction")).toEqual({ outcome: "withheld" });
    expect(await newsStore().get(week)).toMatchObject({ status: "withheld" });
    expect(news.pull().comments[0]?.body).toContain("ended as aborted: stopped by Ada");
    expect((await ledger().told()).seen).toEqual([]);

    const again = await newsRun(system, `${week}-2`);
    await again.step("DraftPost");
    expect(system.world.github.sitePulls()).toHaveLength(1);
    expect(await again.file()).toContain("We keep the modes of files");
    expect(await news.step("ReadReview")).toEqual({ outcome: "over" });
    expect(await newsStore().get(week)).toMatchObject({ status: "superseded" });
  });

  test("of a second deployment in the week makes a second post beside the first", async () => {
    const first = await newsRun(system, week);
    await first.step("DraftPost");
    await first.end("finished");
    await checked();
    await first.review();
    await first.step("PublishPost");
    const [merged = ""] = await system.world.github.mergeWeek();

    const second = await newsRun(system, `${week}-2`);
    await second.step("DraftPost");
    expect(second.pull().branch).toBe("news/weekly-2026-week-47-2");
    expect(await second.file()).toContain(`[${merged}](`);
    expect(await second.file()).not.toContain("packit-service#2910");
  });
});

describe("a problem", () => {
  const gate = { PublishPost: { Error: "RequestRefused", Cause: '{"errorMessage":"merge <conflict>"}' } };

  test("is told once and tried again, until the deadline", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    expect(await news.step("TellProblem", { gate })).toEqual({ goTo: "retry PublishPost" });
    expect(await news.step("TellProblem", { gate })).toEqual({ goTo: "retry PublishPost" });
    expect((await said()).match(/publication of the post failed/g)).toHaveLength(1);
    await newsStore().update(week, { deadline: "2026-01-01T00:00:00.000Z" });
    expect(await news.step("TellProblem", { gate })).toEqual({ goTo: "giveUp" });
    expect(await newsStore().get(week)).toMatchObject({ status: "failed" });
    expect((await said()).match(/publication of the post failed/g)).toHaveLength(2);
  });

  test("that ended the execution is told from outside", async () => {
    const news = await newsRun(system, week);
    await news.step("DraftPost");
    const detail = { name: `news-${week}`, status: "ABORTED" };
    expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: true });
    expect(await system.invoke("CloseTerminated", { detail })).toEqual({ closed: false });
    expect(await newsStore().get(week)).toMatchObject({ status: "failed" });
    expect(await said()).toContain("The weekly post failed (ABORTED)");
  });
});

test("StartNews starts one execution for a weekly run, and none for a hotfix", async () => {
  const run = "weekly-2026-12-07";
  await system.invoke("OpenRun", {
    run,
    kind: "weekly",
    scheduledFor: "2026-12-07T12:00:00.000Z",
    only: [],
    purpose: "",
    execution: "arn",
  });
  expect(await system.invoke("StartNews", { run: "hotfix-2026-12-08", kind: "hotfix" })).toEqual({
    started: false,
  });
  await system.invoke("StartNews", { run, kind: "weekly" });
  const first = await newsStore().get(run);
  await system.invoke("StartNews", { run, kind: "weekly" });
  expect((await newsStore().get(run))?.execution).toBe(first?.execution);
  expect(first?.execution).toMatch(/weekly-news:news-weekly-2026-12-07$/);
  expect(await newsStore().get("hotfix-2026-12-08")).toBeNull();
});

test("news that cannot be started do not stop the deployment", async () => {
  const machine = process.env.STABLEHAND_NEWS_STATE_MACHINE;
  process.env.STABLEHAND_NEWS_STATE_MACHINE = `${machine}-that-is-not-there`;
  const started = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(started.run, "HoldImports");
  expect(await newsStore().get(started.run)).toMatchObject({ status: "drafting", execution: null });
});
