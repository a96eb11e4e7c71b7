import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhooks } from "@octokit/webhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { changesOf } from "../../functions/changes.ts";
import { createClient, type GitHubClient } from "../../functions/services/github-client.ts";
import { createIssues } from "../../functions/services/github-issues.ts";
import { createPulls } from "../../functions/services/github-pulls.ts";
import { type GitHubFixture, startGitHubFixture, weekOf } from "../support/github-world.ts";

/** Our client of pull requests and issues, over HTTP, against the emulated GitHub. */

const site = "packit.dev";
const branch = "news/weekly-2026-week-47";
const path = "weekly/2026/week-47.md";
const patience = { timeout: 20_000 };

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(stateDir: string | null = null) {
  const fixture = await startGitHubFixture(
    weekOf({ ogr: { ahead: ["First (#1)", "Second (#2)\n\nRELEASE NOTES BEGIN\nNew.\nRELEASE NOTES END"] } }),
    { stateDir },
  );
  closing.push(fixture.close);
  let requests = 0;
  const { appId, privateKey, installationId, url } = fixture.emulator;
  const client = createClient({
    apiUrl: url,
    owner: "packit",
    credentials: { appId, privateKey, installationId },
    fetch: async (input, init) => {
      requests++;
      return await fetch(input, init);
    },
  });
  return { ...fixture, client, pulls: createPulls(client), requests: () => requests };
}

/** A draft on its branch, with its pull request. */
async function drafted({ client }: { client: GitHubClient }) {
  const pulls = createPulls(client);
  await pulls.makeBranch(site, branch, (await pulls.branchHead(site, "main")) ?? "");
  const file = { branch, path, content: "# News – 47\n", message: "Draft" };
  const sha = await pulls.commitFile(site, { ...file, replaces: null });
  const pull = await pulls.openPull(site, {
    branch,
    base: "main",
    title: "Week 47",
    description: "Please review",
  });
  return { pulls, pull, sha };
}

async function passed({ emulator }: Pick<GitHubFixture, "emulator">): Promise<void> {
  await vi.waitFor(() => {
    const [pull] = emulator.sitePulls();
    expect(pull?.checks[pull.head]?.conclusion).toBe("success");
  }, patience);
}

const refusedWith = (words: RegExp, moved = false) => ({
  merged: false,
  moved,
  words: expect.stringMatching(words),
});

describe("a pull request", () => {
  test("is found by its branch, follows it, and keeps what its file is", async () => {
    const world = await start();
    const { pulls, pull, sha } = await drafted(world);
    expect(pull).toMatchObject({
      number: 1,
      state: "open",
      merged: false,
      head: sha,
      description: "Please review",
    });
    expect(await pulls.pullOf(site, branch)).toEqual(pull);
    expect(await pulls.pullOf(site, "news/other")).toBeNull();
    expect(await pulls.pull(site, 99)).toBeNull();
    const file = await pulls.file(site, path, branch);
    expect(file?.content).toBe("# News – 47\n");
    expect(await pulls.file(site, "weekly/none.md", branch)).toBeNull();

    const change = { branch, path, message: "Again", content: "# Other\n" };
    await expect(pulls.commitFile(site, { ...change, replaces: "0".repeat(40) })).rejects.toThrow(
      /try again/,
    );
    const next = await pulls.commitFile(site, { ...change, replaces: file?.sha ?? null });
    expect((await pulls.pull(site, 1))?.head).toBe(next);
    await pulls.makeBranch(site, branch, sha);
    expect(await pulls.branchHead(site, branch)).toBe(next);
  });

  test("is merged as it was reviewed, and only then", async () => {
    const world = await start();
    const { pulls, sha } = await drafted(world);
    const merge = async (head = sha) =>
      await pulls.merge(site, 1, { sha: head, method: "squash", title: "Week 47 (#1)" });
    expect(await merge()).toEqual(refusedWith(/approving review is required/));
    await world.emulator.reviewAsPerson(site, 1, { reviewer: "ada-packit", state: "APPROVED" });
    await passed(world);
    expect(await pulls.checks(site, sha)).toEqual([{ name: "build", state: "passed" }]);
    expect(await pulls.reviews(site, 1)).toMatchObject([
      { reviewer: "ada-packit", association: "MEMBER", state: "approved", sha },
    ]);
    expect(await merge("b".repeat(40))).toEqual(refusedWith(/was modified/, true));
    expect(await merge()).toEqual({ merged: true });
    expect(await pulls.pull(site, 1)).toMatchObject({ state: "closed", merged: true });
    expect((await pulls.file(site, path, "main"))?.content).toBe("# News – 47\n");
    expect(await merge()).toEqual(refusedWith(/not mergeable/));
    await pulls.deleteBranch(site, branch);
    await pulls.deleteBranch(site, branch);
    expect(await pulls.branchHead(site, branch)).toBeNull();
  });

  test("is not merged over somebody else's change of the same file", async () => {
    const world = await start();
    const { pulls, sha } = await drafted(world);
    const other = { branch: "main", path, content: "# Mine\n", message: "By hand", login: "ben-packit" };
    await world.emulator.commitFileAsPerson(site, other);
    await world.emulator.reviewAsPerson(site, 1, { reviewer: "ada-packit", state: "APPROVED" });
    await passed(world);
    const merged = await pulls.merge(site, 1, { sha, method: "squash", title: "x" });
    expect(merged).toEqual(refusedWith(/conflicts/));
  });

  test("tells what happens to it by signed webhooks", async () => {
    const world = await start();
    await drafted(world);
    await world.emulator.reviewAsPerson(site, 1, { reviewer: "ada-packit", state: "APPROVED" });
    await passed(world);
    await world.emulator.closeAsPerson(site, 1);
    const told = () =>
      world.webhooks.map(
        ({ headers, body }) => `${headers["x-github-event"]} ${JSON.parse(body).action ?? ""}`,
      );
    await vi.waitFor(
      () =>
        expect(told()).toEqual(
          expect.arrayContaining([
            "pull_request opened",
            "pull_request_review submitted",
            "check_suite completed",
            "pull_request closed",
          ]),
        ),
      patience,
    );
    const webhooks = new Webhooks({ secret: world.emulator.webhookSecret });
    for (const { headers, body } of world.webhooks) {
      expect(await webhooks.verify(body, String(headers["x-hub-signature-256"]))).toBe(true);
    }
  });

  test("outlives a restart, with its reviews and comments", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stablehand-pulls-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const first = await start(folder);
    await drafted(first);
    await passed(first);
    await first.emulator.reviewAsPerson(site, 1, { reviewer: "ada-packit", state: "APPROVED" });
    const comment = { key: "k", text: "More" };
    await createIssues(first.client).keepComment(`packit/${site}`, 1, comment);
    const before = first.emulator.sitePulls();
    await first.close();

    const second = await start(folder);
    expect(second.emulator.sitePulls()).toEqual(before);
    await second.emulator.mergeAsPerson(site, 1);
    expect((await second.pulls.file(site, path, "main"))?.content).toBe("# News – 47\n");
  });

  test("has a page with a button that approves it", async () => {
    const world = await start();
    const { pull, pulls } = await drafted(world);
    expect(await (await fetch(pull.url)).text()).toContain("# News – 47");
    await fetch(pull.url, { method: "POST", redirect: "manual" });
    expect(await pulls.reviews(site, 1)).toMatchObject([{ reviewer: "ada-packit", state: "approved" }]);
  });
});

test("one comment below an issue is kept up to date, and a copy of its mark is nobody's", async () => {
  const { client, emulator } = await start();
  const issues = createIssues(client);
  const keep = async (text: string) => await issues.keepComment("packit/agile", 1, { key: "weekly", text });
  await keep("One");
  await keep("One");
  await keep("Two");
  await issues.keepComment("packit/agile", 1, { key: "other", text: "Else" });
  const answer = await fetch(`${emulator.url}/repos/packit/agile/issues/1/comments`);
  const texts = ((await answer.json()) as { body: string }[]).map(({ body }) => body.split("\n")[0]);
  expect(texts).toEqual(["Two", "Else"]);
  expect(await issues.issue("packit/agile", 99)).toBeNull();
});

test("the changes of a repository come with their descriptions, in one request", async () => {
  const world = await start();
  await world.client.octokit.rest.apps.listReposAccessibleToInstallation().catch(() => undefined);
  const before = world.requests();
  const head = world.emulator.head("ogr", "main") ?? "";
  const changes = await changesOf(world.client, "ogr", "main", { since: "2026-11-01T00:00:00Z", head });
  expect(world.requests() - before).toBe(1);
  const told = changes.flatMap(({ number, title }) => (number === null ? [] : [[number, title]]));
  expect(told).toEqual([
    [1, "First"],
    [2, "Second"],
  ]);
  expect(changes.at(-1)?.description).toContain("RELEASE NOTES BEGIN");
  const stable = world.emulator.head("ogr", "stable") ?? "";
  const shipped = await changesOf(world.client, "ogr", "main", {
    since: "2026-11-01T00:00:00Z",
    head: stable,
  });
  expect(shipped.map(({ number }) => number)).not.toContain(1);
});
