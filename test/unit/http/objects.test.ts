import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approvalDigest, type ObjectsPlan } from "../../../functions/domain/objects-plan.ts";
import { objects } from "../../../functions/store/objects.ts";
import { type HttpSystem, sha, startHttpSystem } from "../../support/http-system.ts";
import { asking, get, post } from "./visits.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

const changed: ObjectsPlan = {
  repository: "deployment",
  branch: "main",
  commit: sha("deployment", 2),
  applied: { commit: sha("deployment", 0), at: "2026-11-16T12:00:00Z", run: "weekly-2026-11-16" },
  compared: true,
  files: [{ path: "openshift/worker.yml.j2", status: "modified" }],
  commits: [{ sha: sha("deployment", 1), title: "<b>More memory</b>", author: "cleo-packit" }],
  authors: ["cleo-packit"],
  vault: { digest: "d".repeat(64), lines: 4, since: "added", added: ["Ben: <i>new</i> DSN"], more: 0 },
  readsVault: true,
  pinned: ["packit-worker"],
};

/** A run that asks about objects, and a link that binds them. */
async function askingWith(plan: ObjectsPlan) {
  const visit = await asking(system);
  await objects().savePlan(visit.run, plan);
  return { ...visit, link: await visit.linkOf("ada-packit", { plan: approvalDigest(visit.plan, plan) }) };
}

describe("the approval page", () => {
  test("shows objects and vault, whom to ask, and a choice that leaves them by default", async () => {
    const { link } = await askingWith(changed);
    const { text } = await get(link);
    const parts = [
      "Kubernetes objects changed: say below whether to apply them.",
      "openshift/worker.yml.j2",
      "&lt;b&gt;More memory&lt;/b&gt;",
      "Ben: &lt;i&gt;new&lt;/i&gt; DSN",
      "ask <bdi>cleo-packit</bdi>",
      "Pinned: packit-worker.",
    ];
    for (const part of parts) expect(text).toContain(part);
    expect(text).toMatch(/value="leave" checked/);
    expect(text).not.toMatch(/value="apply" checked/);
  });

  test("offers nothing where nothing is new", async () => {
    const { link } = await askingWith({
      ...changed,
      files: [],
      commits: [],
      authors: [],
      vault: { ...(changed.vault as NonNullable<ObjectsPlan["vault"]>), since: "same", added: [] },
    });
    const { text } = await get(link);
    expect(text).toContain("Unchanged");
    expect(text).not.toContain('name="objects"');
  });

  test("stores what was chosen, and tells it afterwards", async () => {
    const { link, decision } = await askingWith(changed);
    const { status } = await post(system, link, { answer: "approve", objects: "apply" });
    expect(status).toBe(303);
    expect(await decision()).toMatchObject({ answer: "approve", objects: true });
    expect((await get(link)).text).toContain("The Kubernetes objects are applied.");
  });

  test("refuses a choice that there is not, and keeps what was entered", async () => {
    const { link, decision } = await askingWith(changed);
    const { status, text } = await post(system, link, { answer: "approve", objects: "delete" });
    expect(status).toBe(422);
    expect(text).toContain("Choose whether to apply the objects.");
    expect(await decision()).toBeNull();
  });

  test.each([
    ["objects that have changed since", { ...changed, commit: sha("deployment", 3) }],
    ["a vault that has changed since", { ...changed, vault: null }],
  ])("decides nothing on a link from before %s", async (_, later) => {
    const { link, run, decision } = await askingWith(changed);
    await objects().savePlan(run, later);
    const { status } = await post(system, link, { answer: "approve", objects: "apply" });
    expect(status).toBe(410);
    expect(await decision()).toBeNull();
  });
});
