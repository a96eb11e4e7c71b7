import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { formatWithOptions } from "node:util";
import type { PromotionPlan } from "../../functions/domain/promotion-plan.ts";
import { runs } from "../../functions/store/runs.ts";
import type { FaultName } from "../../infra/local/faults.ts";
import { rehearse } from "../../infra/local/lives.ts";
import { type Options, type RobotAnswers, readOptions } from "../../infra/local/options.ts";
import { Picture } from "../../infra/local/rehearsal.ts";
import type { Report } from "../../infra/local/report.ts";
import { type System, startSystem } from "../../infra/local/system.ts";
import { View } from "../../infra/local/view.ts";
import { createFaults } from "../../infra/local/world/faults.ts";
import { smallConfig, smallWeek } from "./small-week.ts";

/** Fast enough for 136 of them, slow enough for the functions, which work at their usual pace. */
const fastest = 4000;

export interface FaultRehearsal {
  report: Report;
  /** The last approved plan; null: none was approved. */
  approved: PromotionPlan | null;
  /** Repository → heads before anything happened. */
  before: Record<string, { main: string | null; stable: string | null }>;
  /** Image → what stands in the image that its stream in production holds. */
  deployed: Record<string, Record<string, string> | null>;
  /** What the robot did and was told, as people see it in the terminal. */
  terminal: string;
  /** What functions and emulators logged. */
  log: string;
  /** `verb resource.group` of what was asked of each cluster. */
  rightsUsed: Record<"production" | "staging", string[]>;
}

/**
 * A whole rehearsal of the small week in this process, with a robot that answers.
 *
 * @param look at the system once the run has ended, before everything is closed.
 */
export async function rehearseWith(
  names: readonly FaultName[],
  answers: RobotAnswers = { otherwise: "retry", bySteps: {} },
  {
    keptIn = null,
    only = [],
    speed = fastest,
    look = async () => undefined,
  }: {
    keptIn?: string | null;
    only?: string[];
    speed?: number;
    look?: (system: System) => Promise<void>;
  } = {},
): Promise<FaultRehearsal> {
  const log = captureLog();
  const output = captured();
  const picture = new Picture();
  const view = new View(output.stream as NodeJS.WriteStream);
  view.follow(() => picture.snapshot());
  const hotfix = only.length > 0 ? { only, reason: "for the test" } : {};
  const options = { ...(readOptions(["--yes", "--speed", String(speed)]) as Options), answers, ...hotfix };
  // Only what is on a disk outlives its process.
  const ownFolder = keptIn === null && names.includes("engine-killed");
  const stateDir = ownFolder ? mkdtempSync(join(tmpdir(), "stablehand-faults-")) : keptIn;
  const faults = createFaults(names, ({ what }) => view.event("⚡", what));
  let system: System | null = null;
  let before: FaultRehearsal["before"] | null = null;
  try {
    const { report, run } = await rehearse(
      async () => {
        system = await startSystem({
          config: smallConfig,
          seed: smallWeek(),
          speed,
          peopleSpeed: speed,
          port: 0,
          stateDir,
          faults,
          log: (source, text) => log.line(`${source}: ${text}`),
        });
        before ??= headsOf(system);
        return system;
      },
      { options, view, picture },
    );
    await look(system as unknown as System);
    return {
      report,
      approved: await runs().approved(run),
      before: before ?? {},
      deployed: deployedIn(system as unknown as System, report),
      terminal: output.text(),
      log: log.text(),
      rightsUsed: {
        production: (system as unknown as System).world.openshift.rightsUsed("production"),
        staging: (system as unknown as System).world.openshift.rightsUsed("staging"),
      },
    };
  } finally {
    await (system as System | null)?.close();
    log.restore();
    if (stateDir && ownFolder) rmSync(stateDir, { recursive: true, force: true });
  }
}

function headsOf({ config, world }: System): FaultRehearsal["before"] {
  const { mainBranch, stableBranch } = config.github;
  return Object.fromEntries(
    config.repositories.map(({ name }) => [
      name,
      { main: world.github.head(name, mainBranch), stable: world.github.head(name, stableBranch) },
    ]),
  );
}

function deployedIn({ config, world }: System, report: Report): FaultRehearsal["deployed"] {
  const images = config.repositories.flatMap(({ build }) => build?.images ?? []);
  return Object.fromEntries(
    images.map(({ name, stream }) => {
      const digest = stream ? report.openshift.streams[stream] : null;
      return [name, digest ? world.quay.contents(digest) : null];
    }),
  );
}

function captured() {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

/** What is logged belongs to one rehearsal, and is only shown when that went wrong. */
function captureLog() {
  const lines: string[] = [];
  const originals = { ...console };
  process.env.POWERTOOLS_DEV = "true";
  process.env.POWERTOOLS_METRICS_DISABLED = "true";
  for (const method of ["debug", "log", "info", "warn", "error"] as const) {
    console[method] = (...values: unknown[]) => {
      lines.push(formatWithOptions({ colors: false }, ...values).replace(/\n\s*/g, " "));
    };
  }
  return {
    line: (text: string) => lines.push(text),
    text: () => lines.join("\n"),
    restore: () => Object.assign(console, originals),
  };
}
