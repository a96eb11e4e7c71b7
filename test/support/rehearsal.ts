import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../infra/local/report.ts";

export interface Rehearsed {
  code: number | null;
  /** What it printed, both streams. */
  output: string;
  /** Null when it wrote none. */
  report: Report | null;
}

export interface StartedRehearsal {
  child: ChildProcess;
  /** Resolves with what was printed so far once that matches. */
  printed(pattern: RegExp): Promise<string>;
  ended: Promise<Rehearsed>;
}

/** A folder of its own for a test's rehearsals; gone with `remove`. */
export function scratchFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "stablehand-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `npm start`, as a person types it, without npm. */
export function startRehearsal(folder: string, ...options: string[]): StartedRehearsal {
  return startRehearsalWith({}, folder, ...options);
}

/** The same with more in its environment. */
export function startRehearsalWith(
  environment: Record<string, string>,
  folder: string,
  ...options: string[]
): StartedRehearsal {
  const file = join(folder, `report-${Math.random().toString(36).slice(2)}.json`);
  const child = spawn(
    process.execPath,
    [
      ...["--import", "./infra/local/loader.mjs", "infra/local/start.ts", "--port", "0", "--speed", "1000"],
      ...["--state", join(folder, "state"), "--report", file, ...options],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1", ...environment } },
  );
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Rehearsed>((resolve) => {
    child.once("close", (code) => resolve({ code, output, report: readReport(file) }));
  });
  return {
    child,
    ended,
    printed: async (pattern) =>
      await new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(output)) return;
          waiting.delete(look);
          resolve(output);
        };
        waiting.add(look);
        look();
        ended.then(
          () => reject(new Error(`it ended without printing ${pattern}:\n${output}`)),
          () => undefined,
        );
      }),
  };
}

export async function rehearse(folder: string, ...options: string[]): Promise<Rehearsed> {
  return await startRehearsal(folder, ...options).ended;
}

function readReport(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
