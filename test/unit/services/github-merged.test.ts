import { afterEach, describe, expect, it } from "vitest";
import { NotFound, PermissionDenied, ServiceUnavailable } from "../../../functions/runtime/errors.ts";
import { createClient } from "../../../functions/services/github-client.ts";
import { mergedChanges } from "../../../functions/services/github-merged.ts";
import { type HistoryNode, startGraphql } from "../../support/github-history.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function github(history: Record<string, HistoryNode[]>) {
  const server = await startGraphql(history);
  closing.push(server.close);
  const client = createClient({ apiUrl: server.url, owner: "packit", credentials: { token: "t0ken" } });
  return { server, client };
}

const since = "2026-11-17T00:00:00Z";

describe("mergedChanges", () => {
  it("tells each pull request once, oldest first, with its description and merge commit", async () => {
    const { server, client } = await github({
      ogr: [
        { oid: "c3", message: "Two\n\nbody", pull: { number: 8, title: "Two", body: "`Two`", author: null } },
        {
          oid: "c2",
          message: "Two, first part",
          pull: { number: 8, title: "Two", body: "`Two`", author: null },
        },
        { oid: "c1", message: "One (#7)", pull: { number: 7, title: "One", body: "", author: "ada" } },
      ],
    });
    const changes = await mergedChanges(client, "ogr", "main", { since });
    expect(changes).toMatchObject([
      {
        sha: "c1",
        message: "One (#7)",
        pullRequest: { number: 7, title: "One", description: "", author: "ada" },
      },
      { sha: "c3", message: "Two\n\nbody", pullRequest: { number: 8, description: "`Two`", author: null } },
    ]);
    expect(changes[0]?.url).toBe("https://github.com/packit/ogr/pull/7");
    expect(server.requests).toMatchObject([
      { token: "t0ken", variables: { owner: "packit", name: "ogr", head: "main", since } },
    ]);
  });

  it("needs one request for a hundred changes, however many pull requests they are", async () => {
    const node = (index: number) => ({
      oid: `c${index}`,
      message: "x",
      pull: { number: index, title: "x", body: "", author: null },
    });
    const { server, client } = await github({
      packit: Array.from({ length: 100 }, (_, index) => node(index)),
      ogr: Array.from({ length: 250 }, (_, index) => node(index)),
    });
    expect(await mergedChanges(client, "packit", "main", { since })).toHaveLength(100);
    expect(server.requests).toHaveLength(1);
    expect(await mergedChanges(client, "ogr", "main", { since })).toHaveLength(250);
    expect(server.requests).toHaveLength(4);
  });

  it("takes a pull request into another branch, or an open one, for none", async () => {
    const pull = { number: 7, title: "One", body: "", author: "ada" };
    const { client } = await github({
      ogr: [
        { oid: "c2", message: "Pushed", pull: { ...pull, mergedAt: null } },
        { oid: "c1", message: "Backported", pull: { ...pull, base: "stable" } },
        { oid: "c0", message: "Alone", pull: null },
      ],
    });
    const changes = await mergedChanges(client, "ogr", "main", { since });
    expect(changes.map(({ sha, pullRequest }) => [sha, pullRequest])).toEqual([
      ["c0", null],
      ["c1", null],
      ["c2", null],
    ]);
    expect(changes[0]?.url).toBe("https://github.com/packit/ogr/commit/c0");
  });

  it("says what is missing, refused, or not understood", async () => {
    const { server, client } = await github({ ogr: [] });
    const ask = (repo: string, head?: string) => mergedChanges(client, repo, "main", { since, head });
    await expect(ask("gone")).rejects.toThrow(NotFound);
    await expect(ask("ogr", "no-such-branch")).rejects.toThrow(/history of no-such-branch in packit\/ogr/);
    server.answerWith({ status: 401, body: { message: "Bad credentials" } });
    await expect(ask("ogr")).rejects.toThrow(PermissionDenied);
    server.answerWith({ status: 200, body: { data: { repository: { object: { history: {} } } } } });
    await expect(ask("ogr")).rejects.toThrow(ServiceUnavailable);
  });
});
