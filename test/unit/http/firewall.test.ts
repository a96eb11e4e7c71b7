import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpSystem, startHttpSystem } from "../../support/http-system.ts";
import { fromGitHub, fromSlack } from "./deliveries.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.started.length = 0;
  system.outage = false;
});

async function command(text: string, user = "U0000DANA"): Promise<string> {
  const body = new URLSearchParams({ command: "/stablehand", text, user_id: user }).toString();
  const response = await fromSlack(system, {}, { body });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { response_type: string; text: string };
  expect(answer.response_type).toBe("ephemeral");
  return answer.text;
}

describe("/stablehand firewall", () => {
  test("starts a request of anyone of the team, and says what is refused", async () => {
    const told = await command(
      "firewall <http://pagure.io|pagure.io>, .fedorapeople.org 10.0.0.1 &lt;!channel&gt;",
    );
    expect(told).toMatch(
      /looks whether pagure\.io, \.fedorapeople\.org can be reached from the clusters \(firewall-/,
    );
    expect(told).toContain("10.0.0.1 is an address inside");
    expect(told).not.toContain("<!channel>");
    expect(system.started).toMatchObject([
      {
        stateMachine: expect.stringMatching(/:stablehand-firewall-request$/),
        name: expect.stringMatching(/^firewall-\d{4}-\d\d-\d\d$/),
        input: {
          targets: [
            { host: "pagure.io", subdomains: false, ports: [80, 443] },
            { host: "fedorapeople.org", subdomains: true, ports: [80, 443] },
          ],
          origin: { by: "Dana", slack: "U0000DANA", issue: null },
        },
      },
    ]);
  });

  test("a second one on the same day gets a name of its own", async () => {
    await command("firewall pagure.io");
    await command("firewall pagure.io");
    expect(system.started.map(({ name }) => name.replace(/^firewall-\d{4}-\d\d-\d\d/, ""))).toEqual([
      "",
      "-2",
    ]);
  });

  test.each([
    ["firewall", /Write `\/stablehand firewall/],
    ["deploy now", /Write `\/stablehand firewall/],
    ["firewall localhost", /Nothing was started/],
  ])("%s starts nothing", async (text, answer) => {
    expect(await command(text)).toMatch(answer);
    expect(system.started).toEqual([]);
  });

  test("of a stranger starts nothing", async () => {
    expect(await command("firewall pagure.io", "U0STRANGER")).toMatch(/for the team alone/);
    expect(system.started).toEqual([]);
  });

  test("says so when it could not be started", async () => {
    system.outage = true;
    expect(await command("firewall pagure.io")).toMatch(/could not start this/);
  });

  test("with a forged signature is refused", async () => {
    const body = new URLSearchParams({ command: "/stablehand", text: "firewall pagure.io" }).toString();
    expect((await fromSlack(system, {}, { body, signature: "v0=forged" })).status).toBe(401);
    expect(system.started).toEqual([]);
  });
});

describe("an issue", () => {
  const labelled = (changes: Record<string, unknown> = {}) => ({
    action: "labeled",
    label: { name: "firewall" },
    repository: { full_name: "packit/agile" },
    issue: { number: 7, body: "We need `pagure.io` for https://example.org", user: { login: "somebody" } },
    ...changes,
  });
  const send = async (payload: unknown) => (await fromGitHub(system, payload, { event: "issues" })).status;

  test("that gets the label starts one request, however often that is told", async () => {
    expect([await send(labelled()), await send(labelled())]).toEqual([204, 204]);
    expect(system.started).toMatchObject([
      {
        name: "firewall-packit-agile-7",
        input: {
          targets: [{ host: "pagure.io" }],
          origin: { by: "somebody", slack: null, issue: { repository: "packit/agile", number: 7 } },
        },
      },
    ]);
  });

  test.each([
    ["another label", { label: { name: "bug" } }],
    ["another action", { action: "opened" }],
    ["nothing that is asked for", { issue: { number: 8, body: null, user: { login: "somebody" } } }],
  ])("with %s starts none", async (_, changes) => {
    expect(await send(labelled(changes))).toBe(204);
    expect(system.started).toEqual([]);
  });

  test("of another shape is refused", async () => {
    expect(await send({ action: "labeled" })).toBe(400);
  });
});
