/** What the titles, paths and headings of posts say about time. Days are ISO dates: `2026-11-23`. */

export interface Period {
  /** First and last day that the post tells of. */
  since: string;
  till: string;
}

const day = 86_400_000;

/**
 * The values of the templates `{month}`, `{year}`, `{week}`, `{weeks}`, `{weekYear}`, `{since}` and `{till}`. A post is
 * written on the last day of its period, a Monday, so the week is that of the day before. `{weekYear}` is the year that
 * the week belongs to: the week of 29 December 2025 is the first of 2026.
 */
export function periodWords({ since, till }: Period) {
  const first = isoWeek(since);
  const dayBefore = new Date(Date.parse(till) - day).toISOString().slice(0, 10);
  const last = isoWeek(since < till ? dayBefore : till);
  const several = first.week !== last.week;
  const week = several ? `${first.week}–${last.week}` : `${first.week}`;
  return {
    month: monthOf(till),
    year: till.slice(0, 4),
    weekYear: `${last.year}`,
    week,
    weeks: several ? `Weeks ${week}` : `Week ${week}`,
    since: dayWords(since),
    till: dayWords(till),
  };
}

/** Fills `{name}` in; a name that is not known stays as it is. */
export function fillIn(template: string, words: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(words, name) ? (words[name] ?? whole) : whole,
  );
}

/** `June` */
function monthOf(date: string): string {
  return new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" }).format(Date.parse(date));
}

/** `May 26th` */
function dayWords(date: string): string {
  const number = new Date(date).getUTCDate();
  const endings: Record<string, string> = { one: "st", two: "nd", few: "rd" };
  const ending = endings[new Intl.PluralRules("en", { type: "ordinal" }).select(number)] ?? "th";
  return `${monthOf(date)} ${number}${ending}`;
}

/** Weeks begin on Mondays, and the first holds the year's first Thursday (ISO 8601). */
function isoWeek(date: string): { week: number; year: number } {
  const instant = Date.parse(date);
  const thursday = instant + (3 - ((new Date(instant).getUTCDay() + 6) % 7)) * day;
  const year = new Date(thursday).getUTCFullYear();
  return { week: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * day)) + 1, year };
}
