import { describe, expect, it } from "vitest";
import { pullRequestOf, skipsWorkflows, titleOf } from "../../../functions/domain/pull-requests.ts";

describe("pullRequestOf", () => {
  it.each([
    ["Fix the thing (#123)", 123, "Fix the thing"],
    ["Fix the thing (#123)\r\n\r\nBody (#9)", 123, "Fix the thing"],
    ["docs(#1002): update tables (#1003)", 1003, "docs(#1002): update tables"],
    ['Revert "Fix (#1)" (#2)', 2, 'Revert "Fix (#1)"'],
    ["Two (#1) (#2)", 2, "Two (#1)"],
    ["(#7)", 7, "(#7)"],
    ["Merge pull request #45 from ada/topic\n\nA title (#3)\n\nmore", 45, "A title (#3)"],
    ["Merge pull request #45 from ada/topic", 45, "Merge pull request #45 from ada/topic"],
  ])("reads %j", (message, number, title) => {
    expect(pullRequestOf(message)).toEqual({ number, title });
  });

  it.each([
    "Fix (#12) for good",
    "Fix #12",
    "Fix (#12).",
    "Fix (#abc)",
    "Merge branch 'main' into stable",
    "See Merge pull request #45 from ada/topic",
    "Title\n\nbody (#12)",
    "",
  ])("finds none in %j", (message) => {
    expect(pullRequestOf(message)).toBeNull();
  });

  it("takes no time over long titles made by strangers", () => {
    const started = performance.now();
    pullRequestOf(`a${" ".repeat(200_000)}b`);
    pullRequestOf("(#1".repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("titleOf", () => {
  it("is the first line", () => {
    expect(titleOf("One\r\nTwo")).toBe("One");
  });
});

describe("skipsWorkflows", () => {
  it.each([
    "x [skip ci]",
    "x\n\n[CI SKIP]",
    "[no ci] x",
    "[skip actions]",
    "x [actions skip]",
    "x\n\n\nskip-checks: true",
  ])("is true for %j", (message) => {
    expect(skipsWorkflows(message)).toBe(true);
  });

  it.each(["x", "skip ci", "[skip-ci]", "x\n\nskip-checks: true\nmore"])("is false for %j", (message) => {
    expect(skipsWorkflows(message)).toBe(false);
  });
});
