import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { formatWithOptions } from "node:util";

/** In the folder for state. */
export const logName = "stablehand.log";

/**
 * Keeps the terminal for the run: what functions and libraries log goes to `stablehand.log` in the state folder, a line
 * each, and so does what the emulated world has to say.
 */
export function openLog(stateDir: string): (source: string, text: string) => void {
  const file = createWriteStream(join(stateDir, logName), { flags: "w" });
  // In this mode the logger writes to the global console instead of one of its own.
  process.env.POWERTOOLS_DEV = "true";
  for (const method of ["debug", "log", "info", "warn", "error"] as const) {
    console[method] = (...values: unknown[]) => {
      file.write(`${oneLine(values)}\n`);
    };
  }
  return (source, text) => {
    file.write(`${JSON.stringify({ source, text })}\n`);
  };
}

function oneLine(values: unknown[]): string {
  const [first] = values;
  if (values.length === 1 && typeof first === "string" && first.startsWith("{")) {
    try {
      return JSON.stringify(JSON.parse(first));
    } catch {
      // Not ours: as it is.
    }
  }
  return formatWithOptions({ colors: false }, ...values);
}
