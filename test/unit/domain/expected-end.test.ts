import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectedDuration, expectedEnd } from "../../../functions/domain/expected-end.ts";

describe("expectedDuration", () => {
  it.each([
    [[], { minutes: 75, fromRuns: 0 }],
    [[50], { minutes: 50, fromRuns: 1 }],
    [[50, 61], { minutes: 56, fromRuns: 2 }],
    [[300, 50, 60], { minutes: 60, fromRuns: 3 }],
    [[Number.NaN, -1, 0], { minutes: 75, fromRuns: 0 }],
  ])("of %j", (durations, expected) => {
    expect(expectedDuration(durations, 75)).toEqual(expected);
  });

  it("lies between the shortest and the longest, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1 }), (durations) => {
        const { minutes } = expectedDuration(durations, 75);
        expect(minutes).toBeGreaterThanOrEqual(Math.min(...durations));
        expect(minutes).toBeLessThanOrEqual(Math.max(...durations));
        expect(expectedDuration([...durations].reverse(), 75).minutes).toBe(minutes);
      }),
    );
  });
});

describe("expectedEnd", () => {
  const start = "2026-11-23T12:00:00Z";
  it.each([
    ["2026-11-23T14:00:00Z", 0],
    ["2026-11-23T13:15:00Z", 0],
    ["2026-11-23T13:14:30Z", 1],
    ["2026-11-23T12:15:00Z", 60],
  ])("with a window until %s is late by %i", (windowEnd, late) => {
    expect(expectedEnd(start, 75, windowEnd)).toEqual({ at: "2026-11-23T13:15:00.000Z", late });
  });
});
