import type { Decision } from "../domain/decision.ts";
import { decisionKey } from "../domain/keys.ts";
import { approvalDigest, type ObjectsPlan } from "../domain/objects-plan.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { log } from "../runtime/logger.ts";
import { count } from "../runtime/metrics.ts";
import { objects as objectsStore } from "../store/objects.ts";
import { questions } from "../store/questions.ts";
import { type Run, runs } from "../store/runs.ts";
import { waits } from "../waits.ts";

/** What a link or a button binds. */
export interface Asked {
  run: string;
  question: string;
  /** Digest of what was shown: `approvalDigest`. */
  plan: string;
}

export type Standing =
  | { is: "open"; run: Run; plan: PromotionPlan; objects: ObjectsPlan | null }
  | {
      is: "decided";
      run: Run;
      plan: PromotionPlan | null;
      objects: ObjectsPlan | null;
      decision: Decision;
    }
  /** `over`: the run ended, was vetoed or stopped, or asks another question by now. `changed`: the run has another plan by now. */
  | { is: "unknown" | "over" | "changed" };

/** How it stands with a question: what was decided is told even when the run has ended or planned again since. */
export async function standing(asked: Asked): Promise<Standing> {
  const run = await runs().get(asked.run);
  if (!run) return { is: "unknown" };
  const [decision, { stop }, current, objects] = await Promise.all([
    runs().decision(run.id, asked.question),
    questions().control(run.id),
    run.planVersion === null ? null : runs().plan(run.id, run.planVersion),
    objectsStore().plan(run.id),
  ]);
  const plan = current && approvalDigest(current, objects) === asked.plan ? current : null;
  if (decision) return { is: "decided", run, plan, objects: plan && objects, decision };
  if (run.status !== "running" || stop || (await asksAnother(asked))) return { is: "over" };
  return plan ? { is: "open", run, plan, objects } : { is: "changed" };
}

/**
 * Questions of a run are numbered: `approval-2` follows `approval-1`. A wait for a later one tells that this one is
 * no longer asked; a wait for this one may not be there yet, since the link goes out first.
 */
async function asksAnother({ run, question }: Asked): Promise<boolean> {
  const later = new Set<string>();
  const [, name, number] = /^(.*-)(\d+)$/.exec(question) ?? [];
  if (name === undefined) return false;
  const prefix = decisionKey(run, name);
  for (const wait of await waits().waitsOf(run)) for (const key of wait.keys) later.add(key);
  return [...later].some(
    (key) => key.startsWith(prefix) && Number(key.slice(prefix.length)) > Number(number),
  );
}

/**
 * Stores a person's answer and then resumes the run; nothing is left to do afterwards. The first answer stands.
 *
 * @returns the decision that stands, and whether it is this one.
 */
export async function decide(run: string, answer: Decision): Promise<{ won: boolean; decision: Decision }> {
  const { won, decision } = await runs().decide(run, answer);
  log("decision.answered", { run, question: answer.question, answer: answer.answer, by: answer.by, won });
  if (won) count("Decisions");
  await resume(run, decision);
  return { won, decision };
}

/**
 * Tells the run that a decision stands. Again is harmless, and makes good for a time when the run could not be told:
 * whoever answers late does it.
 */
export async function resume(run: string, decision: Decision): Promise<void> {
  const { question, answer, by, via } = decision;
  await waits().signal({
    key: decisionKey(run, question),
    id: "decision",
    origin: "signal",
    body: { answer, by },
  });
  await runs().record(run, {
    code: `decision.${answer}`,
    text: `${by} answered “${answer}” (${via})`,
    who: by,
    state: "AskApproval",
    key: `decision#${question}`,
  });
}
