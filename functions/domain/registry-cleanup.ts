/**
 * Which tags of the registry may go. What is protected stays whatever the rules say, and so does everything that cannot
 * be judged: a tag that no rule is about, a list that could not be read, a time that is none.
 */

/** A tag as the registry lists it. */
export interface RegistryTag {
  name: string;
  /** Of the manifest, or of the manifest list, that it names. */
  digest: string;
  /** ISO 8601: since when it names this manifest. */
  startedAt: string;
  isList: boolean;
}

export interface CleanupRules {
  /** Names that always stay: those that production and staging follow. */
  keepTags: readonly string[];
  /** A tag that matches none of them stays. */
  rules: readonly TagRule[];
  /** What is younger stays. */
  keepDays: number;
}

export interface TagRule {
  /**
   * Which tags it is about: `{branch}` (anything without a slash), `{sha7}` (7 to 40 hexadecimal digits), `{epoch}`
   * (seconds), and text. Each branch counts by itself.
   */
  tags: string;
  /** So many of the newest manifests stay, however old they are. */
  keep: number;
}

export type HoldReason = "inUse" | "wayBack" | "quarantined";

/** What may not be deleted because somebody needs it. */
export interface Holds {
  /** Digest → why. A manifest list is held by any manifest in it. */
  digests: ReadonlyMap<string, HoldReason>;
  /** `image:tag`, asked for by name in a cluster. */
  tags: ReadonlySet<string>;
}

export type KeepReason =
  | "protectedName"
  | HoldReason
  /** Its manifest, or one in its list, is also that of a protected tag. */
  | "shared"
  /** Its list could not be read, so nobody knows what is in it. */
  | "unread"
  | "noRule"
  | "newest"
  | "young";

export interface JudgedTag extends RegistryTag {
  /** Null: it may go. */
  keptBecause: KeepReason | null;
}

export interface JudgeOptions {
  image: string;
  rules: CleanupRules;
  holds: Holds;
  /** Digests of the manifests in a list; null: it was not read. */
  inList(digest: string): readonly string[] | null;
  /** ISO 8601. */
  now: string;
}

const day = 24 * 60 * 60 * 1000;

/**
 * Judges every tag of an image.
 * @returns newest change first, each name once.
 */
export function judgeTags(listed: readonly RegistryTag[], options: JudgeOptions): JudgedTag[] {
  const tags = newestFirst(listed);
  const manifests = (tag: RegistryTag) => [
    tag.digest,
    ...(tag.isList ? (options.inList(tag.digest) ?? []) : []),
  ];
  const own = tags.map((tag) => protectionOf(tag, manifests(tag), options));
  const protectedManifests = new Set(
    tags.flatMap((tag, index) => (own[index] === null ? [] : manifests(tag))),
  );
  const newest = newestOfTheirRule(tags, options.rules.rules);
  return tags.map((tag, index) => {
    const keptBecause =
      own[index] ??
      (manifests(tag).some((each) => protectedManifests.has(each)) ? "shared" : null) ??
      (tag.isList && options.inList(tag.digest) === null ? "unread" : null) ??
      byRules(tag, newest.get(tag.name), options);
    return { ...tag, keptBecause };
  });
}

/** The newest change of each name: while pages are read, a tag that moves is listed twice. */
function newestFirst(listed: readonly RegistryTag[]): RegistryTag[] {
  // A time that is none comes last, so that it takes no other tag's place among the newest.
  const time = ({ startedAt }: RegistryTag) => timeOf(startedAt) ?? Number.NEGATIVE_INFINITY;
  const sorted = [...listed].sort((a, b) => {
    const [one, other] = [time(a), time(b)];
    return one === other ? compare(a.name, b.name) : other - one;
  });
  const names = new Set<string>();
  return sorted.filter(({ name }) => !names.has(name) && names.add(name));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function protectionOf(
  { name }: RegistryTag,
  manifests: readonly string[],
  { image, rules, holds }: JudgeOptions,
): KeepReason | null {
  if (rules.keepTags.includes(name)) return "protectedName";
  if (holds.tags.has(`${image}:${name}`)) return "inUse";
  for (const each of manifests) {
    const held = holds.digests.get(each);
    if (held) return held;
  }
  return null;
}

function byRules(
  { startedAt }: RegistryTag,
  newest: boolean | undefined,
  { rules, now }: JudgeOptions,
): KeepReason | null {
  if (newest === undefined) return "noRule";
  if (newest) return "newest";
  const started = timeOf(startedAt);
  const age = started === null ? null : Date.parse(now) - started;
  // A clock that is wrong makes nothing old.
  return age !== null && age >= rules.keepDays * day ? null : "young";
}

/** Name → whether it is among the newest of its rule and branch; absent: no rule is about it. */
function newestOfTheirRule(
  tags: readonly RegistryTag[],
  rules: readonly TagRule[],
): ReadonlyMap<string, boolean> {
  const patterns = rules.map((rule) => ({ rule, pattern: patternOf(rule.tags) }));
  const seen = new Map<string, Set<string>>();
  const newest = new Map<string, boolean>();
  for (const { name, digest } of tags) {
    for (const [index, { rule, pattern }] of patterns.entries()) {
      const match = pattern.exec(name);
      if (!match) continue;
      const group = `${index}/${match.groups?.branch ?? ""}`;
      const digests = seen.get(group) ?? new Set();
      seen.set(group, digests);
      if (digests.size < rule.keep) digests.add(digest);
      newest.set(name, digests.has(digest));
      break;
    }
  }
  return newest;
}

const placeholders: Record<string, string> = {
  branch: "(?<branch>[^/]+)",
  sha7: "[0-9a-f]{7,40}",
  epoch: "[0-9]{9,11}",
};

/** The placeholders that a rule may hold. */
export const tagPlaceholders = Object.keys(placeholders);

function patternOf(tags: string): RegExp {
  const parts = tags.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const placeholder = name === undefined ? undefined : placeholders[name];
    return placeholder ?? part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`);
}

function timeOf(iso: string): number | null {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? null : time;
}

/** What was approved to go: the very manifest, since the very moment. */
export type ApprovedTag = Pick<RegistryTag, "name" | "digest" | "startedAt">;

export interface Clearance {
  name: string;
  /** `gone`: it is not there any more. `changed`: it names something else, or does so anew. */
  verdict: "delete" | "gone" | "changed" | KeepReason;
}

/**
 * What of the approved tags may go by what is known now: only those that are as they were shown, and that would be
 * judged the same again. What became protected since, or would now be among the newest, stays.
 *
 * @param judged all tags of the image, listed and judged anew.
 */
export function cleared(approved: readonly ApprovedTag[], judged: readonly JudgedTag[]): Clearance[] {
  const present = new Map(judged.map((tag) => [tag.name, tag]));
  return approved.map(({ name, digest, startedAt }) => {
    const now = present.get(name);
    if (!now) return { name, verdict: "gone" };
    if (now.digest !== digest || now.startedAt !== startedAt) return { name, verdict: "changed" };
    return { name, verdict: now.keptBecause ?? "delete" };
  });
}
