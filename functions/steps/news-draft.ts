import { changesOf } from "../changes.ts";
import type { Post as PostFile } from "../domain/blog-post.ts";
import { postPath } from "../domain/blog-post.ts";
import type { Period } from "../domain/blog-post-period.ts";
import { changeKey, type Selection, selectNews } from "../domain/blog-post-selection.ts";
import { localDate } from "../domain/local-time.ts";
import { productionHeads } from "../domain/production.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { Stage } from "../domain/step-words.ts";
import { ageCountsFrom, keysOf, withNotesOfThinWeek } from "../domain/thin-week.ts";
import { draftOf, selectionRules } from "../post-draft.ts";
import { config } from "../runtime/config.ts";
import { githubClient } from "../services/github.ts";
import { ledger } from "../store/ledger.ts";
import type { ToldChange } from "../store/news.ts";
import { type Run, runs } from "../store/runs.ts";
import { approvedPlan } from "./run-context.ts";

/** What the post of a run tells, as far as is known now. */
export interface NewsDraft {
  period: Period;
  /** Where its file stands, unless an earlier post has that place. */
  path: string;
  /** Null: there is nothing to tell. */
  post: PostFile | null;
  /** Of its pull request. */
  description: string;
  selection: Selection;
  entries: ToldChange[];
  seen: string[];
  through: Record<string, string>;
  heads: Record<string, string>;
}

const day = 86_400_000;
/** Times of commits are those of many clocks, so a look back begins earlier: what was seen is known by its name. */
const marginMs = 7 * day;

/**
 * Drafts the post of a run: what came into production since the last published post, whenever that was, up to what this
 * run brings. While the run goes on, that is its approved plan; afterwards, what really arrived.
 *
 * @param path overrides where the post stands.
 */
export async function draftNews(run: Run, path?: string): Promise<NewsDraft> {
  const settings = config();
  const [plan, told] = await Promise.all([approvedPlan(run.id), ledger().told()]);
  const heads = await headsOf(run, plan);
  const till = localDate(run.scheduledFor, settings.schedule.timeZone);
  const weekBefore = localDate(minusDays(run.scheduledFor, 7), settings.schedule.timeZone);
  const period = { since: told.till && told.till < till ? told.till : weekBefore, till };

  const client = await githubClient();
  const { mainBranch } = settings.github;
  const lists = await Promise.all(
    [...heads].map(async ([name, head]) => {
      const since = told.through[name]
        ? new Date(Date.parse(told.through[name]) - marginMs).toISOString()
        : firstLook(plan, name, run.scheduledFor);
      return await changesOf(client, name, mainBranch, { since, head });
    }),
  );
  const seenBefore = new Set(told.seen);
  const changes = lists.flat().filter((change) => !seenBefore.has(changeKey(change)));
  const selection = withNotesOfThinWeek(
    selectNews(changes, seenBefore, ageCountsFrom(changes, run.scheduledFor), selectionRules(settings)),
  );
  const author = settings.people.find(({ github }) => github === run.duty?.login)?.author ?? null;
  const placed = { ...settings, post: { ...settings.post, path: path ?? settings.post.path } };
  const { post, description } = draftOf(selection, period, { config: placed, author });
  return {
    period,
    path: postPath(period, settings.post),
    post,
    description,
    selection,
    entries: selection.told.flatMap((each) =>
      each.changes.map((change) => ({ key: changeKey(change), url: change.url })),
    ),
    seen: keysOf(selection),
    through: newestOf(changes),
    heads: Object.fromEntries(heads),
  };
}

/** Of the repositories that are told: the commit up to which production runs them. */
export async function headsOf(run: Run, plan: PromotionPlan): Promise<Map<string, string>> {
  const over = run.status !== "running";
  const stages = over
    ? new Map(
        (await runs().repositories(run.id)).map(({ repository, stage }) => [repository, stage] as const),
      )
    : null;
  const heads = productionHeads(plan, stages satisfies Map<string, Stage> | null);
  const told = config().repositories.filter(({ blog }) => blog);
  return new Map(told.flatMap(({ name }) => (heads.has(name) ? [[name, heads.get(name) ?? ""]] : [])));
}

/** Nothing was told yet: a week back, and all that this run brings. */
function firstLook(plan: PromotionPlan, name: string, scheduledFor: string): string {
  const commits = plan.repositories.find((each) => each.name === name)?.commits ?? [];
  const times = [minusDays(scheduledFor, 7), ...commits.map(({ date }) => date)].map((each) =>
    Date.parse(each),
  );
  return new Date(times.reduce((a, b) => Math.min(a, b))).toISOString();
}

function minusDays(iso: string, days: number): string {
  return new Date(Date.parse(iso) - days * day).toISOString();
}

function newestOf(changes: readonly { repo: string; mergedAt: string }[]): Record<string, string> {
  const newest: Record<string, string> = {};
  for (const { repo, mergedAt } of changes) {
    const at = new Date(mergedAt).toISOString();
    if (at > (newest[repo] ?? "")) newest[repo] = at;
  }
  return newest;
}
