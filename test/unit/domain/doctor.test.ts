import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { about, doctorMessage, judgeClock, judgeNode, reportOf } from "../../../functions/domain/doctor.ts";
import { judgeDeliveries, judgeRepository } from "../../../functions/domain/doctor-github.ts";
import { judgeStreams } from "../../../functions/domain/doctor-images.ts";
import { nextDue } from "../../../functions/domain/next-due.ts";

describe("the clock", () => {
  const ours = Date.parse("2026-11-20T09:00:00Z");

  it("is right when one server agrees, whatever the others say", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -60, max: 60 }),
        fc.array(fc.integer({ min: -9999, max: 9999 }), { maxLength: 4 }),
        (near, others) => {
          const readings = [near, ...others].map((seconds, index) => ({
            server: `s${index}`,
            theirs: ours - seconds * 1000,
            ours,
          }));
          expect(judgeClock(readings).verdict).toBe("ok");
        },
      ),
    );
  });

  it("is wrong when every server is more than a minute away", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 61, max: 9999 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (seconds, ahead) => {
          const readings = seconds.map((each, index) => ({
            server: `s${index}`,
            theirs: ours - each * 1000 * (ahead ? 1 : -1),
            ours,
          }));
          const { verdict, summary } = judgeClock(readings);
          expect(verdict).toBe("failed");
          expect(summary).toContain(`${Math.min(...seconds)} seconds ${ahead ? "ahead of" : "behind"}`);
        },
      ),
    );
  });

  it("is not known without a server", () => {
    expect(judgeClock([]).verdict).toBe("skipped");
  });
});

it.each([
  ["24.21.0", "ok"],
  ["25.0.0", "ok"],
  ["20.19.5", "failed"],
])("Node %s: %s", (version, verdict) => {
  expect(judgeNode(version).verdict).toBe(verdict);
});

it.each([
  [[204, 401], "ok", /newest/],
  [[0], "warning", /^GitHub's last webhook was answered by nobody\.$/],
  [[500, 502, 204], "warning", /^GitHub's last 2 webhooks were answered 500\.$/],
] as const)("deliveries %j: %s", (statuses, verdict, says) => {
  const at = "2026-11-20T09:00:00Z";
  const finding = judgeDeliveries(statuses.map((status) => ({ status, event: "workflow_run", at })));
  expect(finding.verdict).toBe(verdict);
  expect(finding.summary).toMatch(says);
});

it("a repository is judged by the first thing that stands in the way", () => {
  const whole = {
    name: "dashboard",
    accessible: true,
    archived: false,
    missingBranches: [] as string[],
    rules: [] as { type: string; ruleset: string }[],
    workflow: { path: ".github/workflows/build.yml", state: "active" },
  };
  const summary = (changes: Partial<typeof whole>) =>
    judgeRepository({ ...whole, ...changes }, "packit").summary;
  expect(summary({})).toBe("Access, branches and workflow are there.");
  expect(summary({ rules: [{ type: "deletion", ruleset: "keep" }] })).toBe(
    "Access, branches and workflow are there.",
  );
  expect(summary({ archived: true, missingBranches: ["stable"] })).toMatch(/archived/);
  expect(summary({ missingBranches: ["stable"] })).toBe("packit/dashboard has no branch stable.");
  expect(summary({ workflow: { ...whole.workflow, state: "missing" } })).toMatch(
    /build\.yml .* is missing\.$/,
  );
});

it("a stream without its tag counts as missing", () => {
  const streams = new Map([
    ["packit-worker", ["prod"]],
    ["packit-dashboard", ["stg"]],
  ]);
  const wanted = { streams: ["packit-worker", "packit-dashboard"], tag: "prod" };
  const { verdict, summary } = judgeStreams("production", "packit--prod", streams, wanted);
  expect(verdict).toBe("failed");
  expect(summary).toBe("packit--prod has no packit-dashboard:prod.");
});

describe("what is told", () => {
  const when = { checkedAt: "2026-11-20T09:00:00Z", nextRun: "2026-11-23T12:00:00Z" };
  const words = { service: "Packit Service", timeZone: "Europe/Prague" };

  it("is what stands in the way, and neither warnings nor what is fine", () => {
    const report = reportOf(
      [
        about("a", "Token").failed({ summary: "It is gone.", remedy: "Renew it." }),
        about("b", "Notification").warning({ summary: "It is off." }),
        about("c", "Cluster").unknown({ summary: "It does not answer." }),
        about("d", "Clock").ok("Right."),
      ],
      when,
    );
    expect(report.ready).toBe(false);
    expect(doctorMessage(report, words)).toBe(
      "⚠️ The next deployment of Packit Service at Mon 23 Nov, 13:00 CET would not go through: 2 problems found.\n" +
        "• Token: It is gone. Renew it.\n• Cluster: It does not answer.",
    );
  });

  it("stays short", () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      about(`${index}`, `Thing ${index}`).failed({ summary: "Bad." }),
    );
    const text = doctorMessage(reportOf(many, when), words);
    expect(text.split("\n")).toHaveLength(14);
    expect(text).toMatch(/… and 28 more/);
  });
});

describe("the next run", () => {
  const schedule = { weekday: "monday", time: "13:00", timeZone: "Europe/Prague" };

  it.each([
    ["2026-11-20T09:00:00.000Z", "2026-11-23T12:00:00.000Z", "the coming Monday"],
    ["2026-11-23T11:59:00.000Z", "2026-11-23T12:00:00.000Z", "later today"],
    ["2026-11-23T12:00:00.000Z", "2026-12-07T12:00:00.000Z", "today's is due now, and the next is frozen"],
    ["2026-03-27T09:00:00.000Z", "2026-03-30T11:00:00.000Z", "in summer time"],
  ])("after %s is %s: %s", (now, due) => {
    expect(nextDue(schedule, (day) => day === "2026-11-30", now)).toBe(due);
  });

  it("is within a week, at the local time of that weekday, in every zone", () => {
    const zones = ["Europe/Prague", "America/New_York", "Africa/Cairo", "Pacific/Auckland", "UTC"];
    const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    const hour = 3_600_000;
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true }),
        fc.constantFrom(...zones),
        fc.constantFrom(...weekdays),
        (date, timeZone, weekday) => {
          const now = date.toISOString();
          const due = nextDue({ weekday, time: "13:00", timeZone }, () => false, now);
          const ahead = Date.parse(due ?? "") - date.getTime();
          expect(ahead).toBeGreaterThan(0);
          expect(ahead).toBeLessThanOrEqual(7 * 24 * hour + hour);
          const shown = new Intl.DateTimeFormat("en-GB", {
            ...{ weekday: "long", hour: "2-digit", minute: "2-digit" },
            timeZone,
          } as Intl.DateTimeFormatOptions).format(new Date(due ?? ""));
          expect(shown.toLowerCase()).toMatch(new RegExp(`^${weekday}\\D*13:00$`));
        },
      ),
    );
  });

  it("is none when everything is frozen", () => {
    expect(nextDue(schedule, () => true, "2026-11-20T09:00:00.000Z")).toBeNull();
  });
});
