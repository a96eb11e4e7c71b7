import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { cleanupSummary } from "../../functions/domain/cleanup-messages.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import type { StartedCleanup } from "../../functions/start-cleanup.ts";
import { cleanups } from "../../functions/store/cleanups.ts";
import { packit } from "../../infra/config/packit.ts";
import { openLog } from "../../infra/local/log.ts";
import { readHistory } from "../../infra/local/step-functions/visits.ts";
import { startSystem } from "../../infra/local/system.ts";
import { madeUpWeek } from "../../infra/local/world/data.ts";

/**
 * Plans the cleanup of 10,000 tags in 10 repositories, of which two are of two architectures, twice: a first time, when
 * nothing is known of any manifest, and a month later. Tells the seconds until the plan stands and until its space is
 * measured, with the functions warm, and the largest input or output that passed between states. `npm run bench:cleanup`.
 */
const tagsPerImage = 1000;
const day = 24 * 60 * 60 * 1000;

const folder = mkdtempSync(join(tmpdir(), "stablehand-bench-"));
const log = openLog(folder);
const others = ["packit", "packit-service-tests", "more"];
const config = { ...packit, cleanup: { rules: [{ tags: "main-{sha7}", keep: 10 }], images: others } };
const parsed = parseConfig(config);
const images = [
  ...parsed.repositories.flatMap(({ build }) => build?.images ?? []),
  ...others.map((name) => ({ name, architectures: ["amd64"] })),
];
const system = await startSystem({
  config,
  seed: madeUpWeek(parsed),
  speed: 100_000,
  peopleSpeed: 1,
  port: 0,
  stateDir: null,
  flows: ["registry-cleanup"],
  log,
});
try {
  await warmUp();
  for (const { name, architectures } of images) {
    for (let number = tagsPerImage; number > 0; number--) {
      const sha = number.toString(16).padStart(7, "0");
      const at = new Date(Date.now() - (number * day) / 2);
      await system.world.quay.push({ image: name, tags: [`main-${sha}`], architectures, contents: {}, at });
    }
  }
  process.stdout.write(`${images.length} repositories with ${tagsPerImage} tags each\n`);
  for (const round of ["the first time", "a month later"]) await planOnce(round);
} finally {
  await system.close();
  rmSync(folder, { recursive: true, force: true });
}

async function planOnce(round: string): Promise<void> {
  const seconds = new Map<string, number>();
  const entered = new Map<string, number>();
  const planned = Promise.withResolvers<number>();
  const asked = Promise.withResolvers<void>();
  system.onTransition(({ type, state, mapItem }) => {
    const key = `${state} ${mapItem ?? ""}`;
    if (type === "entered") entered.set(key, performance.now());
    if (type === "exited") {
      const took = (performance.now() - (entered.get(key) ?? 0)) / 1000;
      seconds.set(state, (seconds.get(state) ?? 0) + took);
    }
    if (type === "exited" && state === "PlanCleanup") planned.resolve(performance.now());
    if (type === "entered" && state === "AskCleanup") asked.resolve();
  });
  const began = performance.now();
  const cpu = process.cpuUsage();
  const request = { scheduledFor: new Date().toISOString(), by: "person" };
  const { run, execution } = (await system.invoke("StartCleanup", request)) as StartedCleanup;
  const untilPlanned = ((await planned.promise) - began) / 1000;
  const planning = process.cpuUsage(cpu);
  await asked.promise;
  const total = (performance.now() - began) / 1000;
  const plan = await cleanups().plan(run);
  const history = await readHistory(system.stepFunctions, execution);
  const largest = Math.max(...history.map((event) => JSON.stringify(event).length));
  const parts = ["ListTags", "ReadLists", "PlanCleanup", "ReadManifests", "MeasureSpace"].map(
    (state) => `${state} ${(seconds.get(state) ?? 0).toFixed(1)} s`,
  );
  const processor = ((planning.user + planning.system) / 1e6).toFixed(1);
  const lines = [
    `${round}: planned in ${untilPlanned.toFixed(1)} s (${processor} s of processor time, with the emulated world), its space measured and the question asked after ${total.toFixed(1)} s`,
    `  ${parts.join(", ")}; what reads and lists goes side by side for three images`,
    `  ${plan ? cleanupSummary(plan) : "no plan"}`,
    `  the largest event of its history, input and output included: ${(largest / 1024).toFixed(1)} KiB`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  await stop(execution);
}

/** Nothing is old enough to go yet, so this one ends by itself. It loads the functions. */
async function warmUp(): Promise<void> {
  const ended = Promise.withResolvers<void>();
  system.onTransition(({ type, state }) => {
    if (type === "entered" && state === "CleanupEnded") ended.resolve();
  });
  await system.invoke("StartCleanup", { scheduledFor: new Date(0).toISOString(), by: "person" });
  await ended.promise;
}

/** So that the next one is not skipped beside it. */
async function stop(execution: string): Promise<void> {
  await system.stepFunctions.send(new StopExecutionCommand({ executionArn: execution }));
  await system.settled();
}
