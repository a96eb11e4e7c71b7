import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brokenState } from "../bad-command.ts";

/** The state of one emulated system on disk: one JSON file, always whole. */
export interface StateFile<S> {
  /** Null: nothing was saved yet. @throws BadCommand when somebody else wrote it. */
  load(): S | null;
  /** Written before this returns: a process that is killed afterwards has lost nothing. */
  save(state: S): void;
}

/** @param dir null: nothing is kept. */
export function stateFile<S>(dir: string | null, name: string): StateFile<S> {
  if (dir === null) return { load: () => null, save: () => undefined };
  const path = join(dir, `${name}.json`);
  return {
    load() {
      if (!existsSync(path)) return null;
      try {
        return JSON.parse(readFileSync(path, "utf8"));
      } catch (cause) {
        throw brokenState(path, cause);
      }
    },
    save(state) {
      mkdirSync(dir, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(state));
      renameSync(`${path}.new`, path);
    },
  };
}
