import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectsLines } from "../../../functions/domain/objects-lines.ts";
import {
  approvalDigest,
  newObjectsText,
  type ObjectsInput,
  type ObjectsPlan,
  offersObjects,
  planObjects,
  stateOfObjects,
  type VaultChanges,
} from "../../../functions/domain/objects-plan.ts";
import { strange } from "../../support/messages.ts";

const github = { webUrl: "https://github.com", owner: "packit" };
const applied = { commit: "a".repeat(40), at: "2026-11-16T12:00:00Z", run: "weekly-2026-11-16" };
const commit = (sha: string, files: string[] | null, author = "ben-packit") => ({
  sha: sha.repeat(40),
  message: `Change ${sha}\n\nWhy`,
  authorLogin: author,
  authorName: "Somebody",
  files,
});

function plan(values: Partial<ObjectsInput> = {}, vault: VaultChanges | null = null): ObjectsPlan {
  const input: ObjectsInput = {
    repository: "deployment",
    branch: "main",
    commit: "b".repeat(40),
    applied,
    paths: ["openshift/", "vars/"],
    comparison: { commits: [], files: [] },
    readsVault: false,
    pinned: [],
    ...values,
  };
  return { ...planObjects(input), vault };
}

const vault = (values: Partial<VaultChanges>): VaultChanges => ({
  digest: "d".repeat(64),
  lines: 4,
  since: "same",
  added: [],
  more: 0,
  ...values,
});

describe("what would be applied", () => {
  const comparison = {
    commits: [
      commit("1", ["openshift/worker.yml.j2"], "cleo-packit"),
      commit("2", ["docs/openshift/worker.md", "README.md"]),
      commit("3", null),
    ],
    files: [
      { path: "openshift/worker.yml.j2", status: "modified" },
      { path: "docs/openshift/worker.md", status: "added" },
    ],
  };

  it("are the files in the folders that matter, and whoever changed such files", () => {
    const { files, commits, authors } = plan({ comparison });
    expect(files).toEqual([{ path: "openshift/worker.yml.j2", status: "modified" }]);
    expect(commits.map(({ title }) => title)).toEqual(["Change 1", "Change 3"]);
    expect(authors).toEqual(["cleo-packit", "ben-packit"]);
  });

  it("is nothing after commits that change nothing that matters", () => {
    const files = comparison.files.slice(1);
    expect(offersObjects(plan({ comparison: { commits: comparison.commits.slice(1, 2), files } }))).toBe(
      false,
    );
  });

  it("is told after the approval in one line, with whom to ask", () => {
    expect(newObjectsText(plan({ comparison }))).toBe(
      "main of deployment is at bbbbbbb, but aaaaaaa was approved, and only the newest commit can be applied. " +
        "New: “Change 1” (cleo-packit), “Change 3” (ben-packit); files: openshift/worker.yml.j2. " +
        "Ask cleo-packit and ben-packit.",
    );
    expect(newObjectsText(plan())).toMatch(/Nothing in it changes the objects\.$/);
    expect(newObjectsText(plan({ comparison: null }))).toMatch(/GitHub no longer has aaaaaaa\.$/);
  });
});

describe("what is known of the objects", () => {
  it.each([
    ["unchanged", plan()],
    ["unchanged", plan({ readsVault: true }, vault({}))],
    ["changed", plan({ readsVault: true }, vault({ since: "added", added: ["new"] }))],
    ["changed", plan({ readsVault: true }, vault({ since: "rewritten" }))],
    ["changed", plan({ comparison: { commits: [], files: [{ path: "vars/a", status: "added" }] } })],
    ["unknown", plan({ applied: null, comparison: null })],
    ["unknown", plan({ comparison: null })],
    ["unknown", plan({ readsVault: true })],
    ["unknown", plan({ readsVault: true }, vault({ since: "first" }))],
    ["unknown", plan({ comparison: null, readsVault: true }, vault({ since: "added" }))],
  ])("is %s", (state, given) => {
    expect(stateOfObjects(given)).toBe(state);
    expect(offersObjects(given)).toBe(state !== "unchanged");
  });

  it("never passes for unchanged once something is not known, or has changed", () => {
    const since = fc.constantFrom("first", "same", "added", "rewritten" as const);
    const anyVault = fc.option(since.map((each) => vault({ since: each as VaultChanges["since"] })));
    const anyFiles = fc.array(fc.constantFrom("vars/a", "docs/b"));
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), anyFiles, anyVault, (compared, readsVault, paths, changes) => {
        const files = paths.map((path) => ({ path, status: "modified" }));
        const given = plan({ readsVault, comparison: compared ? { commits: [], files } : null }, changes);
        const known = compared && !paths.includes("vars/a") && (!readsVault || changes?.since === "same");
        if (stateOfObjects(given) === "unchanged") expect(known).toBe(true);
      }),
    );
  });
});

describe("an approval", () => {
  const bound = plan({ readsVault: true }, vault({}));
  const digest = approvalDigest({ digest: "plan" }, bound);

  it("without objects binds the plan alone", () => {
    expect(approvalDigest({ digest: "plan" }, null)).toBe("plan");
  });

  it.each([
    ["the plan", approvalDigest({ digest: "other" }, bound)],
    ["the commit", approvalDigest({ digest: "plan" }, { ...bound, commit: "c".repeat(40) })],
    ["the repository", approvalDigest({ digest: "plan" }, { ...bound, repository: "other" })],
    ["what was applied", approvalDigest({ digest: "plan" }, { ...bound, applied: null })],
    ["the vault", approvalDigest({ digest: "plan" }, { ...bound, vault: vault({ digest: "e".repeat(64) }) })],
    ["whether the vault was read", approvalDigest({ digest: "plan" }, { ...bound, vault: null })],
  ])("binds %s", (_, other) => {
    expect(other).not.toBe(digest);
  });
});

describe("the lines in Slack", () => {
  it("say what changed, whom to ask, and what is new in the vault", () => {
    const comparison = {
      commits: [commit("1", ["vars/a"])],
      files: [{ path: "vars/a", status: "modified" }],
    };
    const changes = vault({ since: "added", added: ["Ben: <new> token"], more: 2 });
    const text = objectsLines(
      plan({ comparison, readsVault: true, pinned: ["packit-worker"] }, changes),
      github,
    ).join("\n");
    expect(text).toContain("changed since the last apply · `deployment`");
    expect(text).toContain("Ask ben-packit.");
    expect(text).toContain("• Ben: &lt;new&gt; token\n   … and 2 more");
    expect(text).toContain("⚠️ Pinned: `packit-worker`.");
  });

  it("are none where nothing is new", () => {
    expect(objectsLines(plan(), github)).toEqual([]);
    expect(objectsLines(null, github)).toEqual([]);
  });

  it("let no stranger's text become markup", () => {
    fc.assert(
      fc.property(strange, (text) => {
        const comparison = {
          commits: [{ ...commit("1", null, text), message: text }],
          files: [{ path: "vars/a", status: "added" }],
        };
        const changes = vault({ since: "added", added: [text] });
        const lines = objectsLines(plan({ comparison, readsVault: true }, changes), github).join("\n");
        for (const [, inside] of lines.matchAll(/<([^>]*)>/g)) {
          expect(inside).toMatch(/^https:\/\/github\.com\/packit\/deployment\//);
        }
      }),
    );
  });
});
