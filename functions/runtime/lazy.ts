/** Each forgets its value; with `promised`, only one that took reading. */
const resets = new Set<(promised: boolean) => void>();

/**
 * A value that is made at its first use and kept for the life of the process (a Lambda's warm container), so that
 * nothing is read or connected at import. A failed attempt is not kept: the next call tries again.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  resets.add((promised) => {
    if (!promised || made?.value instanceof Promise) made = undefined;
  });
  return () => {
    if (!made) {
      const value = make();
      made = { value };
      if (value instanceof Promise) value.catch(() => (made = undefined));
    }
    return made.value;
  };
}

/** Forgets every lazy value, as a new container would. For processes that start the system more than once. */
export function forgetLazyValues(): void {
  for (const reset of resets) reset(false);
}

/** Forgets those that are promises: what was read from elsewhere, and the clients that were made with it. */
export function forgetPromisedValues(): void {
  for (const reset of resets) reset(true);
}
