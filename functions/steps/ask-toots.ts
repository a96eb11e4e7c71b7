import { answerStep } from "../control.ts";
import { decisionKey } from "../domain/keys.ts";
import { answersFor, type StepQuestion } from "../domain/question.ts";
import { count } from "../domain/words.ts";
import { messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { questions } from "../store/questions.ts";
import { type Run, runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { nextQuestionId } from "./question-number.ts";
import { remindOfStep, sendStepQuestion } from "./question-slack.ts";
import { minutesAfter, now } from "./run-context.ts";
import { askingState, type MastodonSettings, tootsOf } from "./toots.ts";

/**
 * Shows the drafts of the toots to the approvers and waits for the first answer: publish them, or not. Nothing is public
 * before. Entered again after its timeout it reminds, and after `mastodon.questionHours` decides by itself that nothing
 * is tooted. Without toots (none are configured, or no post was published) it goes on at once.
 */
export const handler = step("ask-toots", waitingInput, async ({ run: id, taskToken }) => {
  const found = await tootsOf(id);
  if (!found) {
    await stepFunctions().succeed(taskToken, {});
    return {};
  }
  const run = await runs().get(id);
  if (!run) throw new NotFound(`There is no run ${id} in the store.`);
  const { settings, toots } = found;
  const question = await ask(
    id,
    toots.map(({ text }) => text),
    settings,
  );
  const wait = await waits().register({
    id: `${id}/AskToots/${question.id}`,
    run: id,
    keys: [decisionKey(id, question.id)],
    after: {},
    token: taskToken,
    deadline: question.expiresAt,
  });
  if (wait.status === "resumed") return {};
  const answered = await questions().answerTo(id, question.id);
  if (answered) await answerStep(id, answered);
  else if (now() >= question.expiresAt) await decideByItself(id, question);
  else await tell(run, question, settings);
  return {};
});

async function ask(run: string, drafts: string[], settings: MastodonSettings): Promise<StepQuestion> {
  const askedAt = now();
  const when =
    settings.mode === "thread"
      ? "as one thread, at once"
      : `the first at once, then one every ${count(settings.everyHours, "hour")}`;
  const { first, question } = await questions().ask(run, {
    id: await nextQuestionId(run, askingState, null),
    step: askingState,
    repository: null,
    kind: "toots",
    error: "",
    reason: `${count(drafts.length, "toot")} for ${new URL(settings.instanceUrl).host}, ${when}. Nothing is public yet.`,
    answers: answersFor(askingState, "toots"),
    drafts,
    askedAt,
    expiresAt: minutesAfter(askedAt, settings.questionHours * 60),
  });
  if (first) log("ask-toots.asked", { question: question.id, toots: drafts.length });
  return question;
}

async function decideByItself(run: string, question: StepQuestion): Promise<void> {
  await answerStep(run, {
    question: question.id,
    answer: "skip",
    by: "stablehand",
    at: now(),
    via: "deadline",
    comment: "nobody answered",
  });
}

/** Slack being away is no reason to stop asking: the state is entered again after its timeout, and tries again. */
async function tell(run: Run, question: StepQuestion, settings: MastodonSettings): Promise<void> {
  try {
    await sendStepQuestion(run, question);
    await remindOfStep(run, question, settings.reminderHours * 60);
  } catch (thrown) {
    log("ask-toots.not-told", { question: question.id, reason: messageOf(thrown) }, "warn");
  }
}
