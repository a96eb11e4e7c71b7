import { describe, expect, it } from "vitest";
import { frozen } from "../../../functions/domain/freeze.ts";

const calendar = {
  dates: [{ from: "2026-12-21", to: "2027-01-03", reason: "end-of-year shutdown" }],
  holidays: [
    { date: "2026-11-17", name: "Freedom and Democracy Day" },
    { date: "2026-12-24", name: "Christmas Eve" },
  ],
};

describe("frozen", () => {
  it.each([
    ["2026-12-20", null],
    ["2026-12-21", "end-of-year shutdown"],
    ["2026-12-24", "end-of-year shutdown"],
    ["2027-01-03", "end-of-year shutdown"],
    ["2027-01-04", null],
    ["2026-11-17", "public holiday: Freedom and Democracy Day"],
    ["2026-11-16", null],
  ])("on %s: %s", (day, reason) => {
    expect(frozen(day, calendar)).toBe(reason);
  });
});
