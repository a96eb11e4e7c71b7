import { afterEach, beforeEach, expect, test } from "vitest";
import { githubClient } from "../../../functions/services/github.ts";
import { createIssues, type Issues } from "../../../functions/services/github-issues.ts";
import { tellRole } from "../../../functions/steps/role-issue.ts";
import { runs } from "../../../functions/store/runs.ts";
import { startTestSystem, type TestSystem } from "../../support/local-system.ts";
import { newsRun } from "../../support/news-run.ts";

/** The issue of the weekly role at the emulated GitHub, while people edit it too. */

let system: TestSystem;
let issues: Issues;
const run = "weekly-2026-11-23";
const repository = "packit/agile";

beforeEach(async () => {
  system = await startTestSystem();
  issues = createIssues(await githubClient());
});
afterEach(async () => await system.close());

const body = async () => (await issues.issue(repository, 1))?.body ?? "";
const comments = async () =>
  (await (await fetch(`${system.world.github.url}/repos/${repository}/issues/1/comments`)).json()) as {
    body: string;
  }[];

async function approvedRun() {
  const news = await newsRun(system, run);
  await runs().update(run, { approvedAt: new Date().toISOString() });
  return news;
}

test("items are ticked as the run gets on, and one comment tells of it", async () => {
  const news = await approvedRun();
  await tellRole(run);
  expect(await body()).toContain("- [x] Check with the team");
  expect(await body()).toContain("- [ ] Move content");
  expect(await body()).toContain("- [ ] Clean up older images");

  await news.end("finished");
  await tellRole(run);
  await tellRole(run);
  expect(await body()).toContain("- [x] Move content");
  expect(await body()).toContain("- [x] Go to the Actions tab");
  expect(await body()).toContain("- [ ] Clean up older images");
  expect(await body()).toContain("- [ ] Merge and publish your blog post.");
  const [only, ...others] = await comments();
  expect(others).toEqual([]);
  expect(only?.body).toContain("did the weekly deployment `weekly-2026-11-23`: finished.");
});

test("what people write and untick stays", async () => {
  const news = await approvedRun();
  await tellRole(run);
  await tellRole(run);
  const edited = (await body())
    .replace("- [x] Check with the team", "- [ ] Check with the team")
    .replace("- [ ] Move content from", "Please mind:\n- [ ] Then move everything from");
  await issues.setBody(repository, 1, `${edited}\n- [ ] Bring cake`);
  await news.end("finished");
  await tellRole(run);
  expect(await body()).toContain("- [ ] Check with the team");
  expect(await body()).toContain("Please mind:\n- [x] Then move everything from");
  expect(await body()).toContain("- [ ] Bring cake");
});

test("a closed issue is left alone", async () => {
  const news = await approvedRun();
  const before = await body();
  const { octokit } = await githubClient();
  await octokit.rest.issues.update({ owner: "packit", repo: "agile", issue_number: 1, state: "closed" });
  await news.end("finished");
  await tellRole(run);
  expect(await body()).toBe(before);
  expect(await comments()).toEqual([]);
});

test("GitHub being away stops nobody", async () => {
  await approvedRun();
  await system.world.github.close();
  await expect(tellRole(run)).resolves.toBeUndefined();
});
