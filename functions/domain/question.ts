/**
 * What a person may answer when a step failed for good, when production has to be brought back, or, `publish`, when
 * something is shown before it is public.
 */
export type StepAnswer = "retry" | "skip" | "abort" | "rollback" | "workers" | "forward" | "publish";

export const stepAnswers = [
  "retry",
  "skip",
  "abort",
  "rollback",
  "workers",
  "forward",
  "publish",
] as const satisfies readonly StepAnswer[];

export interface OfferedAnswer {
  answer: StepAnswer;
  /** On the button. */
  label: string;
  /** What it does, one sentence. */
  does: string;
}

/** A question about a step that cannot go on by itself. */
export interface StepQuestion {
  /** Of its run: `MoveStable/packit-1`; the number counts up with each time that the step fails. */
  id: string;
  /** The state that failed, or that found the run paused. */
  step: string;
  repository: string | null;
  /**
   * `failed`: after its retries. `paused`: a person paused the run, and this step was about to change something.
   * `choice`: nothing failed in the flow, but what comes next is for a person to say. `toots`: nothing is public before
   * somebody approves it; this is asked when the run itself has ended.
   */
  kind: "failed" | "paused" | "choice" | "toots";
  /** Name and sentence of the error; of a pause, who paused. */
  error: string;
  reason: string;
  answers: OfferedAnswer[];
  /** Texts that the answer is about, word for word. */
  drafts?: string[];
  /** ISO 8601. Without an answer until then, the run aborts. */
  askedAt: string;
  expiresAt: string;
}

/** The answer that stands: the first one stored. */
export interface StepDecision {
  question: string;
  answer: StepAnswer;
  /** GitHub login; `stablehand` where the run decided itself. */
  by: string;
  /** ISO 8601. */
  at: string;
  /** `run`: the run itself, since it was stopped, superseded, or what failed came right. */
  via: "page" | "slack" | "terminal" | "deadline" | "run";
  /** Why, where that is not plain. */
  comment: string | null;
}

/** What a person asked of a run under way. */
export interface RunControl {
  pause: { by: string; at: string } | null;
  /** The first one stands. `veto`: by anyone of the team, until the first move. `superseded`: by a hotfix. */
  stop: { by: string; at: string; why: "stop" | "veto" | "superseded"; comment: string | null } | null;
}

const leaveOut = {
  answer: "skip",
  label: "Leave it out",
  does: "the repository stays where it is, the run goes on with the others",
} as const;

const leaveObjects = {
  answer: "skip",
  label: "Leave the objects",
  does: "the Kubernetes objects stay as they are now, the images are imported all the same",
} as const;

const withoutVault = {
  answer: "skip",
  label: "Decide without it",
  does: "the approval says that the vault's changelog was not read",
} as const;

const keepImage = {
  answer: "skip",
  label: "Go on without it",
  does: "production keeps its present image of this repository, the next run builds it again",
} as const;

/** What skipping a state means, where that is safe. A state that is not listed cannot be skipped. */
const skips: Record<string, OfferedAnswer> = {
  AnnounceStart: {
    answer: "skip",
    label: "Go on without",
    does: "users are not told by a chat whose topic could not be changed",
  },
  AwaitDependencies: leaveOut,
  MoveStable: leaveOut,
  RebuildImages: leaveOut,
  AwaitBuild: keepImage,
  ConfirmBuild: keepImage,
  RetryBuild: keepImage,
  AwaitPush: keepImage,
  ConfirmPush: keepImage,
  PlanObjects: {
    answer: "skip",
    label: "Decide without it",
    does: "nobody is asked about the Kubernetes objects, and they stay as they are",
  },
  AwaitVault: withoutVault,
  ConfirmVault: withoutVault,
  ApplyObjects: leaveObjects,
  AwaitObjects: {
    answer: "skip",
    label: "Do not wait for it",
    does: "the images are imported, though the objects may still be being applied",
  },
  ConfirmObjects: leaveObjects,
  PinMonorepo: {
    answer: "skip",
    label: "Go on without",
    does: "the monorepo keeps its old commits until the next run",
  },
  AwaitRollout: {
    answer: "skip",
    label: "Look at production now",
    does: "the rollout is not waited for, production is inspected as it is",
  },
  AwaitSoak: {
    answer: "skip",
    label: "Look at production now",
    does: "production is inspected although its pods have only just begun to work",
  },
  AwaitReturn: {
    answer: "skip",
    label: "Look at production now",
    does: "the rollout of the earlier images is not waited for, production is checked as it is",
  },
  VerifyReturn: {
    answer: "skip",
    label: "Accept it as it is",
    does: "the rollback counts as done, somebody looks after what is not as before",
  },
  MoveBack: {
    answer: "skip",
    label: "Leave them",
    does: "the branches stay where they are: please move them by hand, or fix them forward",
  },
  CheckNotifications: {
    answer: "skip",
    label: "Go on without",
    does: "a notification that Quay switched off stays off: pushes are then found by asking, which takes longer",
  },
  MeasureSpace: {
    answer: "skip",
    label: "Decide without it",
    does: "approvers are asked what may go, without knowing how much space that frees",
  },
  DeleteTags: {
    answer: "skip",
    label: "Leave the rest",
    does: "what is not deleted yet stays until the next cleanup",
  },
  RestoreTopics: {
    answer: "skip",
    label: "Leave the topics",
    does: "a topic that could not be put back stays: please change it by hand",
  },
};

/** What retrying means, where that is more than trying the same again. */
const retries: Record<string, Omit<OfferedAnswer, "answer">> = {
  AwaitBuild: {
    label: "Build again",
    does: "the images are built again: by a new run, or by its failed jobs",
  },
  ConfirmBuild: {
    label: "Build again",
    does: "the images are built again: by a new run, or by its failed jobs",
  },
  ConfirmVault: { label: "Read it again", does: "the vault's changelog is read again" },
  ConfirmObjects: { label: "Apply again", does: "make deploy runs again, at the same commit" },
  ReadRollback: { label: "Roll back again", does: "the rollback is tried again from where it stands" },
  AwaitDependencies: {
    label: "Look again",
    does: "Copr is asked again: build the RPM there by hand first, since production builds these itself",
  },
};

/** The same for an error, whatever its step. */
const retriesAfter: Record<string, Omit<OfferedAnswer, "answer">> = {
  ObjectsMoved: {
    label: "Apply the new commit",
    does: "the Kubernetes objects are applied with what is new",
  },
};

const nothingDeleted = "nothing more is deleted, what was deleted can be brought back for a while";
const nothingAsked = "nothing more is looked at or asked for";

/** What aborting means in the flows that move nothing and set no topics. */
const aborts: Record<string, string> = {
  OpenCleanup: nothingDeleted,
  CheckNotifications: nothingDeleted,
  PlanCleanup: nothingDeleted,
  MeasureSpace: nothingDeleted,
  AskCleanup: nothingDeleted,
  ReadCleanupDecision: nothingDeleted,
  DeleteTags: nothingDeleted,
  OpenFirewall: nothingAsked,
  StartProbes: nothingAsked,
  ReadProbes: nothingAsked,
  RequestAccess: nothingAsked,
};

/**
 * What a question offers.
 *
 * @param error its name.
 * @param safeToSkip false where this very failure makes skipping unsafe, such as one of two images pushed.
 */
export function answersFor(
  step: string,
  kind: StepQuestion["kind"],
  safeToSkip = true,
  error = "",
): OfferedAnswer[] {
  const abort: OfferedAnswer = {
    answer: "abort",
    label: "Abort",
    does:
      aborts[step] ?? "nothing more is started, the topics are put back, what has moved stays where it is",
  };
  if (kind === "toots") {
    return [
      { answer: "publish", label: "Publish", does: "they are tooted as they stand here" },
      { answer: "skip", label: "No toots", does: "nothing is tooted" },
    ];
  }
  if (kind === "paused") {
    return [{ answer: "retry", label: "Resume", does: "the run goes on from here" }, abort];
  }
  const again = retriesAfter[error] ?? retries[step] ?? { label: "Try again", does: "the step runs again" };
  const skip = safeToSkip ? skips[step] : undefined;
  return [{ answer: "retry", ...again }, ...(skip ? [skip] : []), abort];
}
