import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { cleanupSummary, spaceInWords } from "../functions/domain/cleanup-messages.ts";
import { bytesInWords } from "../functions/domain/registry-space.ts";
import { count } from "../functions/domain/words.ts";
import { parseConfig } from "../functions/runtime/config.ts";
import type { StartedCleanup } from "../functions/start-cleanup.ts";
import { cleanups } from "../functions/store/cleanups.ts";
import { type CleanupOptions, cleanupFaults, cleanupHelp, readCleanupOptions } from "./cleanup-options.ts";
import { type CleanupReport, makeCleanupReport } from "./cleanup-report.ts";
import { goWrong, seedRegistry } from "./cleanup-world.ts";
import { packit } from "./config/packit.ts";
import { openLog } from "./local/log.ts";
import { choosePort } from "./local/port.ts";
import { createRobot } from "./local/robot.ts";
import { type System, startSystem } from "./local/system.ts";
import { paint, View } from "./local/view.ts";
import { madeUpWeek } from "./local/world/data.ts";

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

const lookMs = 100;

/** Rehearses one cleanup. @returns the exit code. */
export async function cleanupCommand(argv: readonly string[], output: Output): Promise<number> {
  let options: CleanupOptions | null;
  let port: number;
  try {
    options = readCleanupOptions(argv);
    port = await choosePort(options?.port ?? null);
  } catch (thrown) {
    if ((thrown as Error).name !== "BadCommand") throw thrown;
    output.error(`${(thrown as Error).message}\n`);
    return 2;
  }
  if (!options) {
    output.out(cleanupHelp);
    return 0;
  }
  const interrupted = Promise.withResolvers<null>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.resolve(null));
  const folder = await mkdtemp(join(tmpdir(), "stablehand-cleanup-"));
  const view = new View();
  const log = openLog(folder);
  const system = await startSystem({
    config: packit,
    seed: madeUpWeek(parseConfig(packit)),
    speed: options.speed,
    peopleSpeed: options.yes ? options.speed : 1,
    port,
    stateDir: null,
    flows: ["registry-cleanup"],
    log,
  });
  try {
    const ended = await Promise.race([rehearse(system, options, view), interrupted.promise]);
    if (!ended) return 130;
    if (options.stay) {
      view.line(`The pages stay at ${system.url}/console until Ctrl-C.`);
      await interrupted.promise;
    }
    return ended.run.status === "finished" ? 0 : 1;
  } finally {
    await system.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rehearse(system: System, options: CleanupOptions, view: View): Promise<CleanupReport> {
  view.line(
    `${paint("bold", "Stablehand")} rehearses a cleanup of ${count(options.weeks, "week")} of images`,
  );
  for (const fault of options.fail) view.line(`  ${paint("yellow", `${fault}: ${cleanupFaults[fault]}`)}`);
  await seedRegistry(system, options.weeks);
  if (options.fail.includes("hook-off")) system.world.quay.switchOffNotification("dashboard");
  system.onTransition(({ type, state, mapItem }) => {
    if (type !== "exited" || !system.workingStates.has(state)) return;
    view.event("✔", `${state}${mapItem ? ` ${paint("cyan", mapItem)}` : ""}`, "green");
  });
  const started = (await system.invoke("StartCleanup", {
    scheduledFor: new Date().toISOString(),
    by: "person",
  })) as StartedCleanup;
  view.line(`  run      ${paint("bold", started.run)}`);
  view.line(`  console  ${system.url}/console/${started.run}`);
  await follow(system, started, options, view);
  const report = await makeCleanupReport(system, started);
  tell(report, view);
  if (options.report) {
    await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    view.line(`  report   ${options.report}`);
  }
  return report;
}

/** To its end, answering for the people where asked to. */
async function follow(
  system: System,
  { run, execution }: StartedCleanup,
  { yes, fail }: CleanupOptions,
  view: View,
): Promise<void> {
  const answers = { otherwise: "retry", bySteps: {} } as const;
  const robot = createRobot(system, { run, options: { yes, answers }, view });
  let planned = false;
  let measured = false;
  for (;;) {
    const answer = await system.stepFunctions.send(new DescribeExecutionCommand({ executionArn: execution }));
    if (answer.status !== "RUNNING") break;
    const plan = measured ? null : await cleanups().plan(run);
    if (plan && !planned) {
      planned = true;
      view.event("→", cleanupSummary({ ...plan, space: null }));
      const goes = await going(run, plan.images);
      for (const fault of fail) await goWrong(system, fault, goes);
    }
    if (plan?.space) {
      measured = true;
      view.event("→", `That frees ${spaceInWords(plan.space)}.`);
    }
    if (planned) await robot.look();
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  await Promise.all([robot.settled(), system.settled()]);
}

async function going(run: string, images: readonly { image: string }[]) {
  const all = await Promise.all(
    images.map(async ({ image }) => {
      const tags = (await cleanups().judged(run, image)) ?? [];
      return tags.flatMap(({ name, keptBecause }) => (keptBecause === null ? [{ image, tag: name }] : []));
    }),
  );
  return all.flat();
}

function tell({ run, plan, deleted, freed, stayed, slack }: CleanupReport, view: View): void {
  view.line();
  const colour = run.status === "finished" ? "green" : "red";
  view.line(`${paint(colour, run.status)}${run.reason ? `: ${run.reason}` : ""}`);
  view.line();
  for (const { image, tags, goes, space } of plan?.images ?? []) {
    const freed = space ? `, ${spaceInWords(space)}` : "";
    view.line(`  ${image.padEnd(24)} ${String(goes).padStart(5)} of ${tags} tags${freed}`);
  }
  view.line();
  view.line(`  deleted  ${count(deleted.length, "tag")}, ${bytesInWords(freed)}`);
  for (const { words, tags } of stayed) view.line(`  kept     ${tags.join(", ")}: ${words}`);
  view.line(`  Slack    ${slack.at(-1) ?? ""}`);
}
