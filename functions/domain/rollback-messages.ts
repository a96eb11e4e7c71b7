import type { RunFacts, Who } from "./messages.ts";
import type { Repair, Repairs } from "./pod-repair.ts";
import type { Pin, RollbackPlan } from "./rollback.ts";
import { fallback, lineSections, type SlackMessage, section } from "./slack-blocks.ts";
import { code, escapeWithin, oneLine } from "./slack-text.ts";
import { timeOf } from "./times.ts";
import { count } from "./words.ts";

/** Slack messages about repairs and rollbacks. Names and reasons come from other systems: all of it is escaped. */

const repairWords: Record<Repair["kind"], string> = {
  delete: "deleted, with its grace period",
  forceDelete: "deleted by force, since that had not helped",
  import: "its image stream is imported again",
};

/** @param facts.repaired false: nothing was done, since only a person may, or the rounds of repair are used up. */
export function repairMessage(facts: RunFacts & Repairs & { repaired: boolean }): SlackMessage {
  const done = facts.actions.map(({ kind, why }) => `• ${text(why)}: ${repairWords[kind]}`);
  const left = facts.leave.map((each) => `• ⚠️ ${text(each)}`);
  const title = facts.repaired
    ? `repaired ${count(facts.actions.length, "pod")} in production, and looks again`
    : "leaves pods in production to a person";
  return {
    text: fallback(`${facts.service}: Stablehand ${title}`),
    blocks: [
      section(`*${text(facts.service)}: Stablehand ${title}.* (${code(facts.run)})`),
      ...lineSections([...done, ...left], 4000, more),
    ],
  };
}

export interface RollbackFacts extends RunFacts {
  /** The run that is taken back. */
  of: string;
  plan: RollbackPlan;
}

/** @param facts.by who decided; null: the run itself. */
export function rollbackStartedMessage(
  facts: RollbackFacts & { by: Who | null; reason: string },
): SlackMessage {
  const by = facts.by ? `decided by ${text(facts.by.name)}` : "without asking";
  const why = facts.reason ? ` ${text(facts.reason)}` : "";
  const title = `production goes back to the images from before ${facts.of}`;
  return {
    text: fallback(`${facts.service}: ${title}`),
    blocks: [
      section(`⚠️ *${text(facts.service)}: ${title}*, ${by}.${why}`),
      ...lineSections(planLines(facts.plan), 4000, more),
    ],
  };
}

/** What became of a rollback. */
export interface EndedRollback extends RollbackFacts {
  /** Production was seen to run the earlier images. */
  verified: boolean;
  /** Why not, or who ended it. */
  reason: string;
  /** Repository → what its stable branch points at still, and whether it was moved back. */
  branches: { repository: string; sha: string; movedBack: boolean; note: string | null }[];
  stableBranch: string;
}

export function rollbackEndedMessage(ended: EndedRollback): SlackMessage {
  const title = ended.verified
    ? `production runs the images from before ${ended.of} again`
    : `the rollback of ${ended.of} did not end well`;
  const reason = ended.reason ? ` ${text(ended.reason)}` : "";
  const { streams, tags } = ended.plan;
  const pinned =
    streams.length > 0
      ? [
          `Pinned: ${names(streams.map((each) => each.stream))}. The next approved run lets them follow their tags again.`,
        ]
      : [];
  const bad = [...new Set([...streams, ...tags].map((each) => each.from))];
  const quarantine =
    bad.length > 0
      ? [
          `In quarantine, not imported again until somebody clears them (${code("npm run rollback -- clear DIGEST")}): ${bad.map(short).join(", ")}.`,
        ]
      : [];
  return {
    text: fallback(`${ended.service}: ${title}`),
    blocks: [
      section(`${ended.verified ? "" : "⚠️ "}*${text(ended.service)}: ${title}.*${reason}`),
      ...lineSections(
        [...planLines(ended.plan), ...branchLines(ended), ...pinned, ...quarantine],
        6000,
        more,
      ),
    ],
  };
}

function branchLines({ branches, stableBranch }: EndedRollback): string[] {
  return branches.map(({ repository, sha, movedBack, note }) => {
    const name = `*${text(repository)}*`;
    if (movedBack) return `${name}: ${code(stableBranch)} is back at ${code(sha.slice(0, 7))}`;
    const why = note ? ` (${text(note)})` : "";
    return `⚠️ ${name}: ${code(stableBranch)} still points at ${code(sha.slice(0, 7))}${why}, so its next build brings it back.`;
  });
}

function planLines({ streams, tags, kept, lost }: RollbackPlan): string[] {
  return [
    ...streams.map(({ stream, from, to }) => `• *${text(stream)}*: ${short(from)} → ${short(to)}`),
    ...tags.map(
      ({ image, from, to }) => `• *${text(image)}*, its tag at Quay: ${short(from)} → ${short(to)}`,
    ),
    ...(kept.length > 0
      ? [`• ${names(kept)}: stays, since its earlier image does not start on the migrated database`]
      : []),
    ...lost.map((each) => `• ⚠️ ${text(each)}`),
  ];
}

/** Lines about pinned streams, for the approval and for the start of a run. */
export function pinLines(pins: readonly Pin[]): string[] {
  return pins.map(
    ({ stream, digest, run }) =>
      `⚠️ *${text(stream)}* is pinned at ${short(digest)} since the rollback of ${code(run)}: with the approval it follows its tag again, unless that still names the image that was rolled back.`,
  );
}

/** At the start of the run after one that was rolled back. */
export function lastRolledBackMessage(
  facts: RunFacts & { last: { id: string; endedAt: string | null } | null; pins: readonly Pin[] },
): SlackMessage {
  const { last } = facts;
  const when = last?.endedAt ? ` (${timeOf(last.endedAt, facts.timeZone, facts.now)})` : "";
  const title = last
    ? `the last deployment, ${last.id}${when}, was rolled back`
    : "production is pinned to earlier images";
  return {
    text: fallback(`${facts.service}: ${title}`),
    blocks: [
      section(`⚠️ *${text(facts.service)}: ${text(title)}.* (${code(facts.run)})`),
      ...lineSections(
        facts.pins.length > 0 ? pinLines(facts.pins) : ["Nothing is pinned any more."],
        4000,
        more,
      ),
    ],
  };
}

function names(all: readonly string[]): string {
  return all.map((each) => `*${text(each)}*`).join(", ");
}

function short(digest: string): string {
  return code(digest.replace(/^sha256:/, "").slice(0, 12));
}

function text(value: string): string {
  return escapeWithin(oneLine(value), 400);
}

function more(left: number): string {
  return `… and ${left} more`;
}
