import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { styleText } from "node:util";

/**
 * Measures whole rehearsals: seconds and megabytes from the start to the first prompt (the approver has the link), and
 * from the approval to the end. `npm run bench:rehearsal -- [--runs N] [options of npm start]`.
 */

interface Measured {
  prompt: number;
  rest: number;
  promptMb: number | null;
  peakMb: number | null;
}

const argv = process.argv.slice(2);
const at = argv.indexOf("--runs");
const count = at >= 0 ? Number(argv.splice(at, 2)[1]) : 3;
const results: Measured[] = [];
for (let run = 0; run < count; run++) {
  const measured = await rehearse(argv);
  results.push(measured);
  console.log(row(`run ${run + 1}`, measured));
}
console.log(styleText("bold", row("median", median(results))));

async function rehearse(options: string[]): Promise<Measured> {
  const state = mkdtempSync(join(tmpdir(), "stablehand-bench-"));
  try {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      [
        "--import",
        "./infra/local/loader.mjs",
        "infra/local/start.ts",
        "--yes",
        "--fresh",
        "--port",
        "0",
        "--state",
        state,
        ...options,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let prompted = 0;
    let promptMb: number | null = null;
    let peakMb: number | null = null;
    for await (const line of createInterface({ input: child.stdout })) {
      peakMb = peakMegabytes(child.pid) ?? peakMb;
      if (prompted || !line.includes("the robot opens the link")) continue;
      prompted = performance.now();
      promptMb = peakMb;
    }
    const code = await new Promise((resolve) =>
      child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode),
    );
    if (code !== 0 || !prompted) throw new Error(`the rehearsal ended with code ${code}`);
    const ended = performance.now();
    return { prompt: (prompted - started) / 1000, rest: (ended - prompted) / 1000, promptMb, peakMb };
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** The process's highest memory so far; null where the system does not tell (other than Linux). */
function peakMegabytes(pid: number | undefined): number | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, "utf8"))?.[1];
    return kilobytes ? Number(kilobytes) / 1024 : null;
  } catch {
    return null;
  }
}

function median(all: Measured[]): Measured {
  const middle = (values: (number | null)[]) =>
    values.toSorted((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(values.length / 2)] ?? null;
  return {
    prompt: middle(all.map((each) => each.prompt)) ?? 0,
    rest: middle(all.map((each) => each.rest)) ?? 0,
    promptMb: middle(all.map((each) => each.promptMb)),
    peakMb: middle(all.map((each) => each.peakMb)),
  };
}

function row(name: string, { prompt, rest, promptMb, peakMb }: Measured): string {
  const mb = (value: number | null) => (value === null ? "? MB" : `${value.toFixed(0)} MB`);
  return (
    `${name.padEnd(8)} start to first prompt ${prompt.toFixed(1)} s, ${mb(promptMb)} · ` +
    `approval to end ${rest.toFixed(1)} s, ${mb(peakMb)} · whole ${(prompt + rest).toFixed(1)} s`
  );
}
