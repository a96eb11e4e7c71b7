import { expect, test } from "vitest";
import type { Change } from "../../../functions/domain/blog-post-kinds.ts";
import type { Selection } from "../../../functions/domain/blog-post-selection.ts";
import { ageCountsFrom, keysOf, withNotesOfThinWeek } from "../../../functions/domain/thin-week.ts";

const change = (number: number, mergedAt = "2026-11-20T00:00:00Z"): Change => ({
  repo: "ogr",
  number,
  sha: String(number).padStart(40, "0"),
  title: `Change ${number}`,
  description: null,
  message: "",
  mergedAt,
  author: null,
  url: `https://github.com/packit/ogr/pull/${number}`,
});
const candidate = (number: number, note: string | null) => ({
  change: change(number),
  reason: "internals",
  note,
});

const thin: Selection = {
  told: [],
  candidates: [candidate(1, "A method."), candidate(2, null)],
  left: [candidate(3, null)],
};

test("where nothing else is news, the notes that are there are told", () => {
  const { told, candidates, left } = withNotesOfThinWeek(thin);
  expect(told.map(({ changes, note }) => [changes[0].number, note])).toEqual([[1, "A method."]]);
  expect(candidates.map((each) => each.change.number)).toEqual([2]);
  expect(left).toBe(thin.left);
});

test("any other week stays as it is", () => {
  const full: Selection = { ...thin, told: [{ changes: [change(9)], note: "News." }] };
  expect(withNotesOfThinWeek(full)).toBe(full);
  expect(keysOf(full)).toEqual(["ogr#9", "ogr#1", "ogr#2", "ogr#3"]);
});

test("age counts from the run, or from the newest change of an older time", () => {
  const now = "2026-11-23T12:00:00.000Z";
  expect(ageCountsFrom([], now)).toBe(now);
  expect(ageCountsFrom([change(1, "2026-11-24T00:00:00Z")], now)).toBe(now);
  const old = [change(1, "2026-08-01T00:00:00Z"), change(2, "2026-08-07T06:31:27Z")];
  expect(ageCountsFrom(old, now)).toBe("2026-08-07T06:31:27.000Z");
});
