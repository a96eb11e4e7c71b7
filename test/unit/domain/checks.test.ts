import { describe, expect, it } from "vitest";
import { inspect } from "../../../functions/domain/inspection.ts";
import type { NewIssue } from "../../../functions/domain/inspection-evidence.ts";
import { type Check, check, issue, passed, sha, well } from "../../support/evidence.ts";

describe("versions that people knowingly did not build", () => {
  const notBuilt = { ogr: "packit-service was left out" };

  it("are a warning with the reason, not a failure", () => {
    const found = check(inspect(well({ notBuilt })), "versions");
    expect(found.verdict).toBe("warning");
    expect(found.evidence).toEqual([
      `ogr: ${sha.slice(0, 7)}, knowingly not built anew: packit-service was left out`,
    ]);
  });

  it("excuse no other commit", () => {
    const system = { ogr: { commit: "fffffff" } };
    expect(check(inspect(well({ notBuilt, system })), "versions").verdict).toBe("failed");
  });
});

describe("Sentry", () => {
  const sentry = (issues: NewIssue[], more = false) =>
    check(inspect(well({ sentry: { since: "2026-11-23T11:30:00Z", issues, more } })), "sentry");

  it("warns of errors below the threshold and fails from it on, with counts and links", () => {
    expect(sentry([issue("1")]).verdict).toBe("warning");
    const found = sentry([issue("1"), issue("2", "fatal")], true);
    expect(found.verdict).toBe("failed");
    expect(found.summary).toBe("2 new unresolved issues or more (2 errors) in the last 30 minutes.");
    expect(found.problems[0]).toMatchObject({
      key: "sentry/1",
      text: "error, 2 times: S-1 KeyError",
      link: "https://sentry.io/1",
    });
  });

  it("takes what Sentry calls a warning for no more than that", () => {
    expect(sentry([issue("1", "warning"), issue("2", "info"), issue("3")]).verdict).toBe("warning");
  });
});

describe("the validation", () => {
  const validation = (...checks: Check[]) =>
    check(inspect(well({ validation: [{ title: "T", url: "u", checks }] })), "validation");

  it("fails with a failed check of the newest round, and links it", () => {
    const found = validation(passed(), passed({ name: "tests", conclusion: "failure" }));
    expect(found).toMatchObject({
      verdict: "failed",
      summary: "1 of 2 checks failed; the newest ran 9 hours ago.",
    });
    expect(found.problems).toMatchObject([{ key: "validation/T/tests", link: "https://checks/1" }]);
  });

  it("forgets the rounds before", () => {
    expect(validation(passed(), passed({ conclusion: "failure", at: "2026-11-21T03:00:00Z" })).verdict).toBe(
      "ok",
    );
  });

  it("warns when nothing ran for a day", () => {
    expect(validation(passed({ at: "2026-11-22T11:59:00Z" }))).toMatchObject({
      verdict: "warning",
      problems: [{ text: "nothing was validated for 24 hours" }],
    });
  });

  it("is unknown without any check, and does not take neutral ones for failures", () => {
    expect(validation().verdict).toBe("unknown");
    expect(validation(passed({ at: null })).verdict).toBe("unknown");
    expect(check(inspect(well({ validation: [] })), "validation").verdict).toBe("unknown");
    expect(
      validation(passed({ conclusion: "neutral" }), passed({ status: "in_progress", conclusion: null }))
        .verdict,
    ).toBe("ok");
  });
});

describe("queues", () => {
  it.each([
    [99, "ok"],
    [100, "warning"],
    [1000, "failed"],
    [Number.NaN, "unknown"],
  ] as const)("with %d waiting tasks are %s", (waiting, verdict) => {
    const queues = [
      { queue: "short", waiting: 1 },
      { queue: "long", waiting },
    ];
    expect(check(inspect(well({ queues })), "queues").verdict).toBe(verdict);
  });

  it("are unknown when the metrics tell of none", () => {
    expect(check(inspect(well({ queues: [] })), "queues").verdict).toBe("unknown");
  });
});
