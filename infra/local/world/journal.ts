import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";

/** What happened to an emulated system, entry by entry, so that it can be lived again after a restart. */
export interface Journal<E> {
  /** What was there when the journal was opened, oldest first. */
  readonly entries: readonly E[];
  /** Written before this returns: a process that is killed afterwards has lost nothing. */
  append(entry: E): void;
  /** Forgets everything. */
  clear(): void;
}

/**
 * Opens `<dir>/<name>.jsonl`, one JSON value a line. A last line that was cut off by a kill is dropped.
 * @param dir null: nothing is kept.
 */
export function openJournal<E>(dir: string | null, name: string): Journal<E> {
  if (dir === null) return { entries: [], append: () => undefined, clear: () => undefined };
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.jsonl`);
  const entries: E[] = [];
  if (existsSync(file)) {
    const content = readFileSync(file);
    const whole = content.lastIndexOf("\n") + 1;
    if (whole < content.length) truncateSync(file, whole);
    for (const line of content.subarray(0, whole).toString("utf8").split("\n")) {
      if (line !== "") entries.push(JSON.parse(line));
    }
  }
  return {
    entries,
    append: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
    clear: () => rmSync(file, { force: true }),
  };
}
