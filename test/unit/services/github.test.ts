import { generateKeyPairSync } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RateLimited } from "../../../functions/runtime/errors.ts";
import { createGitHub, type GitHub } from "../../../functions/services/github.ts";

/** How failures of GitHub become our errors. What works is tested against the emulated GitHub in test/local. */

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const from = "f".repeat(40);
const to = "a".repeat(40);

type Answer =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | ((response: ServerResponse) => void);

/** A GitHub that gives out tokens, and answers everything else as `answers` says; the longest path that fits wins. */
async function gitHub(answers: Record<string, Answer>): Promise<GitHub & { asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    asked.push(call);
    request.resume();
    const token = {
      token: "ghs_secret",
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      permissions: {},
    };
    const key = Object.keys(answers)
      .filter((each) => call.startsWith(each))
      .sort((left, right) => right.length - left.length)[0];
    const answer: Answer =
      key === undefined && call.includes("access_tokens")
        ? { status: 201, body: token }
        : (answers[key ?? ""] ?? { status: 404, body: { message: "Not Found" } });
    if (typeof answer === "function") return answer(response);
    const { status = 200, headers, body } = answer;
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hub = createGitHub({
    apiUrl,
    owner: "packit",
    appId: 1,
    privateKey,
    installationId: 2,
    timeoutMs: 300,
  });
  return Object.assign(hub, { asked });
}

const refPath = "GET /repos/packit/ogr/git/ref/heads%2Fstable";
const head = (sha: string): Answer => ({
  body: { ref: "refs/heads/stable", object: { type: "commit", sha } },
});
const refusedBy = (error: object): Answer => ({ body: { data: null, errors: [error] } });

/** A GitHub whose stable branch stays at `from`, and which refuses `updateRefs` with an error. */
async function refusing(error: Answer, behindBy = 0): Promise<GitHub> {
  let calls = 0;
  const hub = await gitHub({
    [refPath]: head(from),
    "POST /graphql": (response) => {
      calls += 1;
      const answer = calls === 1 ? { body: { data: { repository: { id: "R_1" } } } } : error;
      if (typeof answer === "function") return answer(response);
      response.writeHead("status" in answer ? (answer.status ?? 200) : 200, {
        "content-type": "application/json",
      });
      response.end(JSON.stringify(answer.body));
    },
    "GET /repos/packit/ogr/compare/": { body: { behind_by: behindBy, commits: [] } },
  });
  return hub;
}

const move = { branch: "stable", from, to, force: false };

describe("failures of a request", () => {
  it.each<[string, Answer, string]>([
    ["500", { status: 500 }, "ServiceUnavailable"],
    ["502 with a page", { status: 502, headers: { "content-type": "text/html" } }, "ServiceUnavailable"],
    ["429", { status: 429 }, "RateLimited"],
    ["403", { status: 403, body: { message: "Resource not accessible by integration" } }, "PermissionDenied"],
    ["422", { status: 422 }, "RequestRefused"],
    ["no answer", () => undefined, "ServiceUnavailable"],
    ["a closed connection", (response) => response.destroy(), "ServiceUnavailable"],
    [
      "half an answer",
      (response) =>
        response
          .writeHead(200, { "content-type": "application/json", "content-length": "99" })
          .write('{"ref":', () => response.destroy()),
      "ServiceUnavailable",
    ],
    [
      "no JSON",
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      "ServiceUnavailable",
    ],
  ])("%s is a %s", async (_what, answer, name) => {
    const hub = await gitHub({ [refPath]: answer });
    await expect(hub.branchHead("ogr", "stable")).rejects.toMatchObject({ name });
  });

  it("tells when the secondary limit ends, by its header", async () => {
    const hub = await gitHub({
      [refPath]: {
        status: 403,
        headers: { "retry-after": "61" },
        body: { message: "You have exceeded a secondary rate limit" },
      },
    });
    const error = await hub.branchHead("ogr", "stable").catch((thrown: RateLimited) => thrown);
    expect(error).toMatchObject({ name: "RateLimited", retryAfterSeconds: 61 });
  });

  it("knows the secondary limit by its words where the header is missing", async () => {
    const hub = await gitHub({
      [refPath]: { status: 403, body: { message: "You have exceeded a secondary rate limit" } },
    });
    await expect(hub.branchHead("ogr", "stable")).rejects.toMatchObject({ name: "RateLimited" });
  });

  it("asks for the token with the same care, and puts no secret into messages", async () => {
    const hub = await gitHub({
      "POST /app/installations/2/access_tokens": {
        status: 401,
        body: { message: "A JSON web token could not be decoded" },
      },
    });
    const error = await hub.branchHead("ogr", "stable").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "PermissionDenied" });
    expect(String(error)).not.toMatch(/ghs_|BEGIN|eyJ/);
  });

  it("keeps no token of an answer that broke off", async () => {
    let asked = 0;
    const hub = await gitHub({
      [refPath]: head(from),
      "POST /app/installations/2/access_tokens": (response) => {
        asked += 1;
        const token = JSON.stringify({
          token: "ghs_secret",
          expires_at: new Date(Date.now() + 3_600_000).toISOString(),
          permissions: {},
        });
        response.writeHead(201, { "content-type": "application/json", "content-length": token.length });
        if (asked > 1) response.end(token);
        else response.write(token.slice(0, 12), () => response.destroy());
      },
    });
    await expect(hub.branchHead("ogr", "stable")).rejects.toMatchObject({ name: "ServiceUnavailable" });
    expect(await hub.branchHead("ogr", "stable")).toBe(from);
    expect(asked).toBe(2);
  });

  it("takes half an answer to a change for none", async () => {
    const hub = await gitHub({
      "POST /repos/packit/monorepo/git/trees": (response) =>
        response
          .writeHead(201, { "content-type": "application/json", "content-length": "99" })
          .write('{"sha":', () => response.destroy()),
    });
    const change = { parent: from, baseTree: from, modules: [{ path: "ogr", sha: to }], message: "chore" };
    await expect(hub.commitSubmodules("monorepo", "main", change)).rejects.toMatchObject({
      name: "ServiceUnavailable",
    });
  });

  it("uses one token for all requests", async () => {
    const hub = await gitHub({ [refPath]: head(from) });
    await hub.branchHead("ogr", "stable");
    await hub.branchHead("ogr", "stable");
    expect(hub.asked.filter((call) => call.includes("access_tokens"))).toHaveLength(1);
  });
});

describe("a refused move", () => {
  it.each<[string, Answer, string, RegExp]>([
    [
      "workflow files, in GraphQL",
      refusedBy({
        type: "UNPROCESSABLE",
        message:
          "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission",
      }),
      "PermissionDenied",
      /workflows: write/,
    ],
    [
      "workflow files, as 403",
      {
        status: 403,
        body: {
          message:
            "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission",
        },
      },
      "PermissionDenied",
      /workflows: write/,
    ],
    [
      "a ruleset",
      refusedBy({
        type: "UNPROCESSABLE",
        message: "Repository rule violations found\n\nCannot force-push to this branch",
      }),
      "PermissionDenied",
      /bypass/,
    ],
    [
      "a missing right",
      refusedBy({ type: "FORBIDDEN", message: "Resource not accessible by integration" }),
      "PermissionDenied",
      /Resource not accessible/,
    ],
    [
      "an unknown commit",
      refusedBy({ type: "NOT_FOUND", message: "Could not resolve to a node" }),
      "NotFound",
      /stable/,
    ],
    [
      "a limit",
      refusedBy({ type: "RATE_LIMITED", message: "API rate limit exceeded" }),
      "RateLimited",
      /limits/,
    ],
    ["something else", refusedBy({ type: "UNPROCESSABLE", message: "Odd" }), "RequestRefused", /Odd/],
    [
      "GitHub's own failure",
      refusedBy({ message: "Something went wrong while executing your query" }),
      "ServiceUnavailable",
      /try again/,
    ],
    ["an outage", { status: 502, body: {} }, "ServiceUnavailable", /try again/],
  ])("because of %s is told apart", async (_what, error, name, message) => {
    const hub = await refusing(error);
    await expect(hub.moveBranch("ogr", move)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it("is a NotFastForward when the commit does not contain the branch, whatever GitHub's words", async () => {
    const hub = await refusing(refusedBy({ type: "UNPROCESSABLE", message: "Odd" }), 3);
    await expect(hub.moveBranch("ogr", move)).rejects.toMatchObject({ name: "NotFastForward" });
  });

  it("is none when the branch is there in the end: an earlier answer was lost", async () => {
    const places = [from, to];
    let calls = 0;
    const hub = await gitHub({
      [refPath]: (response) => json(response, { object: { sha: places.shift() } }),
      "POST /graphql": (response) => {
        calls += 1;
        if (calls === 1) json(response, { data: { repository: { id: "R_1" } } });
        else json(response, { data: null, errors: [{ type: "UNPROCESSABLE", message: "Odd" }] });
      },
    });
    await hub.moveBranch("ogr", move);
    expect(places).toEqual([]);
  });
});

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

describe("answers that need care", () => {
  it("lists the files of a comparison that GitHub cut, by comparing the trees", async () => {
    const files = Array.from({ length: 300 }, (_, index) => ({
      filename: `file-${index}`,
      status: "modified",
      patch: "@@",
    }));
    const entries = (shas: string[]) => ({
      body: {
        truncated: false,
        tree: shas.map((sha, index) => ({ path: `file-${index}`, mode: "100644", type: "blob", sha })),
      },
    });
    const before = Array.from({ length: 310 }, (_, index) => `old-${index}`);
    const after = [
      ...before.map((_sha, index) => `new-${index}`).slice(0, 305),
      ...before.slice(305),
      "added",
    ];
    const hub = await gitHub({
      "GET /repos/packit/ogr/compare/": {
        body: {
          status: "ahead",
          ahead_by: 0,
          behind_by: 0,
          total_commits: 0,
          commits: [],
          merge_base_commit: { sha: from },
          files,
        },
      },
      [`GET /repos/packit/ogr/git/trees/${from}`]: entries(before),
      [`GET /repos/packit/ogr/git/trees/${to}`]: entries(after),
    });
    const comparison = await hub.compare("ogr", from, to);
    expect(comparison.files).toHaveLength(306);
    expect(comparison.files).toContainEqual({ path: "file-310", status: "added" });
    expect(comparison.files).toContainEqual({ path: "file-0", status: "modified", patch: "@@" });
  });

  it("takes the path of a run without the ref that may follow", async () => {
    const run = {
      id: 7,
      head_branch: null,
      head_sha: to,
      path: ".github/workflows/ci.yml@main",
      event: "push",
      status: "queued",
      conclusion: null,
      created_at: "",
      updated_at: "",
      html_url: "",
    };
    const hub = await gitHub({ "GET /repos/packit/ogr/actions/runs/7": { body: run } });
    expect(await hub.workflowRun("ogr", 7)).toMatchObject({
      path: ".github/workflows/ci.yml",
      attempt: 1,
      branch: "",
    });
  });

  it("refuses a dispatch that tells no run", async () => {
    const hub = await gitHub({
      "POST /repos/packit/ogr/actions/workflows/ci.yml/dispatches": (response) =>
        response.writeHead(204).end(),
    });
    await expect(hub.dispatchWorkflow("ogr", ".github/workflows/ci.yml", "stable")).rejects.toMatchObject({
      name: "RequestRefused",
    });
  });

  it("takes no pull request for an issue, and an open issue before a newer closed one", async () => {
    const issue = (number: number, title: string, more = {}) => ({
      number,
      title,
      html_url: `https://x/${number}`,
      body: null,
      assignees: [{ login: "ada" }],
      ...more,
    });
    const hub = await gitHub({
      "GET /repos/packit/agile/issues?labels=kind%2Frole&state=open": {
        body: [issue(9, "Service Guru", { pull_request: {} }), issue(8, "Other"), issue(3, " Service Guru ")],
      },
      "GET /repos/packit/agile/issues?labels=kind%2Frole&state=closed": { body: [issue(7, "Service Guru")] },
    });
    const search = { repository: "packit/agile", label: "kind/role", title: "Service Guru" };
    expect(await hub.newestIssue(search)).toEqual({
      number: 3,
      url: "https://x/3",
      assignees: ["ada"],
      body: "",
    });
  });
});
