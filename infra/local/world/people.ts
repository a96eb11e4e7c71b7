import type { Builder } from "./builder.ts";
import type { WorldContext } from "./context.ts";
import type { GitHubEmulator } from "./github/index.ts";
import type { MatrixEmulator } from "./matrix.ts";
import type { SlackEmulator } from "./slack.ts";

/**
 * The people around a deployment, where a fault says so: who moves a branch in between, who edits a topic, and the
 * admins who mend what a run asks about in Slack. They act when Slack shows them what it is about.
 */
export interface People {
  close(): void;
}

interface Systems {
  github: GitHubEmulator;
  matrix: MatrixEmulator;
  slack: SlackEmulator;
  builder: Builder;
}

/** Minutes from a new topic until somebody changes it. */
const editMinutes = 5;
export const editedTopic = "Office hours today at 15:00 | https://status.example.org";

/** The step and repository that a question is about, from the end of its message's key: `MoveStable/packit-1`. */
const aboutStep = /\/question\/([A-Za-z]+)(?:\/([\w.-]+))?-\d+$/;

export function startPeople(
  { config, events, faults, timers, log }: WorldContext,
  { github, matrix, slack, builder }: Systems,
): People {
  const { stableBranch } = config.github;

  function posted({ channel, key }: { channel: string; key: string | null }): void {
    if (channel !== config.slack.channel || key === null) return;
    if (/\/approval-\d+$/.test(key)) moveStable();
    const [, step, repository] = aboutStep.exec(key) ?? [];
    if (step) mend(step, repository ?? null);
  }

  /** The one that waits for nobody, so that nothing else is held up. */
  function moveStable(): void {
    const ahead = config.repositories.flatMap(({ name, moved, waitsFor, rpm }) => {
      const [sha] = moved ? (github.ahead(name) ?? []) : [];
      return sha ? [{ name, sha, alone: waitsFor.length === 0 && rpm === null }] : [];
    });
    const target = ahead.find((each) => each.alone) ?? ahead[0];
    if (!target) return;
    const what = `somebody moves ${stableBranch} of ${target.name} to ${target.sha.slice(0, 7)}`;
    if (!faults.strikes("stable-moved", what)) return;
    background(github.moveAsPerson(target.name, stableBranch, target.sha));
  }

  function mend(step: string, repository: string | null): void {
    if (step === "MoveStable") faults.mend("push-refused", "an admin grants the App the permission");
    if (step === "AnnounceStart" && faults.mend("matrix-no-power", "an admin grants the bot its power level"))
      matrix.grantPower(50);
    if (step === "ImportImages")
      faults.mend("import-fails", "the registry lets the cluster have its images again");
    if (step === "AwaitDependencies" && repository && faults.lasts("copr-fails")) {
      const packages = builder.buildMissingRpms(repository).join(", ");
      if (packages) faults.mend("copr-fails", `a person builds ${packages} at Copr by hand`);
    }
  }

  function topicSet(): void {
    const [first, second] = config.people;
    const person = second ?? first;
    if (!person || !faults.has("topic-edited")) return;
    timers.after(editMinutes, async () => {
      if (!faults.strikes("topic-edited", `${person.name} changes the Slack topic`)) return;
      await slack.setTopicAs(person.slack, editedTopic);
    });
  }

  function background(work: Promise<void>): void {
    work.catch((thrown: unknown) => log("people", `failed: ${String(thrown)}`));
  }

  events.on("posted", posted);
  events.on("topicSet", topicSet);
  return {
    close() {
      events.off("posted", posted);
      events.off("topicSet", topicSet);
    },
  };
}
