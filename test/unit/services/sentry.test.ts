import { expect, onTestFinished, test } from "vitest";
import { createSentry } from "../../../functions/services/sentry.ts";
import { startSentry } from "../../../infra/local/world/sentry.ts";
import { worldContext } from "../../support/world-context.ts";

const day = 24 * 60 * 60_000;
const since = new Date(Date.now() - day).toISOString();

async function startWorld() {
  const emulator = await startSentry(worldContext());
  onTestFinished(emulator.close);
  const client = (change: { token?: string; projects?: string[]; organization?: string } = {}) =>
    createSentry({
      apiUrl: emulator.url,
      organization: "packit",
      projects: [],
      token: emulator.token,
      ...change,
    });
  return { emulator, client };
}

test("only what an environment saw first since a time is new, with counts and links", async () => {
  const { emulator, client } = await startWorld();
  expect(await client().newIssues("prod", since)).toEqual({ issues: [], more: false });

  emulator.report({ environment: "prod", title: "KeyError: 'a'", count: 3, level: "fatal" });
  emulator.report({ environment: "stg", title: "ValueError" });
  emulator.report({ environment: "prod", title: "Old", firstSeen: new Date(Date.now() - 2 * day) });

  const { issues, more } = await client({ projects: ["packit-service"] }).newIssues("prod", since);
  expect(more).toBe(false);
  expect(issues).toMatchObject([{ title: "KeyError: 'a'", level: "fatal", count: 3 }]);
  expect(issues[0]?.shortId).toMatch(/^PACKIT-SERVICE-/);
  expect(issues[0]?.url).toBe(`${emulator.url}/organizations/packit/issues/${issues[0]?.id}/`);
  expect(await client({ projects: ["other"] }).newIssues("prod", since)).toEqual({ issues: [], more: false });
});

test("pages are followed, up to a limit that is told", async () => {
  const { emulator, client } = await startWorld();
  for (let number = 0; number < 250; number++) emulator.report({ environment: "prod", title: `E${number}` });
  const all = await client().newIssues("prod", since);
  expect(new Set(all.issues.map((each) => each.id)).size).toBe(250);
  expect(all.more).toBe(false);
  for (let number = 0; number < 251; number++) emulator.report({ environment: "prod", title: `F${number}` });
  const most = await client().newIssues("prod", since);
  expect([most.issues.length, most.more]).toEqual([500, true]);
});

test.each([
  ["a wrong token", { token: "other" }, "PermissionDenied"],
  ["an unknown organisation", { organization: "other" }, "NotFound"],
])("%s is told by name", async (_, change, name) => {
  const { client } = await startWorld();
  await expect(client(change).newIssues("prod", since)).rejects.toMatchObject({ name });
});

test("an answer of another shape is no empty list", async () => {
  const fetch = async () => Response.json({ detail: "moved" });
  const client = createSentry({
    apiUrl: "https://sentry.test",
    organization: "p",
    projects: [],
    token: "t",
    fetch,
  });
  await expect(client.newIssues("prod", since)).rejects.toMatchObject({ name: "ServiceUnavailable" });
});

test("an issue that lacks what it need not have is still told", async () => {
  const fetch = async () => Response.json([{ id: 12, title: "KeyError", count: "x", level: null }]);
  const client = createSentry({
    apiUrl: "https://sentry.test",
    organization: "p",
    projects: [],
    token: "t",
    fetch,
  });
  expect((await client.newIssues("prod", since)).issues).toMatchObject([
    { id: "12", level: "error", count: 0 },
  ]);
});

test("the page for people shows the same search", () => {
  const client = createSentry({
    apiUrl: "https://sentry.io",
    organization: "p",
    projects: ["a", "b"],
    token: "t",
  });
  const url = new URL(client.page("prod", "2026-11-23T12:00:00Z"));
  expect(url.pathname).toBe("/organizations/p/issues/");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    query: "is:unresolved firstSeen:>=2026-11-23T12:00:00Z project:[a,b]",
    environment: "prod",
    project: "-1",
  });
});
