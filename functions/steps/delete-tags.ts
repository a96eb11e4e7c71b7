import { digestOfCleanup, goes } from "../domain/cleanup-plan.ts";
import { cleared, type JudgedTag } from "../domain/registry-cleanup.ts";
import { BadInput, messageOf, NotFound, RequestRefused, ServiceUnavailable } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { createPace, type Pace } from "../runtime/pace.ts";
import { runInput, step } from "../runtime/step.ts";
import { quay } from "../services/quay.ts";
import { cleanups, type TagOutcome } from "../store/cleanups.ts";
import { runs } from "../store/runs.ts";
import { cleanupConfig, cleanupPlan } from "./cleanup-context.ts";
import { judgeImage, readHolds } from "./cleanup-judgement.ts";
import { assertNotHeld } from "./run-context.ts";

/** One invocation deletes for this long; then the state is entered again. */
const budgetMs = 60_000;
/** Outcomes are stored after so many. */
const savedAfter = 20;
/** So many tags in a row that Quay does not answer about: it is away, and not these tags. */
const awayAfter = 5;

/**
 * Deletes what was approved and nothing else. Everything is listed and judged anew at the beginning of each invocation,
 * and each tag is looked at once more right before it goes, since Quay deletes by name: what changed or became protected
 * since the plan was shown stays. A tag that is gone is fine. What Quay refuses stays, and is told at the end.
 *
 * Running twice goes on where it stands: tags with an outcome are done.
 * @returns how many tags are left.
 * @throws RunStopped, RunPaused, BadInput when the stored plan is not the one that was approved; what says that nothing
 *   can be deleted now: ServiceUnavailable, RateLimited, PermissionDenied.
 */
export const handler = step("delete-tags", runInput, async ({ run }) => {
  await assertNotHeld(run);
  const approved = await approvedTags(run);
  const holds = await readHolds();
  const pace = createPace(cleanupConfig().requestsPerSecond);
  const end = performance.now() + budgetMs;
  let left = 0;
  for (const { image, tags } of approved) {
    const done = new Set((await cleanups().outcomes(run, image)).map(({ name }) => name));
    const open = tags.filter(({ name }) => !done.has(name));
    if (open.length === 0) continue;
    if (performance.now() >= end) {
      left += open.length;
      continue;
    }
    const judged = await judgeNow(image, holds);
    const queue = createQueue(run, image, { pace, end });
    left += await queue.work(open, cleared(open, judged));
  }
  log("delete-tags.deleted", { left });
  return { left };
});

/** @throws BadInput when what is stored is not what the decision is about. */
async function approvedTags(run: string): Promise<{ image: string; tags: JudgedTag[] }[]> {
  const plan = await cleanupPlan(run);
  const decision = await runs().decision(run, "cleanup-1");
  const images = [];
  for (const { image } of plan.images) {
    images.push({ image, tags: ((await cleanups().judged(run, image)) ?? []).filter(goes) });
  }
  if (decision?.answer !== "approve" || decision.planDigest !== digestOfCleanup(images)) {
    throw new BadInput(`${run}: what is stored is not the plan that was approved, so nothing is deleted.`);
  }
  return images;
}

/** A list that came since the plan is not read for it: its tag is not among those that go anyway. */
async function judgeNow(image: string, holds: Awaited<ReturnType<typeof readHolds>>): Promise<JudgedTag[]> {
  const tags = await (await quay()).tags(image);
  return judgeImage(image, tags, { holds, lists: await cleanups().contents(image, "lists") });
}

function createQueue(run: string, image: string, { pace, end }: { pace: Pace; end: number }) {
  let unsaved: TagOutcome[] = [];
  let away = 0;

  async function save(): Promise<void> {
    const batch = unsaved;
    unsaved = [];
    await cleanups().addOutcomes(run, image, batch);
  }

  /** @returns null where Quay did not answer: it is tried again later. */
  async function remove(tag: JudgedTag): Promise<TagOutcome | null> {
    const { name, digest, startedAt } = tag;
    try {
      await pace();
      const now = await (await quay()).tag(image, name);
      if (!now) return { name, outcome: "gone", reason: null };
      if (now.digest !== digest || now.startedAt !== startedAt) {
        return { name, outcome: "changed", reason: null };
      }
      await pace();
      await (await quay()).deleteTag(image, name);
      log("delete-tags.tag", { image, tag: name, digest });
      return { name, outcome: "deleted", reason: null };
    } catch (thrown) {
      if (thrown instanceof NotFound) return { name, outcome: "gone", reason: null };
      if (thrown instanceof RequestRefused) return { name, outcome: "failed", reason: thrown.message };
      if (!(thrown instanceof ServiceUnavailable)) throw thrown;
      away += 1;
      if (away >= awayAfter) throw thrown;
      log("delete-tags.not-answered", { image, tag: name, reason: messageOf(thrown) }, "warn");
      return null;
    }
  }

  async function note(outcome: TagOutcome): Promise<void> {
    unsaved.push(outcome);
    if (unsaved.length >= savedAfter) await save();
  }

  /** @returns tags that there was no time for. */
  async function removeAll(tags: JudgedTag[]): Promise<{ later: JudgedTag[]; left: number }> {
    const later: JudgedTag[] = [];
    for (const [index, tag] of tags.entries()) {
      if (performance.now() >= end) return { later, left: tags.length - index };
      const outcome = await remove(tag);
      if (outcome) {
        away = 0;
        await note(outcome);
      } else later.push(tag);
    }
    return { later, left: 0 };
  }

  return {
    /** @returns how many of them are left. */
    async work(open: JudgedTag[], clearance: ReturnType<typeof cleared>): Promise<number> {
      const verdicts = new Map(clearance.map(({ name, verdict }) => [name, verdict]));
      try {
        for (const { name } of open) {
          const verdict = verdicts.get(name) ?? "changed";
          if (verdict !== "delete") await note({ name, outcome: verdict, reason: null });
        }
        const first = await removeAll(open.filter(({ name }) => verdicts.get(name) === "delete"));
        const again = await removeAll(first.later);
        for (const { name } of again.later) {
          await note({ name, outcome: "failed", reason: "Quay did not answer, twice" });
        }
        return first.left + again.left;
      } finally {
        await save();
      }
    },
  };
}
