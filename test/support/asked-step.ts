import { decisionKey, stopKey } from "../../functions/domain/keys.ts";
import { answersFor, type StepAnswer, type StepQuestion } from "../../functions/domain/question.ts";
import {
  type ControlButtonClaims,
  controlButton,
  controlLink,
  questionButton,
  questionLink,
} from "../../functions/runtime/links.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { askingRun, type HttpSystem, sha } from "./http-system.ts";

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

/** A run under way, whose approved plan moves repositories. It waits for a build, and for a stop. */
export async function runUnderWay(system: HttpSystem, setup?: Parameters<typeof askingRun>[0]) {
  const { run, plan } = await askingRun(setup);
  await runs().decide(run.id, {
    question: "approval-1",
    answer: "approve",
    by: "ben-packit",
    at: run.openedAt,
    via: "page",
    planDigest: plan.digest,
    changes: null,
    until: null,
    comment: null,
  });
  await runs().saveApproved(run.id, plan);
  await runs().saveRepository(run.id, "packit", { stage: "moved" });
  await runs().saveRepository(run.id, "sandcastle", {
    stage: "building",
    buildRun: {
      id: 4711,
      attempt: 1,
      url: "https://github.com/packit/sandcastle/actions/runs/4711",
      conclusion: null,
    },
  });
  const key = `github/run/packit/sandcastle/stable/.github%2Fworkflows%2Fbuild.yml/${sha("sandcastle", 0)}`;
  const token = `build-token-of-${run.id}`;
  await waits().register({
    id: `${run.id}/AwaitBuild/sandcastle`,
    run: run.id,
    keys: [key, stopKey(run.id)],
    after: {},
    token,
    deadline: inMinutes(120),
  });
  return {
    run: run.id,
    plan,
    timesStopped: () => system.resumed.filter((each) => each.token === token).length,
    control: async () => await questions().control(run.id),
    controlLinkOf: async (login: string, minutes = 60) =>
      await controlLink({ login, run: run.id, expiresAt: inMinutes(minutes) }),
    controlButtonOf: async (action: ControlButtonClaims["action"], minutes = 60) =>
      await controlButton({ run: run.id, action, expiresAt: inMinutes(minutes) }),
  };
}

/** A run under way with a question about a step, and the ways to answer it. */
export async function askedStep(
  system: HttpSystem,
  changes: Partial<StepQuestion> & { setup?: Parameters<typeof askingRun>[0] } = {},
) {
  const { setup, ...values } = changes;
  const underWay = await runUnderWay(system, setup);
  const { run } = underWay;
  const step = values.step ?? "ConfirmBuild";
  const kind = values.kind ?? "failed";
  const question: StepQuestion = {
    id: `${step}/sandcastle-1`,
    step,
    repository: "sandcastle",
    kind,
    error: kind === "paused" ? "RunPaused" : "BuildFailed",
    reason: "The job build (amd64) failed after 12 minutes: no space left on device.",
    answers: answersFor(step, kind),
    askedAt: new Date().toISOString(),
    expiresAt: inMinutes(240),
    ...values,
  };
  await questions().ask(run, question);
  const token = `question-token-of-${run}-${question.id}`;
  await waits().register({
    id: `${run}/AskWhatNow/${question.id}`,
    run,
    keys: [decisionKey(run, question.id), stopKey(run)],
    after: {},
    token,
  });
  const linkOf = async (login: string, { minutes = 60, id = question.id } = {}) =>
    await questionLink({ login, run, question: id, expiresAt: inMinutes(minutes) });
  return {
    ...underWay,
    question,
    linkOf,
    link: await linkOf("ada-packit"),
    buttonOf: async (answer: StepAnswer, { minutes = 60, id = question.id } = {}) =>
      await questionButton({ run, question: id, answer, expiresAt: inMinutes(minutes) }),
    decision: async () => await questions().answerTo(run, question.id),
    timesResumed: () => system.resumed.filter((each) => each.token === token).length,
  };
}
