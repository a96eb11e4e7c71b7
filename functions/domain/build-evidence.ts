/** A workflow run as GitHub tells it. */
export interface BuildRun {
  id: number;
  attempt: number;
  status: string;
  conclusion: string | null;
  branch: string;
  sha: string;
}

/** Which run counts; where both are given, both must hold. */
export interface BuildSought {
  branch: string;
  /** Commit that the stable branch is at. */
  sha: string;
  after: {
    /** The very run that a dispatch returned. */
    workflowRun?: number;
    /** Newer than this one: a bigger id, or another attempt at the same. `{ run: 0, attempt: 0 }`: any. */
    laterThan?: { run: number; attempt: number };
  };
}

/**
 * What a run says about the build that is waited for. The same commit may have been built before, for the main
 * branch or last week: such a run is `other`, and so is no run at all.
 */
export function confirmBuild(
  run: BuildRun | null,
  sought: BuildSought,
): "success" | "failed" | "running" | "other" {
  if (!run || run.branch !== sought.branch || run.sha !== sought.sha) return "other";
  const { workflowRun, laterThan } = sought.after;
  if (workflowRun !== undefined && run.id !== workflowRun) return "other";
  if (laterThan && !isLater(run, laterThan)) return "other";
  if (run.status !== "completed") return "running";
  return run.conclusion === "success" ? "success" : "failed";
}

function isLater(run: BuildRun, than: { run: number; attempt: number }): boolean {
  return run.id > than.run || (run.id === than.run && run.attempt > than.attempt);
}

/** A tag at Quay. `startedAt` is when it began to name this manifest, by Quay's clock, in whole seconds. */
export interface PushedTag {
  name: string;
  digest: string;
  startedAt: string;
}

export interface PushEvidence {
  /** The tag before the branch moved; null: there was none. */
  tagBefore: { digest: string; startedAt: string } | null;
  /** By our clock: compared with Quay's only as far as clocks may differ. */
  movedAt: string;
  /** The tag now; null: there is none. */
  tag: PushedTag | null;
  /** Tags that start with `uniqueTagPrefix`. */
  uniqueTags: readonly PushedTag[];
  /** Null: the build pushes no tag of its own. */
  uniqueTagPattern: string | null;
  sha: string;
}

/** Far more than synchronized clocks differ, far less than a build takes. */
const CLOCK_SKEW = 2 * 60_000;

/**
 * Whether a tag holds what the build of this commit pushed: it changed since the branch moved, and, where the build
 * pushes a tag that names its commit, that tag is as new and names the same manifest.
 *
 * @returns why, for the record of the run.
 */
export function confirmPush(evidence: PushEvidence): { confirmed: boolean; why: string } {
  const { tagBefore, tag, uniqueTagPattern, sha } = evidence;
  const no = (why: string) => ({ confirmed: false, why });
  if (!tag) return no("the tag is not there");
  if (tagBefore && !changed(tagBefore, tag)) return no(`${tag.name} still is the one from before the move`);
  if (!sinceMove(tag, evidence.movedAt)) {
    return no(`${tag.name} is from ${tag.startedAt}, before the move at ${evidence.movedAt}`);
  }
  if (!uniqueTagPattern) return { confirmed: true, why: `${tag.name} changed after the move` };

  const pattern = uniqueTagExpression(uniqueTagPattern, sha);
  const own = evidence.uniqueTags.filter(
    (each) => pattern.test(each.name) && sinceMove(each, evidence.movedAt),
  );
  if (own.length === 0) return no(`no new tag ${uniqueTagPrefix(uniqueTagPattern, sha)}… of this commit yet`);
  const same = own.find((each) => each.digest === tag.digest);
  if (same) return { confirmed: true, why: `${tag.name} and ${same.name} name the same manifest` };
  const names = own.map((each) => each.name).join(", ");
  return no(`${tag.name} names another manifest than ${names}`);
}

/** Within the same second only another manifest shows that the tag was pushed again. */
function changed(before: { digest: string; startedAt: string }, now: PushedTag): boolean {
  const difference = Date.parse(now.startedAt) - Date.parse(before.startedAt);
  return difference > 0 || (difference === 0 && now.digest !== before.digest);
}

function sinceMove(tag: PushedTag, movedAt: string): boolean {
  return Date.parse(tag.startedAt) >= Date.parse(movedAt) - CLOCK_SKEW;
}

/**
 * What every tag of this commit by a pattern such as `stable-{sha7}-{epoch}` starts with: what to ask Quay for.
 */
export function uniqueTagPrefix(pattern: string, sha: string): string {
  return (pattern.split("{epoch}", 1)[0] ?? "").replaceAll("{sha7}", sha.slice(0, 7));
}

function uniqueTagExpression(pattern: string, sha: string): RegExp {
  const filled = pattern.replaceAll("{sha7}", sha.slice(0, 7)).split("{epoch}");
  const literal = filled.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join("\\d+")}$`);
}
