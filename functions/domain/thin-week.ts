import type { Change } from "./blog-post-kinds.ts";
import { changeKey, type Selection } from "./blog-post-selection.ts";

/**
 * A week in which nothing passes for news, but notes were written: rather than no post at all, the draft tells these
 * notes, and its reviewer takes out what is too internal. Any other week stays as it is.
 */
export function withNotesOfThinWeek(selection: Selection): Selection {
  if (selection.told.length > 0) return selection;
  const noted = selection.candidates.filter(({ note }) => note !== null);
  return {
    ...selection,
    told: noted.map(({ change, note }) => ({ changes: [change], note: note ?? "" })),
    candidates: selection.candidates.filter((each) => !noted.includes(each)),
  };
}

/**
 * From when on the age of changes counts: the newest of them, where it is older than the run. A deployment after a long
 * pause tells what was news when it was merged last.
 */
export function ageCountsFrom(changes: readonly Change[], now: string): string {
  const newest = changes.map(({ mergedAt }) => Date.parse(mergedAt)).reduce((a, b) => Math.max(a, b), 0);
  return newest > 0 && newest < Date.parse(now) ? new Date(newest).toISOString() : now;
}

/** Keys of all that was looked at, whatever became of it. */
export function keysOf({ told, candidates, left }: Selection): string[] {
  return [
    ...told.flatMap(({ changes }) => changes),
    ...[...candidates, ...left].map(({ change }) => change),
  ].map(changeKey);
}
