const resets = new Set<() => void>();

/**
 * A value that is made at its first use and kept for the life of the process (a Lambda's warm container), so that
 * nothing is read or connected at import. A failed attempt is not kept: the next call tries again.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  resets.add(() => {
    made = undefined;
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
  for (const reset of resets) reset();
}
