import { answerStep } from "../control.ts";
import { decisionKey, stopKey } from "../domain/keys.ts";
import type { OfferedAnswer, StepAnswer, StepDecision } from "../domain/question.ts";
import { config } from "../runtime/config.ts";
import { messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { nextQuestionId } from "./question-number.ts";
import { remindOfStep, sendStepQuestion } from "./question-slack.ts";
import { minutesAfter, now, stopWords } from "./run-context.ts";

export interface Choice {
  run: string;
  /** The state that asks. */
  step: string;
  taskToken: string;
  /** The evidence, one or more sentences. */
  reason: string;
  answers: OfferedAnswer[];
  /** What is settled when nobody answers in time; it is among the answers. */
  withoutAnswer: StepAnswer;
  /** Answers without asking anybody, and says why; null: a person is asked. */
  alone?: { answer: StepAnswer; why: string } | null;
}

/**
 * Asks the approvers what comes next where nothing in the flow failed, and waits for the first answer. Entered again
 * after its timeout it is the same question, until its answer was read.
 */
export async function askChoice(choice: Choice): Promise<void> {
  const { run: id, step, taskToken } = choice;
  const run = await runs().get(id);
  if (!run) throw new NotFound(`There is no run ${id} in the store.`);
  const askedAt = now();
  const { first, question } = await questions().ask(id, {
    id: await nextQuestionId(id, step, null),
    step,
    repository: null,
    kind: "choice",
    error: "",
    reason: choice.reason,
    answers: choice.answers,
    askedAt,
    expiresAt: minutesAfter(askedAt, config().limits.questionMinutes),
  });
  if (first) {
    log("ask-choice.asked", { question: question.id });
    await runs().record(id, {
      code: "question.asked",
      text: `${question.id}: ${question.reason}`,
      state: step,
    });
  }
  const wait = await waits().register({
    id: `${id}/AskChoice/${question.id}`,
    run: id,
    keys: [decisionKey(id, question.id), stopKey(id)],
    after: {},
    token: taskToken,
    deadline: question.expiresAt,
  });
  if (wait.status === "resumed") return;
  const decided = (await questions().answerTo(id, question.id)) ?? (await decideAlone(choice, question));
  if (decided) {
    await answerStep(id, decided);
    return;
  }
  try {
    await sendStepQuestion(run, question);
    await remindOfStep(run, question);
  } catch (thrown) {
    // Slack being away is no reason to stop asking: the state is entered again after its timeout.
    log("ask-choice.not-told", { question: question.id, reason: messageOf(thrown) }, "warn");
  }
}

async function decideAlone(
  { run, alone, withoutAnswer }: Choice,
  question: { id: string; expiresAt: string },
): Promise<StepDecision | null> {
  const { stop } = await questions().control(run);
  const at = now();
  const decision = { question: question.id, at, by: "stablehand", via: "run" as const };
  if (stop) return { ...decision, answer: "abort", by: stop.by, comment: stopWords(stop) };
  if (alone) return { ...decision, answer: alone.answer, comment: alone.why };
  if (at < question.expiresAt) return null;
  return { ...decision, answer: withoutAnswer, via: "deadline", comment: "nobody answered" };
}
