import { instantsOf, localDate } from "./local-time.ts";
import { applyChanges } from "./plan-changes.ts";
import type { PlanChanges, PromotionPlan } from "./promotion-plan.ts";

export type Answer = "approve" | "reject" | "postpone" | "expired";

/** What was decided on one question of a run. The first one stored stands. */
export interface Decision {
  question: string;
  answer: Answer;
  /** GitHub login of the person; `stablehand` when nobody answered in time. */
  by: string;
  /** ISO 8601. */
  at: string;
  via: "page" | "slack" | "deadline";
  /** Digest of the plan that was shown. */
  planDigest: string;
  /** With `approve`. */
  changes: PlanChanges | null;
  /** With `approve`, where Kubernetes objects were offered: whether they are applied. */
  objects?: boolean;
  /** With `postpone`: when to ask again, ISO 8601. */
  until: string | null;
  comment: string | null;
}

export type ParsedDecision =
  | {
      ok: true;
      answer: "approve" | "reject" | "postpone";
      /** Null: approved as shown, or not approved. */
      changes: PlanChanges | null;
      /** As in `Decision`. */
      objects?: boolean;
      until: string | null;
      comment: string | null;
    }
  /** One sentence each, for the person who filled in the form. */
  | { ok: false; problems: string[] };

/** UTF-16 units, as a browser's `maxlength` counts. */
export const MAX_COMMENT = 500;
const MAX_POSTPONEMENT = 24 * 60 * 60_000;

/**
 * Reads the form of the approval page. Fields: `answer` (approve, reject, postpone), `commit.<repository>`, `leaveOut`
 * and `force` (repository names, repeated), `until` (`14:30`, the next time that it is, or `2026-11-23T14:30`, by the
 * clock of `timeZone`), `objects` (apply, leave; left out: the default), `comment`. Only the fields of the chosen answer are looked at; unknown ones are ignored.
 *
 * @param form a value is a text, or a list of texts when the field came more than once.
 * @param context.now ISO 8601.
 * @param context.objects where Kubernetes objects are offered: whether they are applied by default.
 */
export function parseDecision(
  form: Readonly<Record<string, unknown>>,
  context: { plan: PromotionPlan; now: string; timeZone: string; objects?: { byDefault: boolean } },
): ParsedDecision {
  const problems: string[] = [];
  const fields = new Fields(form, problems);
  const answer = fields.one("answer");
  const comment = readComment(fields, problems);
  if (answer !== "approve" && answer !== "reject" && answer !== "postpone") {
    problems.push("Choose approve, reject, or postpone.");
    return { ok: false, problems };
  }
  const objects = answer === "approve" ? readObjects(fields, context.objects, problems) : undefined;
  const changes =
    answer === "approve" ? readChanges(fields, { ...context, applies: objects === true }, problems) : null;
  const until = answer === "postpone" ? readUntil(fields.one("until"), context, problems) : null;
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, answer, changes, objects, until, comment };
}

/** The texts in a form; anything else in it (an uploaded file) is a problem. */
class Fields {
  readonly #values = new Map<string, string[]>();
  readonly #problems: string[];

  constructor(form: Readonly<Record<string, unknown>>, problems: string[]) {
    this.#problems = problems;
    for (const [name, value] of Object.entries(form)) {
      if (value === undefined || value === null) continue;
      const list: unknown[] = Array.isArray(value) ? value : [value];
      const texts = list.filter((each) => typeof each === "string");
      if (texts.length < list.length) problems.push(`The field ${name} is not text.`);
      this.#values.set(name, texts);
    }
  }

  many(name: string): string[] {
    return [...new Set(this.#values.get(name) ?? [])].filter((text) => text !== "");
  }

  /** The field's only value, or an empty text. */
  one(name: string): string {
    const values = this.many(name);
    if (values.length > 1) this.#problems.push(`The field ${name} came with several values.`);
    return values[0]?.trim() ?? "";
  }

  startingWith(prefix: string): string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }
}

function readComment(fields: Fields, problems: string[]): string | null {
  const comment = fields.one("comment").replaceAll("\r\n", "\n");
  if (comment.length > MAX_COMMENT) {
    problems.push(`The comment has ${comment.length} characters, ${MAX_COMMENT} at most.`);
  }
  return comment || null;
}

function readObjects(
  fields: Fields,
  offered: { byDefault: boolean } | undefined,
  problems: string[],
): boolean | undefined {
  if (!offered) return undefined;
  const choice = fields.one("objects");
  if (!["", "apply", "leave"].includes(choice)) problems.push("Choose whether to apply the objects.");
  return choice === "" ? offered.byDefault : choice === "apply";
}

/** A form always sends the selected commit of every repository: the planned one is no change. */
function readChanges(
  fields: Fields,
  { plan, applies }: { plan: PromotionPlan; applies: boolean },
  problems: string[],
): PlanChanges | null {
  const heads = new Map(plan.repositories.map((each) => [each.name, each.main]));
  const commits = fields
    .startingWith("commit.")
    .map((field) => [field.slice("commit.".length), fields.one(field)] as const)
    .filter(([name, sha]) => sha !== "" && sha !== heads.get(name));
  const changes: PlanChanges = {
    commits: Object.fromEntries(commits),
    leaveOut: fields.many("leaveOut"),
    force: fields.many("force"),
  };
  const changed = applyChanges(plan, changes);
  if (!changed.ok) problems.push(...changed.problems.map((text) => `${text}.`));
  else if (changed.plan.waves.length === 0 && !applies) {
    problems.push("Nothing is left to deploy: reject or postpone instead.");
  }
  const same = commits.length === 0 && changes.leaveOut.length === 0 && changes.force.length === 0;
  return same ? null : changes;
}

/** A clock time that comes twice on that day means the first one that is still ahead. */
function readUntil(
  text: string,
  { now, timeZone }: { now: string; timeZone: string },
  problems: string[],
): string | null {
  const problem = (words: string) => {
    problems.push(words);
    return null;
  };
  if (text === "") return problem("Say until when to postpone.");
  const parts = /^(?:(\d{4}-\d{2}-\d{2})T)?([01]\d|2[0-3]):([0-5]\d)(?::00)?$/.exec(text);
  if (!parts) return problem("The time to postpone until is no time: write it as 14:30.");
  const [, date, hours, minutes] = parts;
  const days = date ? [date] : [localDate(now, timeZone), nextDay(localDate(now, timeZone))];
  const instants = days.flatMap((day) => instantsOf(`${day}T${hours}:${minutes}`, timeZone));
  const ahead = instants.find((instant) => Date.parse(instant) > Date.parse(now));
  if (!ahead && date && instants.length > 0) return problem("The time to postpone until has passed.");
  if (!ahead) return problem(`There is no ${text.replace("T", " ")} in ${timeZone}.`);
  if (Date.parse(ahead) - Date.parse(now) > MAX_POSTPONEMENT) {
    return problem("Postpone by 24 hours at most.");
  }
  return ahead;
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 24 * 60 * 60_000).toISOString().slice(0, 10);
}
