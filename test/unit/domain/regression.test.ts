import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HealthCheck, HealthReport, Problem } from "../../../functions/domain/health-report.ts";
import { verdictOf } from "../../../functions/domain/inspection-evidence.ts";
import { compareWithBaseline, type Outcome } from "../../../functions/domain/regression.ts";

function problem(key: string, verdict: Problem["verdict"] = "failed", rest: Partial<Problem> = {}): Problem {
  return { key, verdict, text: `${key} is ${verdict}`, link: null, due: false, ...rest };
}

function report(checks: Record<string, Problem[]>): HealthReport {
  const made = Object.entries(checks).map(
    ([id, problems]): HealthCheck => ({
      id,
      name: id.toUpperCase(),
      verdict: verdictOf(problems),
      summary: "",
      evidence: [],
      problems,
      link: `https://${id}`,
    }),
  );
  return { environment: "production", takenAt: "", verdict: "ok", checks: made };
}

const texts = (problems: { text: string }[]) => problems.map((each) => each.text);

describe("production beside its baseline", () => {
  it("is healthy when all is well, or no worse", () => {
    expect(compareWithBaseline(report({ pods: [] }), report({ pods: [] })).outcome).toBe("healthy");
    const ill = report({ pods: [problem("pods/tokman")] });
    const same = compareWithBaseline(ill, ill);
    expect(same).toMatchObject({
      outcome: "healthy",
      worse: [],
      asBefore: [{ name: "PODS", text: "pods/tokman is failed" }],
    });
  });

  it("regressed by a new problem, and by one more of the same", () => {
    const before = report({ pods: [problem("pods/worker")] });
    const other = compareWithBaseline(before, report({ pods: [problem("pods/service")] }));
    expect(other).toMatchObject({ outcome: "regressed", worse: [{ check: "pods", link: "https://pods" }] });
    const more = compareWithBaseline(
      before,
      report({ pods: [problem("pods/worker"), problem("pods/worker")] }),
    );
    expect([more.outcome, more.worse.length, more.asBefore.length]).toEqual(["regressed", 1, 1]);
  });

  it("regressed where a warning became a failure, or nobody knows how it was", () => {
    const now = report({ queues: [problem("queues/long")] });
    expect(compareWithBaseline(report({ queues: [problem("queues/long", "warning")] }), now).outcome).toBe(
      "regressed",
    );
    expect(compareWithBaseline(report({ queues: [problem("queues/long", "unknown")] }), now).outcome).toBe(
      "regressed",
    );
    expect(compareWithBaseline(null, now).outcome).toBe("regressed");
  });

  it("is not excused for what the run was to bring right", () => {
    const before = report({ versions: [problem("versions/packit")] });
    const now = report({ versions: [problem("versions/packit", "failed", { due: true })] });
    expect(compareWithBaseline(before, now).outcome).toBe("regressed");
  });

  it("tells warnings, new ones too, and is healthy with them", () => {
    const now = report({ versions: [problem("versions/packit/not-built", "warning")] });
    const compared = compareWithBaseline(report({ versions: [] }), now);
    expect(compared.outcome).toBe("healthy");
    expect(texts(compared.warnings)).toEqual(["versions/packit/not-built is warning"]);
  });

  it("is unverified where something cannot be looked at, also when it could not be before", () => {
    const unknown = report({ sentry: [problem("sentry/unreachable", "unknown")], pods: [] });
    expect(compareWithBaseline(unknown, unknown).outcome).toBe("unverified");
    expect(compareWithBaseline(report({ pods: [], sentry: [] }), report({ pods: [] }))).toMatchObject({
      outcome: "unverified",
      unknown: [{ check: "sentry", text: "was not looked at again" }],
    });
    expect(compareWithBaseline(null, report({})).outcome).toBe("unverified");
  });

  it("takes a check that is not well without saying why for a problem", () => {
    const now = report({ pods: [] });
    const check = now.checks[0] as HealthCheck;
    for (const [verdict, outcome] of [
      ["failed", "regressed"],
      ["unknown", "unverified"],
    ] as const) {
      expect(
        compareWithBaseline(report({ pods: [] }), { ...now, checks: [{ ...check, verdict }] }).outcome,
      ).toBe(outcome);
    }
  });
});

describe("for any two reports", () => {
  const rank = (outcome: Outcome) => ["healthy", "unverified", "regressed"].indexOf(outcome);
  const verdicts = fc.constantFrom("warning" as const, "unknown" as const, "failed" as const);
  const problems = fc.array(
    fc
      .tuple(fc.constantFrom("a", "b", "c"), verdicts, fc.boolean())
      .map(([key, verdict, due]) => problem(key, verdict, { due })),
    { maxLength: 5 },
  );
  const reports = fc.dictionary(fc.constantFrom("pods", "sentry", "queues"), problems).map(report);
  const worse: Record<Problem["verdict"], Problem["verdict"]> = {
    warning: "unknown",
    unknown: "failed",
    failed: "failed",
  };

  it("another problem, or a worse one, never improves the outcome", () => {
    fc.assert(
      fc.property(
        reports,
        reports,
        fc.constantFrom("a", "b", "d"),
        verdicts,
        fc.nat(),
        (before, now, key, verdict, at) => {
          const was = rank(compareWithBaseline(before, now).outcome);
          const checks = now.checks.map((check, index) => {
            if (index !== at % now.checks.length) return check;
            const more = [...check.problems, problem(key, verdict)];
            return { ...check, problems: more, verdict: verdictOf(more) };
          });
          expect(rank(compareWithBaseline(before, { ...now, checks }).outcome)).toBeGreaterThanOrEqual(was);
          // That something still fails as before is known to be no regression, which of an unknown nobody can say.
          const failedBefore = new Set(
            before.checks
              .flatMap((check) => check.problems)
              .filter((each) => each.verdict === "failed")
              .map((each) => each.key),
          );
          const raised = now.checks.map((check) => {
            const list = check.problems.map((each) =>
              failedBefore.has(each.key) ? each : { ...each, verdict: worse[each.verdict] },
            );
            return { ...check, problems: list, verdict: verdictOf(list) };
          });
          expect(
            rank(compareWithBaseline(before, { ...now, checks: raised }).outcome),
          ).toBeGreaterThanOrEqual(was);
        },
      ),
    );
  });

  it("a better baseline never improves the outcome", () => {
    fc.assert(
      fc.property(reports, reports, fc.nat(), (before, now, at) => {
        const checks = before.checks.map((check) => {
          const less = check.problems.filter((_, index) => index !== at % 5);
          return { ...check, problems: less, verdict: verdictOf(less) };
        });
        const was = rank(compareWithBaseline(before, now).outcome);
        expect(rank(compareWithBaseline({ ...before, checks }, now).outcome)).toBeGreaterThanOrEqual(was);
      }),
    );
  });

  it("what is unknown, or not looked at again, never passes for healthy; every problem is told", () => {
    fc.assert(
      fc.property(reports, reports, (before, now) => {
        const compared = compareWithBaseline(before, now);
        const all = now.checks.flatMap((each) => each.problems);
        const missing = before.checks.filter(({ id }) => !now.checks.some((each) => each.id === id));
        if (all.some((each) => each.verdict === "unknown") || missing.length > 0 || now.checks.length === 0) {
          expect(compared.outcome).not.toBe("healthy");
        }
        const { worse: bad, asBefore, unknown, warnings } = compared;
        expect([...bad, ...asBefore, ...unknown, ...warnings]).toHaveLength(all.length + missing.length);
      }),
    );
  });
});
