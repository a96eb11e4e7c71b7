import type { StepAnswer, StepDecision, StepQuestion } from "./question.ts";

/** What states and stages are called where people read of them. All of it is plain text, to be escaped. */

const steps: Record<string, string> = {
  OpenRun: "the opening of the run",
  InspectStaging: "the inspection of staging",
  PlanPromotion: "the plan",
  AskApproval: "the question for approval",
  AnnounceStart: "the announcement in the chats",
  InspectBaseline: "the look at production before the run",
  AwaitDependencies: "the wait for its RPMs",
  MoveStable: "the move of the stable branch",
  RebuildImages: "the start of the image build",
  RetryBuild: "the new image build",
  AwaitBuild: "the image build",
  ConfirmBuild: "the image build",
  AwaitPush: "the push of its images",
  ConfirmPush: "the push of its images",
  PinMonorepo: "the update of the monorepo",
  ImportImages: "the import of the images",
  AwaitRollout: "the rollout",
  InspectProduction: "the inspection of production",
  RestoreTopics: "the return of the topics",
  CloseRun: "the closing of the run",
  OpenCleanup: "the opening of the cleanup",
  CheckNotifications: "the look at Quay's notifications",
  PlanCleanup: "the plan of the cleanup",
  AskCleanup: "the question what to delete",
  ReadCleanupDecision: "the question what to delete",
  DeleteTags: "the deletion of old tags",
  OpenFirewall: "the opening of the firewall request",
  StartProbes: "the look at the domains from inside",
  ReadProbes: "the look at the domains from inside",
  RequestAccess: "the firewall request",
};

/** `the image build`; a state that has no words goes by its name. */
export function stepInWords(step: string): string {
  return steps[step] ?? step;
}

/** What a question is about, as a heading: `packit: the image build failed`, `The rollout failed`. */
export function questionTitle({ kind, step, repository }: StepQuestion): string {
  const what = stepInWords(step);
  const of = repository ? `${repository}: ` : "";
  if (kind === "paused") return `Paused before ${repository ? `${repository}: ` : ""}${what}`;
  return of ? `${of}${what} failed` : `${what.charAt(0).toUpperCase()}${what.slice(1)} failed`;
}

const answers: Record<StepAnswer, string> = { retry: "Try again", skip: "Skip", abort: "Abort" };

/** As on the button that was offered. */
export function answerInWords(question: StepQuestion, answer: StepAnswer): string {
  return question.answers.find((each) => each.answer === answer)?.label ?? answers[answer];
}

/** How an answer came, after the name: `in Slack`. */
export const placesOfAnswers: Record<StepDecision["via"], string> = {
  page: "on the page",
  slack: "in Slack",
  terminal: "in a terminal",
  deadline: "by the deadline",
  run: "by the run itself",
};

/** What happens when nobody answers, as one sentence. A run that is ending cannot be aborted, so it goes on to its end. */
export function withoutAnAnswer({ answers }: StepQuestion): string {
  const abort = answers.find((each) => each.answer === "abort");
  if (abort) return `Without an answer the run aborts then: ${abort.does}.`;
  const skip = answers.find((each) => each.answer === "skip");
  return skip ? `Without an answer it goes on then: ${skip.does}.` : "";
}

/** The stages of a repository while the run goes on. */
export type Stage =
  | "planned"
  | "waiting"
  | "moved"
  | "rebuilding"
  | "building"
  | "built"
  | "pushed"
  | "imported"
  | "deployed"
  | "failed"
  | "leftOut";

const stages: Record<Stage, string> = {
  planned: "not begun",
  waiting: "waits for what it depends on",
  moved: "moved",
  rebuilding: "images are being rebuilt",
  building: "images are being built",
  built: "built, its images are awaited at Quay",
  pushed: "images are at Quay",
  imported: "imported, rolling out",
  deployed: "deployed",
  failed: "failed",
  leftOut: "left out",
};

/** `images are being built` */
export function stageInWords(stage: Stage): string {
  return stages[stage];
}
