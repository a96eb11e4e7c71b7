import { BadCommand } from "./bad-command.ts";

/** What can be made to go wrong in a rehearsal, by `--fail NAME`: each name with what then happens. */
export const faults = {
  "build-fails": "the first image build fails; the next attempt succeeds",
  "build-cancelled": "an image build is cancelled after its first image is pushed; the next attempt succeeds",
  "webhook-lost": "GitHub never tells that a build has ended",
  "webhook-twice": "GitHub and Quay send every webhook twice",
  "webhook-early": "a build takes no time: its webhooks come before anybody waits for them",
  "push-refused": "GitHub refuses moves over workflow files until somebody grants the permission",
  "stable-moved": "somebody moves a stable branch after the plan was shown",
  "stable-diverged": "a stable branch has a commit of its own, picked from main",
  "quay-silent": "Quay tells of no push",
  "copr-fails": "the first Copr build fails; a person builds it by hand once asked",
  "slack-down": "Slack answers 503 for a while after the approval",
  "matrix-no-power": "the bot may not set the Matrix topic until somebody grants it the power level",
  "topic-edited": "a person changes the Slack topic during the run",
  "approver-late": "the robot answers only after the first reminder",
  "two-approvers": "two approvers answer at the same moment, one on the page and one in Slack",
  "engine-killed": "the process is killed after the first move and started again",
  "sentry-regression": "Sentry shows a new error in production a while after the import",
  "objects-changed":
    "Kubernetes objects and vault have changed, the approver applies them, and one task fails the first time",
  "main-moves-before-apply": "somebody changes Kubernetes objects after the approval was asked for",
  "stuck-pod": "a worker's pod gets stuck in Terminating",
  "image-pull": "a pod cannot pull its new image until that is imported again",
  "crash-loop": "the new images of the service crash as soon as they start; the next build works",
  "crash-loop-after-migration":
    "the new workers crash after the service has migrated its database; the next build works",
  "import-fails": "the cluster refuses to import an image until somebody has been asked",
  "watch-drops": "watches of the cluster break off, expire and are limited, again and again",
} as const;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

/** @throws BadCommand that lists what there is. */
export function readFaults(names: readonly string[]): FaultName[] {
  const unknown = names.find((name) => !Object.hasOwn(faults, name));
  if (unknown === undefined) return [...new Set(names as FaultName[])];
  throw new BadCommand(`There is no fault "${unknown}". --fail takes one of these:\n${listOfFaults()}`);
}

/** One line each, for people. */
export function listOfFaults(): string {
  const width = Math.max(...faultNames.map((name) => name.length));
  return faultNames.map((name) => `  ${name.padEnd(width)} ${faults[name]}`).join("\n");
}
