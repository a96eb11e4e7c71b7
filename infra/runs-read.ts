import { approverIn, decisionsOf } from "../functions/decisions.ts";
import type { Decision } from "../functions/domain/decision.ts";
import type { PromotionPlan } from "../functions/domain/promotion-plan.ts";
import type { RunControl, StepDecision, StepQuestion } from "../functions/domain/question.ts";
import type { Comparison } from "../functions/domain/regression.ts";
import { type News, newsStore } from "../functions/store/news.ts";
import { questions } from "../functions/store/questions.ts";
import { type RepositoryProgress, type Run, type RunEvent, runs } from "../functions/store/runs.ts";
import type { WaitRecord } from "../functions/store/waits.ts";
import { waits } from "../functions/waits.ts";
import { BadCommand } from "./local/bad-command.ts";

const listed = 20;

export interface ListedRun {
  run: Run;
  /** GitHub login of who approved it; null: nobody. */
  approvedBy: string | null;
}

export interface ShownRun extends ListedRun {
  control: RunControl;
  /** The plan as long as nobody approved it, and so for a dry run; null: there is none, or it was approved. */
  plan: PromotionPlan | null;
  repositories: RepositoryProgress[];
  /** Production after the rollout beside its baseline; null: not yet. */
  comparison: Comparison | null;
  /** What it waits for now. */
  waits: WaitRecord[];
  questions: (StepQuestion & { decision: StepDecision | null })[];
  /** Of the approval questions, oldest first. */
  decisions: Decision[];
  events: RunEvent[];
  /** Its weekly post; null: it makes none. */
  news: News | null;
}

/** Newest first. */
export async function listRuns(): Promise<ListedRun[]> {
  const newest = await runs().list(listed);
  return await Promise.all(
    newest.map(async (run) => ({ run, approvedBy: approverIn(await decisionsOf(run)) })),
  );
}

/** @throws BadCommand when there is no such run. */
export async function showRun(id: string): Promise<ShownRun> {
  const run = await runs().get(id);
  if (!run) throw new BadCommand(`There is no run ${id}. npm run runs -- list shows those that there are.`);
  const [decisions, control, repositories, comparison, registered, asked, events, news] = await Promise.all([
    decisionsOf(run),
    questions().control(id),
    runs().repositories(id),
    runs().comparison(id),
    waits().waitsOf(id),
    questions().all(id),
    runs().events(id),
    newsStore().get(id),
  ]);
  const answered = await Promise.all(
    asked.map(async (each) => ({ ...each, decision: await questions().answerTo(id, each.id) })),
  );
  return {
    run,
    approvedBy: approverIn(decisions),
    control,
    plan: await unapprovedPlan(run),
    repositories,
    comparison,
    waits: run.status === "running" ? registered.filter((each) => each.status === "waiting") : [],
    questions: answered.sort((one, other) => one.askedAt.localeCompare(other.askedAt)),
    decisions,
    events,
    news,
  };
}

async function unapprovedPlan({ id, planVersion }: Run): Promise<PromotionPlan | null> {
  if (planVersion === null || (await runs().approved(id))) return null;
  return await runs().plan(id, planVersion);
}

/**
 * The run that a command is about when it names none.
 * @throws BadCommand when none is under way (but `show` takes the newest one then), or several are.
 */
export async function runUnderWay(orNewest: boolean): Promise<string> {
  const newest = await runs().list(listed);
  const underWay = newest.filter((each) => each.status === "running");
  // Cleanups and firewall requests may wait for days beside a deployment, which is what is meant then.
  const deploying = underWay.filter(({ kind }) => kind !== "cleanup" && kind !== "firewall");
  const running = (deploying.length > 0 ? deploying : underWay).map((each) => each.id);
  if (running.length > 1)
    throw new BadCommand(`Several runs are under way: name one of ${running.join(", ")}.`);
  const id = running[0] ?? (orNewest ? newest[0]?.id : undefined);
  if (id !== undefined) return id;
  throw new BadCommand(orNewest ? "There are no runs yet." : "No run is under way.");
}
