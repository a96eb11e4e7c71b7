import { expect, test } from "vitest";
import { durationOf } from "../../../functions/domain/times.ts";

test.each([
  [0.0625, "less than a minute"],
  [0, "less than a minute"],
  [0.5, "1 minute"],
  [40.2, "40 minutes"],
  [59.6, "1 hour"],
  [120, "2 hours"],
  [125, "2 h 5 min"],
])("%f minutes are %s", (minutes, words) => {
  expect(durationOf(minutes)).toBe(words);
});
