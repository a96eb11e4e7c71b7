import { changeKey, type SelectionRules, selectNews } from "../../functions/domain/blog-post-selection.ts";
import { type PostData, type PublishedPost, toldBy } from "../../infra/post-data.ts";

/** What a rule tells and offers for one post: keys such as `packit#123`, each once. */
export interface Prediction {
  drafted: string[];
  candidates: string[];
}

export interface Score {
  posts: number;
  precision: number;
  recall: number;
  f1: number;
  /** Posts whose changes were met exactly. */
  exact: number;
  /** Share of what was published that was drafted or offered. */
  recallWithCandidates: number;
  candidatesPerPost: number;
}

const day = 86_400_000;

/**
 * The generator on one post after the other, each with what was known when it was written: the changes up to then, and
 * what earlier posts told. Its period begins with the day on which the last post was written, since what was merged on
 * that day may have come after the deployment; nothing is told twice all the same.
 */
export function predict({ changes, posts }: PostData, rules: SelectionRules): Map<string, Prediction> {
  const predictions = new Map<string, Prediction>();
  const told = new Set<string>();
  for (const [index, post] of posts.entries()) {
    const last = posts[index - 1];
    const from = last ? Math.floor(Date.parse(last.writtenAt) / day) * day : Date.parse(post.since) - day;
    const now = Date.parse(post.writtenAt);
    const known = changes.filter(
      ({ mergedAt }) => Date.parse(mergedAt) >= from && Date.parse(mergedAt) <= now,
    );
    const selection = selectNews(known, told, post.writtenAt, rules);
    predictions.set(post.file, {
      drafted: selection.told
        .flatMap((each) => each.changes)
        .filter(isPull)
        .map(changeKey),
      candidates: selection.candidates
        .map((each) => each.change)
        .filter(isPull)
        .map(changeKey),
    });
    for (const key of toldBy(post)) told.add(key);
  }
  return predictions;
}

function isPull({ number }: { number: number | null }): boolean {
  return number !== null;
}

/**
 * The rule of the script that the team has used so far: what was merged from the day before the period, at the time of
 * day of the run, until the run, and has any text between the markers but one of four words.
 */
export function incumbent({ changes }: PostData, post: PublishedPost): Prediction {
  const run = Date.parse(post.writtenAt);
  const from = Date.parse(post.since) - day + (run % day);
  const told = changes.filter(({ number, mergedAt, message }) => {
    const merged = Date.parse(mergedAt);
    return number !== null && merged > from && merged <= run && hasIncumbentNote(message);
  });
  return { drafted: [...new Set(told.map(changeKey))], candidates: [] };
}

function hasIncumbentNote(message: string): boolean {
  const text = /RELEASE NOTES BEGIN\r?\n([\s\S]+)\r?\nRELEASE NOTES END/.exec(message)?.[1]?.trim();
  return text !== undefined && !["n/a", "none", "none.", ""].includes(text.toLowerCase());
}

/** Counts over all posts together, so that a week with much news weighs more. */
export function score(
  posts: readonly PublishedPost[],
  predictionOf: (post: PublishedPost) => Prediction,
): Score {
  const sum = { hits: 0, drafted: 0, published: 0, exact: 0, reached: 0, offered: 0 };
  for (const post of posts) {
    const published = toldBy(post);
    const { drafted, candidates } = predictionOf(post);
    const seen = new Set([...drafted, ...candidates]);
    const hits = published.filter((key) => drafted.includes(key)).length;
    sum.hits += hits;
    sum.drafted += drafted.length;
    sum.published += published.length;
    sum.reached += published.filter((key) => seen.has(key)).length;
    sum.offered += seen.size - drafted.length;
    if (hits === published.length && hits === drafted.length) sum.exact++;
  }
  const precision = share(sum.hits, sum.drafted);
  const recall = share(sum.hits, sum.published);
  return {
    posts: posts.length,
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    exact: sum.exact,
    recallWithCandidates: share(sum.reached, sum.published),
    candidatesPerPost: share(sum.offered, posts.length),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
