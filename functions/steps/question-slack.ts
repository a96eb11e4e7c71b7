import type { StepDecision, StepQuestion } from "../domain/question.ts";
import {
  stepAnsweredMessage,
  stepQuestionLinkMessage,
  stepQuestionMessage,
  stepQuestionReminder,
  whoToMention,
} from "../domain/question-messages.ts";
import { personOf, runFacts, teamOf } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { executionPage } from "../runtime/environment.ts";
import { questionButton, questionLink } from "../runtime/links.ts";
import { slack } from "../services/slack.ts";
import { type Run, runs } from "../store/runs.ts";
import { type ReplyPlace, replyOnce } from "./live-message.ts";
import { now } from "./run-context.ts";
import { runPage } from "./run-page.ts";
import { tellApprovers } from "./tell-approvers.ts";

/**
 * The Slack messages of a question about a step, in the thread of the run's message. Each goes out once, however often
 * the step runs.
 */

const placeKey = (question: string) => `slack/${question}`;

/** In the thread, calling the person on duty; and to each approver a personal link. */
export async function sendStepQuestion(run: Run, question: StepQuestion): Promise<void> {
  const facts = { ...runFacts(run.id), question };
  const { expiresAt } = question;
  const buttons = await Promise.all(
    question.answers.map(async ({ answer }) => ({
      answer,
      value: await questionButton({ run: run.id, question: question.id, answer, expiresAt }),
    })),
  );
  const mention = whoToMention(teamOf(run), 0);
  const key = `question/${question.id}`;
  const runUrl = await runPage(run.id);
  const consoleUrl = executionPage(run.execution);
  const message = stepQuestionMessage({ ...facts, mention, buttons, runUrl, consoleUrl });
  const place = await replyOnce(run.id, key, message);
  await runs().remember<ReplyPlace>(run.id, placeKey(question.id), place);
  await tellApprovers(run.id, `${run.id}/${key}/link`, async ({ github: login }) => {
    const url = await questionLink({ login, run: run.id, question: question.id, expiresAt });
    return stepQuestionLinkMessage({ ...facts, url });
  });
}

/** Calls more people the longer nobody answers: first the backup too, then everyone who may answer. */
export async function remindOfStep(
  run: Run,
  question: StepQuestion,
  everyMinutes = config().limits.reminderMinutes,
): Promise<void> {
  const waited = (Date.parse(now()) - Date.parse(question.askedAt)) / 60_000;
  const round = Math.floor(waited / everyMinutes);
  const place = await runs().recall<ReplyPlace>(run.id, placeKey(question.id));
  if (round === 0 || !place) return;
  const mention = whoToMention(teamOf(run), round);
  const message = stepQuestionReminder({ ...runFacts(run.id), question, mention });
  const key = `${run.id}/question/${question.id}/reminder-${round}`;
  // Threads have no threads.
  const threadTs = place.threadTs ?? place.ts;
  await (await slack()).postOnce({ channel: place.channel, threadTs, key, ...message });
}

/** Puts the answer where the buttons were. */
export async function showStepAnswer(
  run: string,
  question: StepQuestion,
  decision: StepDecision,
): Promise<void> {
  const place = await runs().recall<ReplyPlace>(run, placeKey(question.id));
  if (!place) return;
  const message = stepAnsweredMessage({ ...runFacts(run), question }, decision, personOf(decision.by));
  await (await slack()).update({ channel: place.channel, ts: place.ts, ...message });
}
