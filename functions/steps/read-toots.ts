import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { questions } from "../store/questions.ts";
import { newestQuestion } from "./question-number.ts";
import { showStepAnswer } from "./question-slack.ts";
import { askingState } from "./toots.ts";

/**
 * Reads from the store what was answered about the toots, and shows it where they were asked about.
 * @returns `answer`: `publish`, or `skip` for any other end, also where there was nothing to ask about.
 */
export const handler = step("read-toots", runInput, async ({ run }) => {
  const question = await newestQuestion(run, askingState, null);
  const decision = question && (await questions().answerTo(run, question.id));
  if (!question || !decision) return { answer: "skip" };
  try {
    await showStepAnswer(run, question, decision);
  } catch (thrown) {
    log("read-toots.not-shown", { question: question.id, reason: messageOf(thrown) }, "warn");
  }
  const { by, via } = decision;
  const answer = decision.answer === "publish" ? "publish" : "skip";
  log("read-toots.read", { question: question.id, answer, by, via });
  return { answer };
});
