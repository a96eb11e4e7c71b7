import type { StepAnswer, StepDecision, StepQuestion } from "./question.ts";

/** What states and stages are called where people read of them. All of it is plain text, to be escaped. */

const steps: Record<string, string> = {
  OpenRun: "the opening of the run",
  InspectStaging: "the inspection of staging",
  PlanPromotion: "the plan",
  PlanObjects: "the plan for the Kubernetes objects",
  AwaitVault: "the look into the vault's changelog",
  ConfirmVault: "the look into the vault's changelog",
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
  ApplyObjects: "the apply of the Kubernetes objects",
  AwaitObjects: "the apply of the Kubernetes objects",
  ConfirmObjects: "the apply of the Kubernetes objects",
  ImportImages: "the import of the images",
  AwaitRollout: "the rollout",
  AwaitSoak: "the time that the new pods get before they are judged",
  InspectProduction: "the inspection of production",
  RepairPods: "the repair of pods",
  AskRollback: "the question whether to roll back",
  RollBack: "the rollback",
  ReadRollback: "the rollback",
  OpenRollback: "the opening of the rollback",
  ReturnImages: "the return to the earlier images",
  AwaitReturn: "the rollout of the earlier images",
  VerifyReturn: "the check of the rollback",
  AskMoveBack: "the question whether to move the stable branches back",
  MoveBack: "the move of the stable branches back",
  CloseRollback: "the closing of the rollback",
  RestoreTopics: "the return of the topics",
  CloseRun: "the closing of the run",
  AskToots: "the question about the toots",
  PublishToots: "the publication of the toots",
  DraftPost: "the draft of the weekly post",
  AwaitReview: "the wait for the post's review",
  ReadReview: "the look at the post's review",
  AwaitProduction: "the post's wait for production",
  ReadProduction: "the post's look at production",
  PublishPost: "the publication of the post",
  AwaitSite: "the wait for the site to show the post",
  OpenCleanup: "the opening of the cleanup",
  CheckNotifications: "the look at Quay's notifications",
  PlanCleanup: "the plan of the cleanup",
  MeasureSpace: "the measurement of the space",
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
  const choice = choices[step];
  if (kind === "choice" && choice) return choice;
  const what = stepInWords(step);
  const of = repository ? `${repository}: ` : "";
  if (kind === "toots") return "Toots about the new post";
  if (kind === "paused") return `Paused before ${repository ? `${repository}: ` : ""}${what}`;
  return of ? `${of}${what} failed` : `${what.charAt(0).toUpperCase()}${what.slice(1)} failed`;
}

/** Headings of the questions that no failed step brings up. */
const choices: Record<string, string> = {
  AskRollback: "Production is not well after the rollout",
  AskMoveBack: "Production is back, the stable branches are not",
};

const answers: Record<StepAnswer, string> = {
  retry: "Try again",
  skip: "Skip",
  abort: "Abort",
  publish: "Publish",
  rollback: "Roll back",
  workers: "Roll back all but the service",
  forward: "Keep as is",
};

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
  const skip = answers.find((each) => each.answer === "skip" || each.answer === "forward");
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
  | "rolledBack"
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
  rolledBack: "rolled back",
  failed: "failed",
  leftOut: "left out",
};

/** `images are being built` */
export function stageInWords(stage: Stage): string {
  return stages[stage];
}
