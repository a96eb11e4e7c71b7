import { z } from "zod";
import { answerStep } from "../control.ts";
import { decisionKey, githubRunKey, stopKey } from "../domain/keys.ts";
import { failedNotice } from "../domain/matrix-messages.ts";
import { answersFor, type StepQuestion } from "../domain/question.ts";
import { questionTitle } from "../domain/step-words.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { questions } from "../store/questions.ts";
import { deploys, type Run, runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { type ExpectedBuild, expectedBuild, findBuild } from "./build-wait.ts";
import { readCause } from "./cause.ts";
import { thenShow } from "./live-message.ts";
import { tellMatrix } from "./matrix-notice.ts";
import { pushEvidence } from "./push-evidence.ts";
import { nextQuestionId } from "./question-number.ts";
import { remindOfStep, sendStepQuestion } from "./question-slack.ts";
import { minutesAfter, now, stopWords } from "./run-context.ts";

const failure = z.object({ Error: z.string(), Cause: z.string() });
const input = waitingInput.extend({
  repository: z.string().min(1).optional(),
  /** The state that failed, with its error, beside what earlier questions left. */
  gate: z.record(z.string(), z.unknown()),
});

interface Failed {
  run: string;
  step: string;
  repository: string | null;
  error: string;
  reason: string;
}

/** These end the run whatever a person would say; so does any failure of a dry run, which has nobody to ask. */
const final = ["RunStopped", "RunSuperseded"];
const buildSteps = ["AwaitBuild", "ConfirmBuild", "RetryBuild"];
const imageSteps = [...buildSteps, "AwaitPush", "ConfirmPush"];

/**
 * Serves the question states of every scope: a step failed for good, or found the run paused. Asks in Slack, the person
 * on duty first, then the backup, then everybody, and waits for the first answer. A failed build has a second way out:
 * a later attempt that ends. Nobody answers: the run aborts by itself.
 *
 * The question keeps its number until its answer was read, so that entering the state again asks the same one.
 */
const waitForAnAnswer = step(
  "ask-what-now",
  input,
  async ({ run: id, repository = null, gate, taskToken }) => {
    const run = await runs().get(id);
    const failed = failedStep(id, repository, gate);
    if (!run) throw new NotFound(`There is no run ${id} in the store.`);
    const question = await ask(run, failed);
    const build = await buildAskedAbout(failed, question.id);
    const wait = await waits().register({
      id: `${id}/AskWhatNow/${question.id}`,
      run: id,
      keys: [decisionKey(id, question.id), stopKey(id), ...(build ? [build.key] : [])],
      after: build ? { laterThan: build.laterThan } : {},
      token: taskToken,
      deadline: question.expiresAt,
    });
    if (wait.status === "resumed") return {};
    const answered = await questions().answerTo(id, question.id);
    if (!answered && build && (await signalLaterAttempt(build))) return {};
    const decided = answered ?? (await decideByItself(run, failed, question));
    if (decided) {
      await answerStep(id, decided);
      return {};
    }
    await tell(run, question);
    return {};
  },
);

export const handler = thenShow(waitForAnAnswer);

function failedStep(run: string, repository: string | null, gate: Record<string, unknown>): Failed {
  for (const [name, value] of Object.entries(gate)) {
    const parsed = failure.safeParse(value);
    if (!parsed.success) continue;
    return { run, step: name, repository, error: parsed.data.Error, reason: readCause(parsed.data.Cause) };
  }
  throw new NotFound(`${run}: the question has no failed step to ask about.`);
}

async function ask(run: Run, failed: Failed): Promise<StepQuestion> {
  const { step: name, repository, error, reason } = failed;
  const kind = error === "RunPaused" ? "paused" : "failed";
  const askedAt = now();
  const { first, question } = await questions().ask(run.id, {
    id: await nextQuestionId(run.id, name, repository),
    step: name,
    repository,
    kind,
    error,
    reason,
    answers: answersFor(name, kind, await safeToSkip(failed), error),
    askedAt,
    expiresAt: minutesAfter(askedAt, config().limits.questionMinutes),
  });
  if (first) {
    log("ask-what-now.asked", { question: question.id, error });
    if (repository) await runs().saveRepository(run.id, repository, { note: reason });
    await runs().record(run.id, { code: "question.asked", text: `${question.id}: ${reason}`, state: name });
  }
  return question;
}

/** With one of two images pushed, going on would leave production with halves of two versions. */
async function safeToSkip({ run, step: name, repository }: Failed): Promise<boolean> {
  if (!repository || !imageSteps.includes(name)) return true;
  try {
    const { digests, missing } = await pushEvidence(run, repository);
    return missing.length === 0 || Object.keys(digests).length === 0;
  } catch (thrown) {
    log("ask-what-now.no-evidence", { reason: messageOf(thrown) }, "warn");
    return false;
  }
}

interface BuildAskedAbout {
  repository: string;
  expected: ExpectedBuild;
  key: string;
  /** The attempt that the question is about. */
  laterThan: ExpectedBuild["laterThan"];
}

/**
 * A later attempt of the build is a way out, beside an answer and a stop. What it has to be later than is written down
 * when the question is asked first: an attempt that runs when the question is asked again is one of those that count.
 */
async function buildAskedAbout(failed: Failed, question: string): Promise<BuildAskedAbout | null> {
  const { run, step: name, repository } = failed;
  if (!repository || !buildSteps.includes(name)) return null;
  const expected = await expectedBuild(run, repository);
  const key = githubRunKey({ owner: config().github.owner, repository, ...expected });
  const fact = `asked-about/${question}`;
  const known = await runs().recall<ExpectedBuild["laterThan"]>(run, fact);
  const laterThan = known ?? (await runs().remember(run, fact, await failedAttempt(failed, expected))).value;
  return { repository, expected, key, laterThan };
}

/** The attempt that ConfirmBuild saw fail. Where another thing failed: the newest one that has ended. */
async function failedAttempt({ run, repository, error }: Failed, expected: ExpectedBuild) {
  const name = repository ?? "";
  const { buildRun } = (await runs().repository(run, name)) ?? {};
  if (error === "BuildFailed" && buildRun) return { run: buildRun.id, attempt: buildRun.attempt };
  const build = await findBuild(name, expected);
  if (!build) return expected.laterThan;
  return { run: build.id, attempt: build.status === "completed" ? build.attempt : build.attempt - 1 };
}

/** Asks GitHub, in case the webhook was lost. GitHub being away is no reason to stop asking people. */
async function signalLaterAttempt({
  repository,
  expected,
  key,
  laterThan,
}: BuildAskedAbout): Promise<boolean> {
  try {
    const build = await findBuild(repository, { ...expected, laterThan });
    if (build?.status !== "completed") return false;
    const { id, attempt, conclusion } = build;
    await waits().signal({
      key,
      id: `run/${id}/${attempt}`,
      origin: "recheck",
      body: { runId: id, attempt, conclusion },
    });
    return true;
  } catch (thrown) {
    log("ask-what-now.not-asked", { repository, reason: messageOf(thrown) }, "warn");
    return false;
  }
}

async function decideByItself(run: Run, { error, reason }: Failed, question: StepQuestion) {
  const { stop, pause } = await questions().control(run.id);
  const at = now();
  const decision = { question: question.id, answer: "abort" as const, at };
  if (stop) return { ...decision, by: stop.by, via: "run" as const, comment: stopWords(stop) };
  if (final.includes(error) || run.kind === "dry-run") {
    return { ...decision, by: "stablehand", via: "run" as const, comment: reason };
  }
  // Whoever resumes takes the pause back first and looks for the question afterwards; here it is the other way round.
  if (question.kind === "paused" && !pause) {
    return {
      ...decision,
      answer: "retry" as const,
      by: "stablehand",
      via: "run" as const,
      comment: "resumed",
    };
  }
  if (at < question.expiresAt) return null;
  // Where a run cannot be aborted any more (its topics are not back yet), it goes on to its end.
  const answer = question.answers.some((each) => each.answer === "abort")
    ? ("abort" as const)
    : ("skip" as const);
  return { ...decision, answer, by: "stablehand", via: "deadline" as const, comment: "nobody answered" };
}

/** Slack being away is no reason to stop asking: the state is entered again after its timeout, and tries again. */
async function tell(run: Run, question: StepQuestion): Promise<void> {
  try {
    await sendStepQuestion(run, question);
    if (question.kind === "failed" && deploys(run)) {
      const title = questionTitle(question);
      await tellMatrix(run.id, `question/${question.id}`, failedNotice({ ...runFacts(run.id), title }));
    }
    await remindOfStep(run, question);
  } catch (thrown) {
    log("ask-what-now.not-told", { question: question.id, reason: messageOf(thrown) }, "warn");
  }
}
