/** How long a run takes from the approval on, and how many earlier runs that rests on (0: a guess). */
export interface Expectation {
  minutes: number;
  fromRuns: number;
}

/**
 * The median of what earlier finished runs took: one that waited half a day for a person does not spoil it.
 *
 * @param durations minutes of finished runs, approval to end; others than positive numbers are ignored.
 * @param guess minutes, until there are such runs.
 */
export function expectedDuration(durations: readonly number[], guess: number): Expectation {
  const sorted = durations.filter((each) => Number.isFinite(each) && each > 0).sort((a, b) => a - b);
  if (sorted.length === 0) return { minutes: guess, fromRuns: 0 };
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? guess;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  return { minutes: Math.ceil((lower + upper) / 2), fromRuns: sorted.length };
}

/** When everything should be done, and by how many minutes that is past the window (0: it is not). */
export function expectedEnd(start: string, minutes: number, windowEnd: string): { at: string; late: number } {
  const at = Date.parse(start) + minutes * 60_000;
  const late = Math.max(0, Math.ceil((at - Date.parse(windowEnd)) / 60_000));
  return { at: new Date(at).toISOString(), late };
}
