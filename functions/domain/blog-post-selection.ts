import { type Change, type ChangeKind, kindOf } from "./blog-post-kinds.ts";
import { type ReleaseNote, releaseNoteOf } from "./release-notes.ts";

/**
 * What of a week is told. The draft tells what its author wrote a release note for, unless it is plumbing or the inside
 * of a library; that, and every change without a usable note, is put before the reviewer with the reason, the likeliest
 * first. (People told many changes that had no note, and dropped notes about internals: a draft alone cannot know.)
 */

export interface SelectionRules {
  /** Short names in the order in which they are told; repositories that are not listed come last. */
  order: readonly string[];
  /** Short names of the repositories that are libraries. */
  libraries: readonly string[];
  /** So many changes are offered to the reviewer at most. */
  candidates: number;
  /** A change that was merged more days ago is not told without a person's word. */
  maxAgeDays: number;
}

export interface Told {
  /** The change; several when authors wrote the same note for each (one feature in two repositories). */
  changes: [Change, ...Change[]];
  /** Markdown as the author wrote it. */
  note: string;
}

export interface Candidate {
  change: Change;
  /** Why the draft does not tell it, for the reviewer. */
  reason: string;
  /** What its author wrote; null without a usable note. */
  note: string | null;
}

export interface Selection {
  told: Told[];
  /** The likeliest first. */
  candidates: Candidate[];
  /** Neither told nor offered: routine, what was taken back again, and what is beyond the number of candidates. */
  left: Candidate[];
}

/** What is known about one change. */
interface Judged extends Candidate {
  kind: ChangeKind;
  /** Null: it is told. */
  heldBecause: string | null;
  worth: number;
}

const day = 86_400_000;

/** How a change is named where nothing is told twice: `packit#123`, or `packit@<sha>` of a commit without a pull request. */
export function changeKey({ repo, number, sha }: Pick<Change, "repo" | "number" | "sha">): string {
  return number === null ? `${repo}@${sha}` : `${repo}#${number}`;
}

/**
 * @param changes of all repositories that are told, in any order. One that was told before is left out.
 * @param told keys (see `changeKey`) of what earlier posts told.
 * @param now ISO 8601: the age of a change counts from here.
 */
export function selectNews(
  changes: readonly Change[],
  told: ReadonlySet<string>,
  now: string,
  rules: SelectionRules,
): Selection {
  const fresh = [...new Map(changes.map((change) => [changeKey(change), change])).values()]
    .filter((change) => !told.has(changeKey(change)))
    .sort((a, b) => Date.parse(a.mergedAt) - Date.parse(b.mergedAt));
  const { standing, takenBack } = withoutTakenBack(fresh);
  const common = titlesEverywhere(standing);
  const judged = standing.map((change) => judge(change, common.has(titleKey(change)), now, rules));

  const open = judged.filter((each) => each.heldBecause !== null);
  const offered = open.filter(
    ({ kind, change, note }) => kind !== "routine" && (change.number !== null || note),
  );
  const ranked = offered.toSorted(
    (a, b) => b.worth - a.worth || Date.parse(b.change.mergedAt) - Date.parse(a.change.mergedAt),
  );
  const rest = [...ranked.slice(rules.candidates), ...open.filter((each) => !offered.includes(each))];
  return {
    told: inOrder(joined(judged.filter((each) => each.heldBecause === null)), rules.order),
    candidates: ranked.slice(0, rules.candidates).map(candidate),
    left: [...rest.map(candidate), ...takenBack],
  };
}

function candidate({ change, reason, note }: Judged): Candidate {
  return { change, reason, note };
}

function judge(change: Change, isEverywhere: boolean, now: string, rules: SelectionRules): Judged {
  const note = releaseNoteOf(change);
  const own = kindOf(change, note, rules.libraries);
  const kind: ChangeKind = isEverywhere && own !== "routine" && note.kind !== "note" ? "plumbing" : own;
  const age = (Date.parse(now) - Date.parse(change.mergedAt)) / day;
  const heldBecause = reasonToHold(kind, note, change.mergedAt, age > rules.maxAgeDays, rules.maxAgeDays);
  return {
    change,
    kind,
    heldBecause,
    reason: heldBecause ?? "",
    note: note.kind === "note" ? note.text : null,
    worth: worthByKind[kind] + worthByNote[note.kind] - (age > rules.maxAgeDays ? 2 : 0),
  };
}

function reasonToHold(
  kind: ChangeKind,
  note: ReleaseNote,
  mergedAt: string,
  isOld: boolean,
  maxAgeDays: number,
): string | null {
  const internals = internal[kind];
  if (internals) return internals;
  if (note.kind !== "note") return withoutNote[note.kind];
  return isOld ? `merged on ${mergedAt.slice(0, 10)}, more than ${maxAgeDays} days ago` : null;
}

const internal: Partial<Record<ChangeKind, string>> = {
  routine: "routine: a release, or an update by a robot",
  revert: "takes an earlier change back",
  plumbing: "plumbing: CI, tests, refactoring, deployment",
  library: "internals of a library",
};

const withoutNote: Record<Exclude<ReleaseNote["kind"], "note">, string> = {
  declined: "its author sees no news in it",
  placeholder: "its release note was never written",
  unclosed: "its release note has no end",
  absent: "no release note",
};

/**
 * How likely a person tells a change that the draft does not, on a scale of its own: what its title says, and what
 * its author did about the note.
 */
const worthByKind: Record<ChangeKind, number> = {
  feature: 3,
  fix: 2,
  other: 1,
  documentation: 1,
  library: -1,
  revert: -2,
  plumbing: -3,
  routine: -9,
};
const worthByNote: Record<ReleaseNote["kind"], number> = {
  note: 4,
  placeholder: 2,
  unclosed: 2,
  absent: 0,
  declined: -3,
};

const revertTitle = /^revert:? "?(.+?)"?$/i;
const revertedNumber = /^reverts (?:pull request )?(?:[\w.-]+\/)?([\w.-]*)#(\d+)/im;

/**
 * Changes that were taken back in the same period leave nothing to tell, and neither does what took them back. The
 * newest first, so that what took back a revert leaves the change itself standing.
 */
function withoutTakenBack(changes: readonly Change[]) {
  const gone = new Map<Change, string>();
  for (const revert of changes.toReversed()) {
    if (gone.has(revert) || !/^revert\b/i.test(revert.title)) continue;
    const target = changes.findLast(
      (each) => each !== revert && !gone.has(each) && each.repo === revert.repo && takesBack(revert, each),
    );
    if (!target) continue;
    gone.set(target, `taken back again by ${changeKey(revert)}`);
    gone.set(revert, `takes ${changeKey(target)} back`);
  }
  return {
    standing: changes.filter((each) => !gone.has(each)),
    takenBack: [...gone].map(([change, reason]): Candidate => ({ change, reason, note: null })),
  };
}

function takesBack(revert: Change, target: Change): boolean {
  if (Date.parse(target.mergedAt) > Date.parse(revert.mergedAt)) return false;
  const words = `${revert.description ?? ""}\n${revert.message}`;
  const sha = /\bthis reverts commit ([0-9a-f]{7,40})\b/i.exec(words)?.[1];
  if (sha) return target.sha.startsWith(sha.toLowerCase());
  const [, repo, number] = revertedNumber.exec(words) ?? [];
  if (number) return (!repo || repo === target.repo) && Number(number) === target.number;
  const title = revertTitle.exec(revert.title)?.[1]?.replace(/ \(#\d+\)$/, "");
  return title === target.title;
}

/** Titles that stand in three repositories or more: the house was tidied, whatever the words. */
function titlesEverywhere(changes: readonly Change[]): Set<string> {
  const repositories = Map.groupBy(changes, titleKey);
  return new Set(
    [...repositories].flatMap(([title, same]) =>
      new Set(same.map(({ repo }) => repo)).size > 2 ? [title] : [],
    ),
  );
}

function titleKey({ title }: Change): string {
  return title.toLowerCase();
}

/** Changes with the same note become one entry. */
function joined(judged: readonly Judged[]): Told[] {
  const byNote = new Map<string, Told>();
  for (const { change, note } of judged) {
    if (note === null) continue;
    const key = note.toLowerCase().replace(/\s+/g, " ");
    const same = byNote.get(key);
    if (same) same.changes.push(change);
    else byNote.set(key, { changes: [change], note });
  }
  return [...byNote.values()];
}

/** By repository, then by time; what several repositories share stands with the first of them. */
function inOrder(told: readonly Told[], order: readonly string[]): Told[] {
  const position = ({ repo }: Change) => (order.includes(repo) ? order.indexOf(repo) : order.length);
  const sorted = told.map(({ changes: [first, ...others], note }): Told => {
    const [head = first, ...tail] = [first, ...others].toSorted((a, b) => position(a) - position(b));
    return { changes: [head, ...tail], note };
  });
  return sorted.toSorted(
    ({ changes: [a] }, { changes: [b] }) =>
      position(a) - position(b) || Date.parse(a.mergedAt) - Date.parse(b.mergedAt),
  );
}
