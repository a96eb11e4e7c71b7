import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import type { RunControl } from "../domain/question.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config, type ImageConfig, type RepositoryConfig } from "../runtime/config.ts";
import { BadInput, NotFound, RunPaused, RunStopped, RunSuperseded } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { lock } from "../store/lock.ts";
import { questions } from "../store/questions.ts";
import { type Run, runs } from "../store/runs.ts";

/** @throws RunSuperseded when another run took the lock over: this one must not change anything more. */
async function assertOwnsLock(run: string): Promise<void> {
  if (await lock().owns(run)) return;
  log("lock.lost", {}, "error");
  throw new RunSuperseded(
    `${run} no longer owns the deployment: another run took over, so this one stops here.`,
  );
}

/**
 * The first line of every step: a run that was stopped, vetoed, or superseded by a hotfix goes no further.
 * @throws RunStopped
 */
export async function assertNotStopped(run: string): Promise<void> {
  const { stop } = await questions().control(run);
  if (stop) throw new RunStopped(stopWords(stop));
}

/**
 * The first line of every step that changes something.
 * @throws RunSuperseded, RunStopped, RunPaused
 */
export async function assertMayChange(run: string): Promise<void> {
  await assertOwnsLock(run);
  await assertNotHeld(run);
}

/**
 * The same for a flow that needs no lock.
 * @throws RunStopped, RunPaused
 */
export async function assertNotHeld(run: string): Promise<void> {
  const { stop, pause } = await questions().control(run);
  if (stop) throw new RunStopped(stopWords(stop));
  if (!pause) return;
  const at = timeOf(pause.at, config().schedule.timeZone, now());
  throw new RunPaused(`${personOf(pause.by).name} paused the run at ${at}.`);
}

export function stopWords({ by, why, comment }: NonNullable<RunControl["stop"]>): string {
  const done = { stop: "stopped by", veto: "vetoed by", superseded: "superseded by" }[why];
  return `${done} ${by}${comment ? `: ${comment}` : ""}`;
}

/** The plan as approved. @throws NotFound when the run has none, which is an error in the state machine. */
export async function approvedPlan(run: string): Promise<PromotionPlan> {
  const plan = await runs().approved(run);
  if (!plan) throw new NotFound(`${run} has no approved plan.`);
  return plan;
}

export async function approvedRepository(run: string, repository: string): Promise<PlannedRepository> {
  const plan = await approvedPlan(run);
  const found = plan.repositories.find((each) => each.name === repository);
  if (!found) throw new BadInput(`${repository} is not in the approved plan of ${run}.`);
  return found;
}

/** Where the stable branch is once the promotion of the repository is done. */
export function stableAfter({ action, from, to }: PlannedRepository): string {
  return action === "move" ? to : from;
}

/** @throws BadInput when the configuration lacks the repository: it was changed while the run was under way. */
export function repositoryConfig(name: string): RepositoryConfig {
  const found = config().repositories.find((each) => each.name === name);
  if (!found) throw new BadInput(`${name} is not in the configuration.`);
  return found;
}

/** The image workflow of a repository and what it pushes. */
export function buildConfig(name: string): { workflow: string; images: ImageConfig[] } {
  const { build } = repositoryConfig(name);
  if (!build) throw new BadInput(`${name} builds no images.`);
  return build;
}

/** So many runs back: most of them changed nothing, or were skipped or rejected. */
const lookedAt = 20;

/** The last runs but this one, newest first: what they left behind is found by what they remembered. */
export async function earlierRuns(run: string): Promise<Run[]> {
  return (await runs().list(lookedAt)).filter(({ id }) => id !== run);
}

/** `minutes` after an ISO time, as ISO time. */
export function minutesAfter(iso: string, minutes: number): string {
  return new Date(Date.parse(iso) + minutes * 60_000).toISOString();
}

export function now(): string {
  return new Date().toISOString();
}
