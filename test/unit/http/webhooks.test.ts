import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { githubRunKey, quayPushKey } from "../../../functions/domain/keys.ts";
import { waits } from "../../../functions/waits.ts";
import { type HttpSystem, secrets, startHttpSystem } from "../../support/http-system.ts";
import { fromGitHub, fromQuay, fromSlack, pushPayload, workflowRunPayload } from "./deliveries.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

const path = ".github/workflows/build-and-push.yml";
let number = 0;

/** A wait of its own, for a commit of its own. */
async function waitForBuild(branch = "stable") {
  const id = String(++number);
  const sha = id.padStart(40, "0");
  const key = githubRunKey({ owner: "packit", repository: "dashboard", branch, workflow: path, sha });
  await waits().register({ id: `build-${id}`, run: "run", keys: [key], after: {}, token: `token-${id}` });
  return { sha, key, token: `token-${id}` };
}

function resumedWith(token: string): unknown[] {
  return system.resumed.filter((each) => each.token === token).map((each) => each.output);
}

describe("GitHub", () => {
  test("a completed run resumes who waits for it", async () => {
    const { sha, key, token } = await waitForBuild();
    const response = await fromGitHub(system, workflowRunPayload({ sha, id: 7, attempt: 2 }));
    expect(response.status).toBe(204);
    expect(resumedWith(token)).toEqual([{ key, id: "run/7/2", origin: "signal" }]);
  });

  test("the path may name a ref, and the owner's case does not matter", async () => {
    const { sha, token } = await waitForBuild();
    const payload = workflowRunPayload({ sha, path: `${path}@refs/heads/main` });
    payload.repository = { name: "Dashboard", owner: { login: "Packit" } };
    await fromGitHub(system, payload);
    expect(resumedWith(token)).toHaveLength(1);
  });

  test("twice the same run is answered alike and resumes once", async () => {
    const { sha, token } = await waitForBuild();
    for (const _ of [1, 2]) {
      expect((await fromGitHub(system, workflowRunPayload({ sha }))).status).toBe(204);
    }
    expect(resumedWith(token)).toHaveLength(1);
  });

  test("another branch, another commit and an unfinished run resume nobody", async () => {
    const { sha, token } = await waitForBuild();
    const others = [{ sha, branch: "main" }, { sha: "f".repeat(40) }, { sha, action: "requested" }];
    for (const other of [...others, { sha, branch: null }]) {
      expect((await fromGitHub(system, workflowRunPayload(other))).status).toBe(204);
    }
    expect(resumedWith(token)).toEqual([]);
  });

  test("the secret before the rotation still counts", async () => {
    const { sha, token } = await waitForBuild();
    const response = await fromGitHub(system, workflowRunPayload({ sha }), { secret: secrets.github[1] });
    expect(response.status).toBe(204);
    expect(resumedWith(token)).toHaveLength(1);
  });

  test("ping is answered, other events are ignored", async () => {
    expect((await fromGitHub(system, { zen: "…" }, { event: "ping" })).status).toBe(200);
    expect((await fromGitHub(system, { ref: "refs/heads/stable" }, { event: "push" })).status).toBe(204);
  });

  test("what is forged is refused and does nothing", async () => {
    const { sha, token } = await waitForBuild();
    const payload = workflowRunPayload({ sha });
    const forgeries = [
      { secret: "somebody-else's-secret" },
      { signature: null },
      { signature: "" },
      { signature: "sha256=" },
      { signature: `sha256=${"0".repeat(64)}` },
      { signature: `sha1=${"0".repeat(40)}` },
    ];
    for (const forgery of forgeries) {
      expect((await fromGitHub(system, payload, forgery)).status, JSON.stringify(forgery)).toBe(401);
    }
    expect(resumedWith(token)).toEqual([]);
  });

  test("a signature is for its very bytes", async () => {
    const { sha } = await waitForBuild();
    const body = JSON.stringify(workflowRunPayload({ sha }));
    const { Webhooks } = await import("@octokit/webhooks");
    const signature = await new Webhooks({ secret: secrets.github[0] }).sign(body);
    for (const other of [body.slice(0, -1), `${body} `, `\uFEFF${body}`]) {
      expect((await fromGitHub(system, other, { signature })).status).toBe(401);
    }
  });

  test("bytes that are no UTF-8 are nobody's", async () => {
    const body = gzipSync("{}");
    const headers = { "x-github-event": "workflow_run", "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    const response = await fetch(`${system.url}/webhooks/github`, { method: "POST", headers, body });
    expect(response.status).toBe(401);
  });

  test("signed, but malformed or of another shape: 400", async () => {
    expect((await fromGitHub(system, "{not json")).status).toBe(400);
    expect((await fromGitHub(system, { action: "completed" })).status).toBe(400);
    expect((await fromGitHub(system, "null")).status).toBe(400);
  });

  test("more than a megabyte: 413", async () => {
    const big = { ...workflowRunPayload(), padding: "x".repeat(1024 * 1024) };
    expect((await fromGitHub(system, big)).status).toBe(413);
  });

  test("while the run cannot be told: 503, and the same delivery again makes good for it", async () => {
    const { sha, token } = await waitForBuild();
    system.outage = true;
    expect((await fromGitHub(system, workflowRunPayload({ sha }))).status).toBe(503);
    system.outage = false;
    expect((await fromGitHub(system, workflowRunPayload({ sha }))).status).toBe(204);
    expect(resumedWith(token)).toHaveLength(1);
  });

  test("a body that comes as base64 is verified by its own bytes", async () => {
    const { sha, token } = await waitForBuild();
    const body = JSON.stringify(workflowRunPayload({ sha }));
    const { Webhooks } = await import("@octokit/webhooks");
    const response = await fetch(`${system.url}/webhooks/github`, {
      method: "POST",
      headers: {
        // The gateway hands over other types than text and JSON as base64.
        "content-type": "application/octet-stream",
        "x-github-event": "workflow_run",
        "x-hub-signature-256": await new Webhooks({ secret: secrets.github[0] }).sign(body),
      },
      body,
    });
    expect(response.status).toBe(204);
    expect(resumedWith(token)).toHaveLength(1);
  });
});

describe("Quay", () => {
  async function waitForPush(image: string, tag: string) {
    const key = quayPushKey({ namespace: "packit", image, tag });
    const token = `push-token-${++number}`;
    await waits().register({ id: `push-${image}`, run: "run", keys: [key], after: {}, token });
    return token;
  }

  test("every updated tag is a signal of its own", async () => {
    const token = await waitForPush("quay-a", "prod");
    const response = await fromQuay(system, pushPayload("quay-a", ["stable-1234567", "prod"]));
    expect(response.status).toBe(204);
    expect(resumedWith(token)).toEqual([expect.objectContaining({ origin: "signal" })]);
  });

  test("the same body is another push each time", async () => {
    for (const _ of [1, 2]) {
      const token = await waitForPush("quay-b", "prod");
      await fromQuay(system, pushPayload("quay-b", ["prod"]));
      expect(resumedWith(token)).toHaveLength(1);
    }
  });

  test("either secret counts, no other does", async () => {
    const body = pushPayload("quay-c", ["prod"]);
    expect((await fromQuay(system, body, secrets.quay[1])).status).toBe(204);
    for (const secret of ["wrong-secret", `${secrets.quay[0]}x`, secrets.quay[0].slice(0, -1), "%00"]) {
      expect((await fromQuay(system, body, secret)).status).toBe(401);
    }
  });

  test("malformed: 400; too large: 413; no tags: nothing to do", async () => {
    expect((await fromQuay(system, "{")).status).toBe(400);
    expect((await fromQuay(system, { name: "dashboard" })).status).toBe(400);
    expect((await fromQuay(system, pushPayload("x".repeat(1024 * 1024), ["prod"]))).status).toBe(413);
    expect((await fromQuay(system, pushPayload("dashboard", []))).status).toBe(204);
  });
});

describe("every webhook", () => {
  test("unknown paths and methods: 404", async () => {
    for (const unknown of ["/webhooks/gitlab", "/webhooks/quay", "/webhooks/github/x"]) {
      expect((await fetch(`${system.url}${unknown}`, { method: "POST" })).status).toBe(404);
    }
    expect((await fetch(`${system.url}/webhooks/github`)).status).toBe(404);
  });

  test("refused requests are logged by code, without anything of theirs", async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
    const warn = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
    await fromGitHub(system, { marker: "body-marker" }, { signature: "sha256=signature-marker" });
    await fromQuay(system, { marker: "body-marker" }, "secret-marker-0123456");
    await fromSlack(system, { marker: "body-marker" }, { signature: "v0=signature-marker" });
    write.mockRestore();
    warn.mockRestore();
    const events = lines.filter((line) => line.includes("webhook.refused")).map((line) => JSON.parse(line));
    expect(events.map(({ source, reason, status }) => [source, reason, status])).toEqual([
      ["github", "signature", 401],
      ["quay", "secret", 401],
      ["slack", "signature", 401],
    ]);
    expect(lines.join("")).not.toContain("marker");
  });
});
