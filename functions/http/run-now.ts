import { approverIn, decisionsOf } from "../decisions.ts";
import type { Decision } from "../domain/decision.ts";
import { drawingOf, type FlowDrawing } from "../domain/flow-drawing.ts";
import type { HealthReport } from "../domain/health-report.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { RunControl, StepDecision, StepQuestion } from "../domain/question.ts";
import { type StateVisit, stateVisits } from "../domain/state-visits.ts";
import { drawings } from "../runtime/drawings.ts";
import { messageOf, StablehandError } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { executionHistory } from "../services/execution-history.ts";
import { questions } from "../store/questions.ts";
import { type RepositoryProgress, type Run, type RunEvent, runs } from "../store/runs.ts";
import type { WaitRecord } from "../store/waits.ts";
import { waits } from "../waits.ts";

const listed = 30;

export interface ListedRun {
  run: Run;
  /** GitHub login; null: nobody. */
  approvedBy: string | null;
}

/** A question about a step, and how it was answered. */
export interface AskedQuestion {
  question: StepQuestion;
  decision: StepDecision | null;
}

/** Everything that is known of a run. */
export interface RunNow extends ListedRun {
  control: RunControl;
  /** As approved, else as it is asked about; null before it was planned. */
  plan: PromotionPlan | null;
  /** The plan was approved. */
  approved: boolean;
  repositories: RepositoryProgress[];
  waits: WaitRecord[];
  questions: AskedQuestion[];
  /** Of the approval questions, oldest first. */
  decisions: Decision[];
  reports: Record<"staging" | "baseline" | "production", HealthReport | null>;
  events: RunEvent[];
  flow: Flow;
}

/** What Step Functions tells of it. */
export interface Flow {
  drawing: FlowDrawing | null;
  visits: StateVisit[];
  /** `forgotten`: Step Functions keeps it 90 days. `partly`: it is longer than one look. `unknown`: no answer. */
  history: "whole" | "partly" | "forgotten" | "unknown";
}

/** Newest first. */
export async function listRuns(): Promise<ListedRun[]> {
  const newest = await runs().list(listed);
  return await Promise.all(
    newest.map(async (run) => ({ run, approvedBy: approverIn(await decisionsOf(run)) })),
  );
}

/** Null: there is no such run. */
export async function lookAtRun(id: string): Promise<RunNow | null> {
  const run = await runs().get(id);
  if (!run) return null;
  const [approved, asked, decisions, control, repositories, registered, all, events, flow, ...reports] =
    await Promise.all([
      runs().approved(id),
      run.planVersion === null ? null : runs().plan(id, run.planVersion),
      decisionsOf(run),
      questions().control(id),
      runs().repositories(id),
      waits().waitsOf(id),
      questions().all(id),
      runs().events(id),
      lookAtFlow(run),
      runs().report(id, "staging"),
      runs().report(id, "baseline"),
      runs().report(id, "production"),
    ]);
  const [staging, baseline, production] = reports;
  const answered = await Promise.all(
    all.map(async (question) => ({ question, decision: await questions().answerTo(id, question.id) })),
  );
  return {
    run,
    approvedBy: approverIn(decisions),
    control,
    plan: approved ?? asked,
    approved: approved !== null,
    repositories,
    waits: registered,
    questions: answered.sort((one, other) => one.question.askedAt.localeCompare(other.question.askedAt)),
    decisions,
    reports: { staging, baseline, production },
    events,
    flow,
  };
}

/** The page does without it: everything else is in the store. */
async function lookAtFlow({ execution }: Run): Promise<Flow> {
  const machine = execution.split(":").at(-2) ?? "";
  const drawing = drawingOf(machine, drawings());
  try {
    const history = await executionHistory().read(execution);
    if (!history) return { drawing, visits: [], history: "forgotten" };
    const visits = stateVisits(history.events);
    return { drawing, visits, history: history.whole ? "whole" : "partly" };
  } catch (thrown) {
    if (!(thrown instanceof StablehandError)) throw thrown;
    log("run-page.no-history", { reason: messageOf(thrown) }, "warn");
    return { drawing, visits: [], history: "unknown" };
  }
}
