import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { githubPullKey } from "../../../functions/domain/keys.ts";
import { waits } from "../../../functions/waits.ts";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { fromGitHub } from "./deliveries.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

let count = 0;

/** A wait for what happens to the pull request of a branch of its own. */
async function waitForPull() {
  const branch = `news/weekly-2026-week-${++count}`;
  const key = githubPullKey({ owner: "packit", repository: "packit.dev", branch });
  const token = `pull-token-${count}`;
  await waits().register({ id: `review-${count}`, run: "run", keys: [key], after: {}, token });
  return { branch, timesResumed: () => system.resumed.filter((each) => each.token === token).length };
}

const site = { name: "packit.dev", owner: { login: "packit" } };
const pullOf = (branch: string, repo: object | null = site) => ({
  number: 7,
  updated_at: "2026-11-23T12:00:00Z",
  head: { ref: branch, repo },
});
const review = { id: 1, state: "approved", submitted_at: "2026-11-23T12:00:00Z" };
const suite = (head_branch: string | null) => ({
  id: 1,
  head_branch,
  head_sha: "a".repeat(40),
  conclusion: "success",
  updated_at: "2026-11-23T12:00:00Z",
});

describe("who waits for a review is resumed by", () => {
  test.each([
    ["pull_request", (branch: string) => ({ action: "closed", pull_request: pullOf(branch) })],
    [
      "pull_request_review",
      (branch: string) => ({ action: "submitted", pull_request: pullOf(branch), review }),
    ],
    ["check_suite", (branch: string) => ({ action: "completed", check_suite: suite(branch) })],
  ])("%s, once however often it is delivered", async (event, payloadOf) => {
    const { branch, timesResumed } = await waitForPull();
    for (const _ of [1, 2]) {
      const answer = await fromGitHub(system, { repository: site, ...payloadOf(branch) }, { event });
      expect(answer.status).toBe(204);
    }
    expect(timesResumed()).toBe(1);
  });
});

describe("nobody is resumed by", () => {
  const fork = { name: "packit.dev", owner: { login: "somebody" } };
  interface Change {
    repository?: object;
    head?: object | null;
    action?: string;
    suite?: object;
  }
  test.each<[string, string, Change]>([
    ["another repository", "pull_request", { repository: { ...site, name: "packit" } }],
    ["a branch of the same name in a fork", "pull_request", { head: fork }],
    ["a fork that is gone", "pull_request", { head: null }],
    ["a check that has not ended", "check_suite", { action: "requested" }],
    ["a check of no branch", "check_suite", { suite: suite(null) }],
  ])("%s", async (_, event, { repository = site, action = "completed", head = site, ...change }) => {
    const { branch, timesResumed } = await waitForPull();
    const checked = change.suite ?? suite(branch);
    const payload = { action, repository, pull_request: pullOf(branch, head), check_suite: checked };
    expect((await fromGitHub(system, payload, { event })).status).toBe(204);
    expect(timesResumed()).toBe(0);
  });

  test("a branch that holds no post", async () => {
    const payload = { action: "closed", repository: site, pull_request: pullOf("fix-typo") };
    expect((await fromGitHub(system, payload, { event: "pull_request" })).status).toBe(204);
  });
});

test.each(["pull_request", "pull_request_review", "check_suite"])(
  "%s of another shape: 400",
  async (event) => {
    expect((await fromGitHub(system, { action: "closed", repository: site }, { event })).status).toBe(400);
    expect((await fromGitHub(system, "null", { event })).status).toBe(400);
  },
);
