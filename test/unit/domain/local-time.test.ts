import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantsOf, localDate } from "../../../functions/domain/local-time.ts";

const prague = "Europe/Prague";

describe("localDate", () => {
  it.each([
    ["2026-11-22T22:59:59Z", "2026-11-22"],
    ["2026-11-22T23:00:00Z", "2026-11-23"],
    ["2026-07-05T21:59:00Z", "2026-07-05"],
    ["2026-07-05T22:00:00Z", "2026-07-06"],
  ])("of %s in Prague is %s", (iso, day) => {
    expect(localDate(iso, prague)).toBe(day);
  });
});

describe("instantsOf", () => {
  it.each([
    ["2026-11-23T14:30", ["2026-11-23T13:30:00.000Z"]],
    ["2026-07-06T14:30", ["2026-07-06T12:30:00.000Z"]],
    ["2026-03-29T02:30", []],
    ["2026-10-25T02:30", ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]],
    ["2026-02-30T10:00", []],
    ["2026-11-23T24:30", []],
    ["nonsense", []],
  ])("of %s in Prague are %j", (local, expected) => {
    expect(instantsOf(local, prague)).toEqual(expected);
  });

  it("knows zones with odd offsets and half-hour summer time", () => {
    expect(instantsOf("2026-11-23T14:30", "Asia/Kathmandu")).toEqual(["2026-11-23T08:45:00.000Z"]);
    expect(instantsOf("2026-04-05T01:45", "Australia/Lord_Howe")).toHaveLength(2);
  });

  it("finds every instant again from what a clock in the zone shows", () => {
    const zones = fc.constantFrom(
      prague,
      "America/New_York",
      "Pacific/Auckland",
      "UTC",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
    );
    const minutes = fc.integer({
      min: Date.parse("2024-01-01") / 60_000,
      max: Date.parse("2030-01-01") / 60_000,
    });
    fc.assert(
      fc.property(zones, minutes, (timeZone, minute) => {
        const instant = new Date(minute * 60_000);
        const local = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" })
          .format(instant)
          .replace(" ", "T");
        expect(instantsOf(local, timeZone)).toContain(instant.toISOString());
      }),
    );
  });
});
