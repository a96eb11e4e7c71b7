import type { FaultName } from "../faults.ts";

/**
 * The faults of one rehearsal: what is to go wrong, and what already did. The emulated systems ask it, each at the one
 * place where its fault belongs. It is no part of what the world keeps between processes.
 */
export interface Faults {
  readonly names: readonly FaultName[];
  /** Whether it was asked for. */
  has(name: FaultName): boolean;
  /** True once: now it happens. */
  strikes(name: FaultName, what: string): boolean;
  /** Of one that lasts: it has happened (again). */
  note(name: FaultName, what: string): void;
  /** Asked for, and nobody has mended it. */
  lasts(name: FaultName): boolean;
  /** Somebody mends it, if it has happened. @returns whether it was there to be mended. */
  mend(name: FaultName, what: string): boolean;
  /** What happened and what mended it, in order: for the report, and to see that a fault found its occasion. */
  log(): FaultEntry[];
}

export interface FaultEntry {
  name: FaultName;
  what: string;
}

/** @param tell is told what happens, once. */
export function createFaults(
  names: readonly FaultName[],
  tell: (entry: FaultEntry) => void = () => undefined,
): Faults {
  const log: FaultEntry[] = [];
  const mended = new Set<FaultName>();
  const has = (name: FaultName) => names.includes(name);
  const happened = (name: FaultName) => log.some((entry) => entry.name === name);
  const note = (name: FaultName, what: string) => {
    const known = log.some((entry) => entry.name === name && entry.what === what);
    if (!has(name) || known) return;
    log.push({ name, what });
    tell({ name, what });
  };
  const lasts = (name: FaultName) => has(name) && !mended.has(name);
  return {
    names,
    has,
    note,
    lasts,
    strikes(name, what) {
      if (!has(name) || happened(name)) return false;
      note(name, what);
      return true;
    },
    mend(name, what) {
      if (!lasts(name) || !happened(name)) return false;
      mended.add(name);
      note(name, what);
      return true;
    },
    log: () => [...log],
  };
}
