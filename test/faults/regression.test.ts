import { describe, expect, test } from "vitest";
import { patience, rehearseAlone } from "../support/fault-suite.ts";

/** What goes wrong in production itself, each alone. */

describe("production that got worse is told, with", () => {
  test("sentry-regression", patience, async () => {
    await rehearseAlone("sentry-regression", ({ report }) => {
      expect(report.health).toMatchObject({ baseline: "ok", production: "failed" });
      const { outcome, worse, asBefore, unknown } = report.comparison ?? {};
      expect(outcome).toBe("regressed");
      expect([asBefore, unknown]).toEqual([[], []]);
      expect(worse).toMatchObject([{ check: "sentry", name: "Sentry" }]);
      expect(worse?.[0]?.text).toMatch(/^error, 17 times: PACKIT-SERVICE-\w+ KeyError/);
      expect(worse?.[0]?.link).toMatch(/^http.*\/organizations\/packit\/issues\/\d+\/$/);
      expect(report.run.status).not.toBe("finished");
    });
  });
});
