import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Path of a file of the real data, which is no part of this project: in `STABLEHAND_DATA`, else in `../shared/data`.
 * Null, with a notice, where it is absent: skip the test then.
 */
export function sharedData(name: string): string | null {
  const folder = process.env.STABLEHAND_DATA ?? join(import.meta.dirname, "../../../shared/data");
  const path = join(folder, name);
  if (existsSync(path)) return path;
  process.stderr.write(`Skipped what needs ${name}: it is not in ${folder} (set STABLEHAND_DATA).\n`);
  return null;
}
