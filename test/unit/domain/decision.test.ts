import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecision } from "../../../functions/domain/decision.ts";
import { planOf, repositoryState, sha } from "../../support/repository-states.ts";

const plan = planOf([
  repositoryState("ogr", { ahead: 3 }),
  repositoryState("packit-service", { ahead: 1 }),
  repositoryState("dashboard", { ahead: 1, own: 1 }),
]);
/** 13:05 in Prague. */
const now = "2026-11-23T12:05:00Z";
const parse = (form: Record<string, unknown>, at = now) =>
  parseDecision(form, { plan, now: at, timeZone: "Europe/Prague" });
const problems = (form: Record<string, unknown>, at = now) => {
  const parsed = parse(form, at);
  return parsed.ok ? [] : parsed.problems;
};
const nothing = { changes: null, until: null, comment: null };

describe("the answer", () => {
  it.each(["approve", "reject"])("reads %s", (answer) => {
    expect(parse({ answer })).toEqual({ ok: true, answer, ...nothing });
  });

  it.each([{}, { answer: "" }, { answer: "expired" }, { answer: 3 }])("refuses %j", (form) => {
    expect(problems(form)).toContain("Choose approve, reject, or postpone.");
  });

  it("refuses two answers", () => {
    expect(problems({ answer: ["approve", "reject"] })).toEqual([
      "The field answer came with several values.",
    ]);
  });

  it("ignores fields that it does not know, and those of other answers", () => {
    expect(parse({ answer: "reject", token: "x", leaveOut: "nix", until: "nonsense" })).toEqual({
      ok: true,
      answer: "reject",
      ...nothing,
    });
  });

  it("keeps a comment, trimmed", () => {
    expect(parse({ answer: "reject", comment: " not today\r\nplease " })).toMatchObject({
      comment: "not today\nplease",
    });
    expect(parse({ answer: "reject", comment: "x".repeat(500) })).toMatchObject({ ok: true });
    expect(problems({ answer: "reject", comment: "x".repeat(501) })).toEqual([
      "The comment has 501 characters, 500 at most.",
    ]);
  });
});

describe("approving with changes", () => {
  it("reads the form as a browser sends it: the planned commits are no changes", () => {
    const form = {
      answer: "approve",
      "commit.ogr": sha("ogr", 3),
      "commit.packit-service": sha("packit-service", 1),
      "commit.dashboard": sha("dashboard", 1),
      until: "",
      comment: "",
    };
    expect(parse(form)).toEqual({ ok: true, answer: "approve", ...nothing });
    expect(
      parse({
        ...form,
        "commit.ogr": sha("ogr", 2),
        leaveOut: "packit-service",
        force: ["dashboard", "dashboard"],
      }),
    ).toEqual({
      ok: true,
      answer: "approve",
      until: null,
      comment: null,
      changes: { commits: { ogr: sha("ogr", 2) }, leaveOut: ["packit-service"], force: ["dashboard"] },
    });
  });

  it("tells everything that is wrong at once", () => {
    expect(
      problems({
        answer: "approve",
        "commit.ogr": "main",
        "commit.nix": "x",
        force: "ogr",
        comment: "x".repeat(501),
      }),
    ).toEqual([
      "The comment has 501 characters, 500 at most.",
      "nix is not in the plan.",
      "ogr: the commit main cannot be chosen.",
      "ogr: it did not diverge, there is nothing to force.",
    ]);
    expect(problems({ answer: "approve", leaveOut: { size: 3 } })).toEqual([
      "The field leaveOut is not text.",
    ]);
    expect(problems({ answer: "approve", "commit.ogr": [sha("ogr", 1), sha("ogr", 2)] })).toEqual([
      "The field commit.ogr came with several values.",
    ]);
  });

  it("refuses to approve nothing at all", () => {
    expect(problems({ answer: "approve", leaveOut: ["ogr", "packit-service"] })).toEqual([
      "Nothing is left to deploy: reject or postpone instead.",
    ]);
  });
});

describe("postponing", () => {
  const until = (text: string, at = now) => {
    const parsed = parse({ answer: "postpone", until: text }, at);
    return parsed.ok ? parsed.until : parsed.problems.join(" ");
  };

  it.each([
    ["14:30", "2026-11-23T13:30:00.000Z"],
    ["13:06", "2026-11-23T12:06:00.000Z"],
    ["13:05", "2026-11-24T12:05:00.000Z"],
    ["09:00", "2026-11-24T08:00:00.000Z"],
    ["2026-11-23T14:30", "2026-11-23T13:30:00.000Z"],
    ["2026-11-23T14:30:00", "2026-11-23T13:30:00.000Z"],
    ["2026-11-24T13:05", "2026-11-24T12:05:00.000Z"],
    ["2026-11-24T13:06", "Postpone by 24 hours at most."],
    ["2026-11-23T13:05", "The time to postpone until has passed."],
    ["2026-02-30T10:00", "There is no 2026-02-30 10:00 in Europe/Prague."],
    ["", "Say until when to postpone."],
    ["tomorrow", "The time to postpone until is no time: write it as 14:30."],
    ["25:00", "The time to postpone until is no time: write it as 14:30."],
    ["2026-11-23T13:30:00Z", "The time to postpone until is no time: write it as 14:30."],
  ])("until %j is %j", (text, expected) => {
    expect(until(text)).toBe(expected);
  });

  it("knows the hour that does not exist", () => {
    const evening = "2026-03-28T20:00:00Z";
    expect(until("2026-03-29T02:30", evening)).toBe("There is no 2026-03-29 02:30 in Europe/Prague.");
    expect(until("02:30", evening)).toBe("There is no 02:30 in Europe/Prague.");
  });

  it("takes the first of two equal hours, and the second when the first is over", () => {
    expect(until("02:30", "2026-10-24T22:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
    expect(until("2026-10-25T02:30", "2026-10-25T00:45:00Z")).toBe("2026-10-25T01:30:00.000Z");
  });

  it("always is ahead, by a day at most, and shows the time that was written", () => {
    const minutes = fc.integer({
      min: Date.parse("2026-01-01") / 60_000,
      max: Date.parse("2027-01-01") / 60_000,
    });
    fc.assert(
      fc.property(minutes, fc.nat(23), fc.nat(59), (minute, hour, of) => {
        const at = new Date(minute * 60_000 + 30_000).toISOString();
        const text = `${String(hour).padStart(2, "0")}:${String(of).padStart(2, "0")}`;
        const parsed = parse({ answer: "postpone", until: text }, at);
        // On the day when clocks go back, the next such time may be 25 hours away.
        if (!parsed.ok) return expect(parsed.problems).toEqual(["Postpone by 24 hours at most."]);
        const ahead = Date.parse(parsed.until ?? "") - Date.parse(at);
        expect(ahead).toBeGreaterThan(0);
        expect(ahead).toBeLessThanOrEqual(24 * 60 * 60_000);
        const shown = new Intl.DateTimeFormat("cs", {
          timeZone: "Europe/Prague",
          hour: "2-digit",
          minute: "2-digit",
        });
        expect(shown.format(Date.parse(parsed.until ?? ""))).toBe(text);
      }),
    );
  });
});
