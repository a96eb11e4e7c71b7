import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionKey, dependenciesKey, githubRunKey, quayPushKey } from "../../../functions/domain/keys.ts";

describe("correlation keys", () => {
  it("read as the architecture writes them", () => {
    const run = {
      owner: "packit",
      repository: "dashboard",
      branch: "stable",
      workflow: ".github/workflows/b.yml",
      sha: "abc",
    };
    expect(githubRunKey(run)).toBe("github/run/packit/dashboard/stable/.github%2Fworkflows%2Fb.yml/abc");
    expect(quayPushKey({ namespace: "packit", image: "dashboard", tag: "prod" })).toBe(
      "quay/push/packit/dashboard/prod",
    );
    expect(decisionKey("weekly-2026-11-23", "approval-1")).toBe("decision/weekly-2026-11-23/approval-1");
    expect(dependenciesKey("weekly-2026-11-23", "packit")).toBe("dependencies/weekly-2026-11-23/packit");
  });

  it("take owner and repository as GitHub does, without regard to case, but not branches", () => {
    const run = { owner: "Packit", repository: "OGR", branch: "stable", workflow: "w", sha: "abc" };
    expect(githubRunKey({ ...run, owner: "packit", repository: "ogr" })).toBe(githubRunKey(run));
    expect(githubRunKey({ ...run, branch: "Stable" })).not.toBe(githubRunKey(run));
  });

  it("are never shared by two events", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "/", "%", "2", "F") });
    const event = fc.oneof(
      fc.tuple(fc.constant("run"), part, part, part),
      fc.tuple(fc.constant("push"), part, part, part),
      fc.tuple(fc.constant("decision"), part, part, fc.constant("")),
    );
    const keyOf = ([kind, a, b, c]: [string, string, string, string]) => {
      if (kind === "run")
        return githubRunKey({ owner: "o", repository: "r", branch: a, workflow: b, sha: c });
      return kind === "push" ? quayPushKey({ namespace: a, image: b, tag: c }) : decisionKey(a, b);
    };
    fc.assert(
      fc.property(event, event, (one, other) => {
        expect(keyOf(one) === keyOf(other)).toBe(one.join("\n") === other.join("\n"));
      }),
      { numRuns: 1000 },
    );
  });
});
