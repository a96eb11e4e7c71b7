import { z } from "zod";
import type { Decision } from "../domain/decision.ts";
import { approvalDigest, type ObjectsPlan, offersObjects } from "../domain/objects-plan.ts";
import { applyChanges } from "../domain/plan-changes.ts";
import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import { BadInput, messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { objects as objectsStore } from "../store/objects.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { showDecision, showWithdrawn } from "./approval-messages.ts";
import { rememberApprovedObjects } from "./objects-commit.ts";
import { minutesAfter, stopWords } from "./run-context.ts";

const input = runInput.extend({ question: z.string().min(1), version: z.number().int() });

/** What the state machine goes on with. */
interface Settled {
  /** `stop`: somebody stopped the run, or a hotfix took its place, before anybody decided. */
  answer: Decision["answer"] | "stop";
  /** With `postpone`: when to plan and ask again, ISO 8601. */
  until: string;
  reason: string;
  /** Repositories to move or rebuild, and one for Kubernetes objects to apply. */
  work: number;
  /** Whether the Kubernetes objects are applied. */
  objects: boolean;
  waves: { repository: string; action: string; dispatch: boolean }[][];
}

/**
 * Reads the decision from the store, never from what came with the token, and settles what is promoted: the plan that
 * was shown, with the approver's changes. It is stored before anything uses it.
 */
export const handler = step("read-decision", input, async ({ run, question, version }): Promise<Settled> => {
  const [{ stop }, decision, plan, objects] = await Promise.all([
    questions().control(run),
    runs().decision(run, question),
    runs().plan(run, version),
    objectsStore().plan(run),
  ]);
  if (stop) {
    const reason = stopWords(stop);
    if (plan) await withdraw(run, { question, plan, objects }, reason);
    return { answer: "stop", until: stop.at, reason, work: 0, objects: false, waves: [] };
  }
  if (!decision || !plan) throw new NotFound(`${run}: ${question} has no decision or no plan.`);
  log("read-decision.read", { question, answer: decision.answer, by: decision.by });

  const approved = decision.answer === "approve" ? await settle(run, { plan, objects }, decision) : null;
  const applies = approved !== null && decision.objects === true;
  await runs().update(run, { decision: decision.answer });
  await showDecision(run, { question, plan: approved ?? plan, objects }, decision);
  return {
    answer: decision.answer,
    until: decision.until ?? decision.at,
    reason: reasonOf(decision),
    work: (approved?.waves.flat().length ?? 0) + (applies ? 1 : 0),
    objects: applies,
    waves: approved ? wavesOf(approved) : [],
  };
});

/** The run ends in any case, with Slack or without. */
async function withdraw(run: string, asked: Parameters<typeof showWithdrawn>[1], why: string): Promise<void> {
  try {
    await showWithdrawn(run, asked, why);
  } catch (thrown) {
    log("read-decision.not-told", { reason: messageOf(thrown) }, "warn");
  }
}

async function settle(
  run: string,
  { plan: shown, objects }: { plan: PromotionPlan; objects: ObjectsPlan | null },
  decision: Decision,
): Promise<PromotionPlan> {
  if (approvalDigest(shown, objects) !== decision.planDigest) {
    throw new BadInput(
      `${run}: the answer of ${decision.by} is to another plan than the one that was shown.`,
    );
  }
  const nothing = { commits: {}, leaveOut: [], force: [] };
  const result = applyChanges(shown, decision.changes ?? nothing);
  if (!result.ok)
    throw new BadInput(`The approved changes do not fit the plan: ${result.problems.join("; ")}.`);
  const { plan } = result;
  if (decision.objects && offersObjects(objects)) await rememberApprovedObjects(run, objects);
  await runs().saveApproved(run, plan);
  await runs().update(run, {
    approvedAt: decision.at,
    expectedEnd: minutesAfter(decision.at, plan.expected.minutes),
  });
  for (const each of plan.repositories) {
    if (each.action === "none") continue;
    const leftOut = each.action === "leftOut";
    await runs().saveRepository(run, each.name, {
      stage: leftOut ? "leftOut" : "planned",
      note: leftOut ? each.reason : null,
    });
  }
  return plan;
}

function wavesOf({ waves, repositories }: PromotionPlan): Settled["waves"] {
  const byName = new Map(repositories.map((each) => [each.name, each]));
  return waves.map((wave) =>
    wave.map((repository) => {
      const { action, buildBy } = byName.get(repository) as PlannedRepository;
      return { repository, action, dispatch: action === "move" && buildBy === "dispatch" };
    }),
  );
}

function reasonOf({ answer, by, comment }: Decision): string {
  if (answer === "expired") return "nobody answered within the window";
  if (answer === "reject") return `rejected by ${by}${comment ? `: ${comment}` : ""}`;
  return "";
}
