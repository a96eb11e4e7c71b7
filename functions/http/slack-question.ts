import type { StepDecision, StepQuestion } from "../domain/question.ts";
import { escapeSlack } from "../domain/slack-text.ts";
import { answerInWords } from "../domain/step-words.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { answerQuestion, stepStanding, tellAgain } from "../requests.ts";
import { config } from "../runtime/config.ts";
import { verifyQuestionButton } from "../runtime/links.ts";
import { personBySlackId } from "./people.ts";
import { notApprover, type Press, readButton } from "./slack-press.ts";

/**
 * A press on a button of a question about a step.
 * @returns what the person has to be told, or null when the answer was stored.
 */
export async function pressQuestion(press: Press): Promise<string | null> {
  const button = readButton(await verifyQuestionButton(press.value), ({ answer }) => answer === press.name);
  if ("problem" in button) return button.problem;
  const { run, question, answer } = button.claims;
  const person = personBySlackId(press.slackId);
  if (!person?.approver) return notApprover(press, { run, question });
  const stands = await stepStanding(run, question);
  switch (stands.is) {
    case "unknown":
      return "This question is not known any more, so nothing was done.";
    case "over":
      return "This question is not asked any more, so nothing was done.";
    case "answered":
      await tellAgain(run, stands.decision);
      return alreadyAnswered(stands.question, stands.decision);
    case "open": {
      if (!stands.question.answers.some((each) => each.answer === answer)) {
        return "This question does not offer that answer, so nothing was done.";
      }
      const given = { answer, by: person.github, via: "slack", comment: null } as const;
      const { won, decision } = await answerQuestion(run, stands.question, given);
      return won ? null : alreadyAnswered(stands.question, decision);
    }
  }
}

function alreadyAnswered(question: StepQuestion, decision: StepDecision): string {
  const at = timeOf(decision.at, config().schedule.timeZone, new Date().toISOString());
  const label = escapeSlack(answerInWords(question, decision.answer));
  if (decision.via === "deadline")
    return `Nobody answered in time, so “${label}” was settled at ${at}. Nothing was done.`;
  if (decision.via === "run") return `The run settled this itself at ${at}: “${label}”. Nothing was done.`;
  return `${escapeSlack(personOf(decision.by).name)} already answered “${label}” at ${at}. Your press changed nothing.`;
}
