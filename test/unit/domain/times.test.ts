import { expect, test } from "vitest";
import { durationOf } from "../../../functions/domain/times.ts";

test.each([
  [0, "less than a minute"],
  [0.0625, "less than a minute"],
  [0.5, "1 minute"],
  [1.4, "1 minute"],
  [40, "40 minutes"],
  [59.6, "1 hour"],
  [125, "2 h 5 min"],
  [180, "3 hours"],
])("%s minutes are told as %s", (minutes, words) => {
  expect(durationOf(minutes)).toBe(words);
});
