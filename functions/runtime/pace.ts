/** Waits until it is this caller's turn. */
export type Pace = () => Promise<void>;

/** At most so many a second, evenly, over all callers together. */
export function createPace(perSecond: number): Pace {
  const gap = 1000 / perSecond;
  let next = 0;
  return async () => {
    const now = performance.now();
    const turn = Math.max(now, next);
    next = turn + gap;
    // A timer is no finer than a millisecond: what is due sooner is due now.
    if (turn - now >= 1) await new Promise((resolve) => setTimeout(resolve, turn - now));
  };
}
