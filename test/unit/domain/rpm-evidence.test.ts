import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RpmBuild, rpmState } from "../../../functions/domain/rpm-evidence.ts";

const sha = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
const ours = "0.50.0.post1.dev3+g1a2b3c4";
const other = "0.50.0.post1.dev2+gffeeddc";
const since = "2026-11-23T12:00:00.000Z";
const sought = { sha, since, askedAbout: 0 };

const build = (id: number, changes: Partial<RpmBuild> = {}): RpmBuild => ({
  id,
  state: "succeeded",
  version: ours,
  submittedAt: "2026-11-23T12:10:00.000Z",
  ...changes,
});

describe("rpmState", () => {
  test("an RPM of the commit is built, whatever is built again after it", () => {
    const succeeded = build(7);
    for (const state of ["succeeded", "running", "failed"]) {
      expect(rpmState({ latest: build(8, { state }), succeeded }, sought)).toBe("built");
    }
  });

  test.each(["failed", "canceled"])("a newest build of the commit that %s is told", (state) => {
    const builds = { latest: build(8, { state }), succeeded: build(7, { version: other }) };
    expect(rpmState(builds, sought)).toBe("failed");
  });

  test("the failed build that somebody was asked about is not told again; a newer one is", () => {
    const failed = { latest: build(8, { state: "failed" }), succeeded: null };
    expect(rpmState(failed, { ...sought, askedAbout: 8 })).toBe("missing");
    expect(rpmState({ ...failed, latest: build(9, { state: "failed" }) }, { ...sought, askedAbout: 8 })).toBe(
      "failed",
    );
  });

  test("a failed build of another commit, or from before the run, is none of ours", () => {
    const succeeded = build(6, { version: other });
    expect(rpmState({ latest: build(8, { state: "failed", version: other }), succeeded }, sought)).toBe(
      "missing",
    );
    const early = { state: "failed", version: null, submittedAt: "2026-11-23T11:59:59.000Z" };
    expect(rpmState({ latest: build(8, early), succeeded }, sought)).toBe("missing");
    const late = { ...early, submittedAt: since };
    expect(rpmState({ latest: build(8, late), succeeded }, sought)).toBe("failed");
  });

  test("only a succeeded build of the commit is ever taken for built", () => {
    const builds = fc.option(
      fc.record({
        id: fc.integer({ min: 1, max: 9 }),
        state: fc.constantFrom("succeeded", "failed", "canceled", "running", "pending", "importing"),
        version: fc.constantFrom(null, ours, other),
        submittedAt: fc.constantFrom("2026-11-23T11:00:00.000Z", "2026-11-23T13:00:00.000Z"),
      }),
      { nil: null },
    );
    fc.assert(
      fc.property(builds, builds, fc.integer({ min: 0, max: 9 }), (latest, succeeded, askedAbout) => {
        const state = rpmState({ latest, succeeded }, { sha, since, askedAbout });
        expect(state === "built").toBe(succeeded?.version === ours);
        if (state === "failed") expect(latest?.id).toBeGreaterThan(askedAbout);
      }),
    );
  });
});
