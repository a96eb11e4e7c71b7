import { afterAll, describe, expect, test } from "vitest";
import { rehearse, scratchFolder } from "../support/rehearsal.ts";
import { sharedData } from "../support/shared-data.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

const week = sharedData("stable.json");

describe.skipIf(!week)("the news of a real week", () => {
  test("are drafted, reviewed, merged and shown; the next week tells only what is new", async () => {
    const first = await rehearse(
      scratch.path,
      "--yes",
      "--fresh",
      "--date",
      "2026-11-23",
      "--data",
      week as string,
    );

    expect(first.code).toBe(0);
    expect(first.output).toMatch(/the robot approves the post as Ada/);
    expect(first.output).toMatch(/post +published/);
    const news = first.report?.news;
    expect(news).toMatchObject({ status: "published", path: "weekly/2026/week-47.md", tells: ["ogr#1001"] });
    expect(news?.postUrl).toMatch(/\/weekly\/2026\/week-47$/);
    expect(news?.page).toContain("has been added to ForgejoService");
    const visited = news?.states.map(({ name }) => name) ?? [];
    for (const state of ["DraftPost", "AwaitReview", "AwaitProduction", "PublishPost", "AwaitSite"]) {
      expect(visited).toContain(state);
    }
    expect(visited).not.toContain("TellProblem");
    expect(first.report?.slack.join("\n")).toMatch(/the post “Packit in November 2026” is online/);

    const second = await rehearse(scratch.path, "--yes", "--next-week");

    expect(second.code).toBe(0);
    expect(second.report?.run.id).toBe("weekly-2026-11-30");
    const next = second.report?.news;
    expect(next).toMatchObject({ status: "published", path: "weekly/2026/week-48.md" });
    expect(next?.tells).toHaveLength(2);
    expect(next?.tells).not.toContain("ogr#1001");
    expect(next?.page).not.toContain("ForgejoService");
    expect(next?.pages).toEqual(["/weekly/2026/week-47", "/weekly/2026/week-48"]);
  }, 240_000);
});

test("what did not reach production is taken out of the post, which is reviewed again", async () => {
  const { code, report, output } = await rehearse(
    scratch.path,
    ...["--yes", "--fresh", "--fail", "build-fails", "--answer", "ConfirmBuild=skip"],
  );

  expect(code).toBe(0);
  expect(output).toMatch(/finished: deployed, without dashboard/);
  expect(report?.news).toMatchObject({
    status: "published",
    tells: ["packit#3021", "packit-service#2910", "packit-service#2912"],
  });
  expect(report?.news?.page).not.toContain("dashboard#811");
  expect(report?.news?.states.filter(({ name }) => name === "DraftPost")).toHaveLength(2);
}, 240_000);
