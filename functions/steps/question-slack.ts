import { executionUrl } from "../domain/aws-console.ts";
import type { StepDecision, StepQuestion } from "../domain/question.ts";
import {
  stepAnsweredMessage,
  stepQuestionLinkMessage,
  stepQuestionMessage,
  stepQuestionReminder,
  whoToMention,
} from "../domain/question-messages.ts";
import { approvers, personOf, runFacts, teamOf } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { questionButton, questionLink, runPageLink } from "../runtime/links.ts";
import { type SlackPlace, slack } from "../services/slack.ts";
import { type Run, runs } from "../store/runs.ts";
import { now } from "./run-context.ts";

/** The Slack messages of a question about a step. Each goes out once, however often the step runs. */

const placeKey = (question: string) => `slack/${question}`;

/** In the channel, calling the person on duty; and to each approver a personal link. */
export async function sendStepQuestion(run: Run, question: StepQuestion): Promise<void> {
  const facts = { ...runFacts(run.id), question };
  const { expiresAt } = question;
  const buttons = await Promise.all(
    question.answers.map(async ({ answer }) => ({
      answer,
      value: await questionButton({ run: run.id, question: question.id, answer, expiresAt }),
    })),
  );
  const client = await slack();
  const mention = whoToMention(teamOf(run), 0);
  const key = `${run.id}/question/${question.id}`;
  const runUrl = await runPageLink(run.id);
  const consoleUrl = executionUrl(run.execution);
  const message = stepQuestionMessage({ ...facts, mention, buttons, runUrl, consoleUrl });
  const place = await client.postOnce({ channel: config().slack.channel, key, ...message });
  await runs().remember<SlackPlace>(run.id, placeKey(question.id), place);
  for (const person of approvers()) {
    const url = await questionLink({ login: person.github, run: run.id, question: question.id, expiresAt });
    const link = stepQuestionLinkMessage({ ...facts, url });
    await client.directMessage(person.slack, { key: `${key}/link`, ...link });
  }
}

/** Calls more people the longer nobody answers: first the backup too, then everyone who may answer. */
export async function remindOfStep(run: Run, question: StepQuestion): Promise<void> {
  const waited = (Date.parse(now()) - Date.parse(question.askedAt)) / 60_000;
  const round = Math.floor(waited / config().limits.reminderMinutes);
  const place = await runs().recall<SlackPlace>(run.id, placeKey(question.id));
  if (round === 0 || !place) return;
  const mention = whoToMention(teamOf(run), round);
  const message = stepQuestionReminder({ ...runFacts(run.id), question, mention });
  const key = `${run.id}/question/${question.id}/reminder-${round}`;
  await (await slack()).postOnce({ channel: place.channel, threadTs: place.ts, key, ...message });
}

/** Puts the answer where the buttons were. */
export async function showStepAnswer(
  run: string,
  question: StepQuestion,
  decision: StepDecision,
): Promise<void> {
  const place = await runs().recall<SlackPlace>(run, placeKey(question.id));
  if (!place) return;
  const message = stepAnsweredMessage({ ...runFacts(run), question }, decision, personOf(decision.by));
  await (await slack()).update({ ...place, ...message });
}
