import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Config } from "../../../functions/runtime/config.ts";
import { BadConfiguration, messageOf } from "../../../functions/runtime/errors.ts";
import {
  baseMessage,
  evenRepository,
  madeUpSha,
  type SeedCommit,
  type SeedRepository,
  type WorldSeed,
} from "./seed.ts";

export { madeUpWeek } from "./made-up-week.ts";
export type { SeedCommit, SeedRepository, WorldSeed } from "./seed.ts";

/**
 * Reads a real week: per repository both branches' heads, their merge base, and the commits that only one of them has.
 * Lists may be cut, optional fields may be missing; whatever is made up in their place stands in the notes.
 */

const sha = z
  .string()
  .regex(/^[0-9a-f]{40}$/i, "is no commit sha of 40 hexadecimal digits")
  .toLowerCase();
const date = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "is no date");
const person = z.union([z.string(), z.object({ name: z.string().nullish(), login: z.string().nullish() })]);

const commit = z.object({
  sha,
  date: date.nullish(),
  title: z.string().nullish(),
  message: z.string().nullish(),
  parents: z.array(sha).nullish(),
  author: person.nullish(),
});

const repository = z.object({
  main: sha,
  stable: sha,
  mainDate: date.nullish(),
  stableDate: date.nullish(),
  mergeBase: sha.nullish(),
  fastForward: z.boolean().nullish(),
  aheadCount: z.number().int().nonnegative().nullish(),
  behindCount: z.number().int().nonnegative().nullish(),
  ahead: z.array(commit).nullish(),
  behind: z.array(commit).nullish(),
});

type FileCommit = z.output<typeof commit>;
type FileRepository = z.output<typeof repository>;

/** For a commit that the file gives no date. */
const unknownDate = "2020-01-01T00:00:00.000Z";

/**
 * @param file JSON: repository name → its state. Repositories that the configuration lacks are ignored, those that the
 *   file lacks are made up as even; both are noted.
 * @throws BadConfiguration with the file's path and every problem in it.
 */
export function readWeek(file: string, config: Config): WorldSeed {
  const content = readJson(file);
  const problems: string[] = [];
  const notes = ["Trees, files and authors are made up: the data has none."];
  const known = new Set(config.repositories.map((each) => each.name));
  for (const name of Object.keys(content)) {
    if (!known.has(name)) notes.push(`${name}: not in the configuration, left out.`);
  }
  const repositories = config.repositories.map(({ name }) => {
    if (!Object.hasOwn(content, name)) {
      notes.push(`${name}: not in the data, made up with nothing to deploy.`);
      return evenRepository(name, madeUpSha(name, "even"), unknownDate);
    }
    const parsed = repository.safeParse(content[name]);
    if (parsed.success) return seedRepository(name, parsed.data, problems, notes);
    for (const issue of parsed.error.issues) {
      problems.push(`${[name, ...issue.path].join(".")}: ${issue.message}`);
    }
    return null;
  });
  if (config.repositories.every(({ name }) => !Object.hasOwn(content, name))) {
    problems.push("(whole): holds none of the configured repositories");
  }
  if (problems.length > 0) throw unreadable(file, problems);
  return { repositories: repositories.filter((each) => each !== null), notes };
}

function readJson(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new BadConfiguration(`The data in ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (!parsed.success) throw unreadable(file, ["(whole): is no object of repositories by name"]);
  return parsed.data;
}

function unreadable(file: string, problems: string[]): BadConfiguration {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new BadConfiguration(
    `The data in ${file} has ${count}:\n${problems.map((each) => `  ${each}`).join("\n")}`,
  );
}

function seedRepository(
  name: string,
  data: FileRepository,
  problems: string[],
  notes: string[],
): SeedRepository {
  const ahead = data.ahead ?? [];
  const behind = data.behind ?? [];
  const baseSha = mergeBase(name, data);
  const found = contradictions(data, ahead, behind, baseSha);
  if (found.length > 0) {
    problems.push(...found.map((each) => `${name}.${each}`));
    return evenRepository(name, data.stable, unknownDate);
  }
  const date = baseDate(data, baseSha, [...ahead, ...behind]);
  const base: SeedCommit = { sha: baseSha, date, message: baseMessage, parents: [], author: null };
  const note = (text: string) => notes.push(`${name}: ${text}`);
  const make = (list: FileCommit[], branch: "main" | "stable", count: number | null | undefined) => {
    if ((count ?? 0) > list.length) {
      note(
        `the data holds ${list.length} of the ${count} commits that only ${branch} has; the rest is left out.`,
      );
    }
    const head = data[branch];
    const commits = toSeedCommits(list, base, note);
    if (head === baseSha || commits.some((each) => each.sha === head)) return reachable(commits, head, note);
    note(`the data lacks the head commit of ${branch}, so it is made up.`);
    return [...commits, madeUpHead(head, commits, base, branch === "main" ? data.mainDate : data.stableDate)];
  };
  return {
    name,
    base,
    ahead: make(ahead, "main", data.aheadCount),
    behind: make(behind, "stable", data.behindCount),
    main: data.main,
    stable: data.stable,
  };
}

/** Where one branch contains the other, that is certain; only then the data's word counts. */
function mergeBase(name: string, { main, stable, fastForward, ...data }: FileRepository): string {
  const onlyMain = data.ahead?.length ?? 0;
  const onlyStable = data.behind?.length ?? 0;
  if (main === stable) return stable;
  if (onlyStable === 0 && (fastForward || data.behindCount === 0)) return stable;
  if (onlyMain === 0 && data.aheadCount === 0) return main;
  return data.mergeBase ?? (onlyStable === 0 ? stable : madeUpSha(name, main, stable));
}

function contradictions(
  { main, stable }: FileRepository,
  ahead: FileCommit[],
  behind: FileCommit[],
  base: string,
): string[] {
  const found: string[] = [];
  const seen = new Set<string>([base]);
  const lists = { ahead, behind };
  for (const [list, commits] of Object.entries(lists)) {
    commits.forEach((each, index) => {
      const other = list === "ahead" ? stable : main;
      if (each.sha === base) found.push(`${list}.${index}.sha: is the merge base, so both branches have it`);
      else if (each.sha === other) found.push(`${list}.${index}.sha: is the head of the other branch`);
      else if (seen.has(each.sha)) found.push(`${list}.${index}.sha: stands twice: ${each.sha}`);
      seen.add(each.sha);
    });
    if (hasCircle(commits)) found.push(`${list}: the parents form a circle`);
  }
  if (ahead.length > 0 && main === base) found.push("ahead: lists commits, but main is the merge base");
  if (behind.length > 0 && stable === base) found.push("behind: lists commits, but stable is the merge base");
  return found;
}

function hasCircle(commits: FileCommit[]): boolean {
  return parentsFirst(commits).length < new Set(commits.map((each) => each.sha)).size;
}

/** Parents before children, else oldest first as the file has it from the end; commits of a circle are left out. */
function parentsFirst(newestFirst: FileCommit[]): FileCommit[] {
  const children = new Map<string, FileCommit[]>();
  const waiting = new Map<string, number>();
  const listed = new Set(newestFirst.map((each) => each.sha));
  const ready: FileCommit[] = [];
  for (const each of newestFirst) {
    const parents = new Set((each.parents ?? []).filter((parent) => listed.has(parent)));
    waiting.set(each.sha, parents.size);
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), each]);
    if (parents.size === 0) ready.push(each);
  }
  const sorted: FileCommit[] = [];
  for (let next = ready.pop(); next; next = ready.pop()) {
    sorted.push(next);
    for (const child of children.get(next.sha) ?? []) {
      const left = (waiting.get(child.sha) ?? 0) - 1;
      waiting.set(child.sha, left);
      if (left === 0) ready.push(child);
    }
  }
  return sorted;
}

function toSeedCommits(list: FileCommit[], base: SeedCommit, note: (text: string) => void): SeedCommit[] {
  const listed = new Set(list.map((each) => each.sha));
  let outside = 0;
  let dateless = 0;
  let last = Date.parse(base.date);
  const commits = parentsFirst(list).map((each): SeedCommit => {
    const parents = (each.parents ?? []).map((parent) => (listed.has(parent) ? parent : base.sha));
    if ((each.parents ?? []).some((parent) => !listed.has(parent) && parent !== base.sha)) outside++;
    if (!each.date) dateless++;
    last = each.date ? Date.parse(each.date) : last + 60_000;
    return {
      sha: each.sha,
      message: each.message ?? each.title ?? "",
      date: new Date(last).toISOString(),
      parents: parents.length > 0 ? [...new Set(parents)] : [base.sha],
      author: authorOf(each),
    };
  });
  if (outside > 0)
    note(`${counted(outside)} with a parent outside the data: it stands on the merge base instead.`);
  if (dateless > 0) note(`${counted(dateless)} without a date: it is made up.`);
  return commits;
}

function authorOf({ author }: FileCommit): string | null {
  const name = typeof author === "string" ? author : (author?.login ?? author?.name);
  return name?.trim() || null;
}

/** Leaves out what no branch leads to; it can only come from a list that was cut in the middle. */
function reachable(commits: SeedCommit[], head: string, note: (text: string) => void): SeedCommit[] {
  const kept = new Set([head]);
  for (const each of commits.toReversed()) {
    if (kept.has(each.sha)) for (const parent of each.parents) kept.add(parent);
  }
  const lost = commits.filter((each) => !kept.has(each.sha)).length;
  if (lost > 0) note(`${counted(lost)} that the head does not lead to: left out.`);
  return commits.filter((each) => kept.has(each.sha));
}

function madeUpHead(
  sha: string,
  commits: SeedCommit[],
  base: SeedCommit,
  date: string | null | undefined,
): SeedCommit {
  const parents = new Set(commits.flatMap((each) => each.parents));
  const heads = commits.filter((each) => !parents.has(each.sha)).map((each) => each.sha);
  const newest = Math.max(...[base, ...commits].map((each) => Date.parse(each.date)));
  return {
    sha,
    message: `Commit ${sha.slice(0, 7)}, which the data lacks`,
    date: new Date(date ?? newest + 60_000).toISOString(),
    parents: heads.length > 0 ? heads : [base.sha],
    author: null,
  };
}

function baseDate(data: FileRepository, base: string, commits: FileCommit[]): string {
  const told = base === data.stable ? data.stableDate : base === data.main ? data.mainDate : null;
  const dates = commits.flatMap((each) => (each.date ? [Date.parse(each.date)] : []));
  if (told) return new Date(told).toISOString();
  if (dates.length === 0) return unknownDate;
  const day = 86_400_000;
  return new Date(dates.reduce((left, right) => Math.min(left, right)) - day).toISOString();
}

function counted(count: number): string {
  return count === 1 ? "1 commit" : `${count} commits`;
}
