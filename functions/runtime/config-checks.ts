import { z } from "zod";

/** Something wrong in a configuration, and where: `["repositories", 3, "waitsFor", 0, "repository"]`. */
export interface ConfigProblem {
  path: (string | number)[];
  message: string;
}

const text = z.string().min(1).optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

/** A list whose broken items stay as empty ones, so that positions stay; null: it is no list. */
function list<T extends z.ZodType>(item: T, broken: NoInfer<z.output<T>>) {
  return z.array(item.catch(broken)).nullable().catch(null);
}

const wait = z.object({ repository: text, until: text });
const image = z.object({ name: text, stream: text, uniqueTag: text });
const repository = z.object({
  name: text,
  blog: flag,
  rpm: text,
  versionKey: text,
  waitsFor: list(wait, {}).default([]),
  build: z
    .object({ images: list(image, {}) })
    .nullable()
    .catch(null)
    .default(null),
});
const person = z.object({ github: text, slack: text, matrix: text, approver: flag });

const branches = z
  .object({ mainBranch: text, stableBranch: text })
  .catch({ mainBranch: undefined, stableBranch: undefined });
const tagged = z.object({ tag: text }).catch({ tag: undefined });

/** As much of a configuration as can be read, whatever else is wrong with it. */
const readable = z
  .object({
    people: list(person, {}),
    duty: z.object({ backup: text }).catch({}),
    freeze: z
      .object({ country: text, dates: list(z.object({ from: text, to: text }), {}) })
      .catch({ dates: [] }),
    repositories: list(repository, { waitsFor: [], build: null }),
    copr: z.unknown().optional(),
    github: branches,
    clusters: z.object({ production: tagged, staging: tagged }).optional().catch(undefined),
    topic: text,
    health: z
      .object({ queues: z.object({ workerImage: text }).catch({}) })
      .optional()
      .catch(undefined),
    post: z
      .object({
        order: list(text, undefined).default([]),
        libraries: list(text, undefined).default([]),
        path: text,
        title: text,
        heading: text,
      })
      .catch({ order: [], libraries: [] })
      .optional(),
    cleanup: z
      .object({ rules: list(z.object({ tags: text }), {}) })
      .nullable()
      .catch(null)
      .optional(),
  })
  .catch({
    people: null,
    duty: {},
    freeze: { dates: [] },
    repositories: null,
    copr: {},
    github: {},
    topic: undefined,
  });

const periodPlaceholders = ["month", "year", "week", "weeks", "weekYear", "since", "till"];

/** GitHub's logins and repositories go without regard to case. */
const anyCase = (text: string) => text.toLowerCase();

type Readable = z.output<typeof readable>;
type Repositories = NonNullable<Readable["repositories"]>;

/**
 * What no single value shows: names that stand twice or refer to nothing, repositories that wait for each other in a
 * circle. Works on the raw value, since the schema's own refinements are skipped while any value has the wrong shape,
 * and a person wants to hear everything at once. What cannot be read is not judged here: the schema does that.
 */
export function crossProblems(value: unknown): ConfigProblem[] {
  const config = readable.parse(value);
  const repositories = config.repositories ?? [];
  return [
    ...peopleProblems(config),
    ...freezeProblems(config.freeze),
    ...branchProblems(config),
    ...tagProblems(config),
    ...repeated(repositories, ["name"], (index, key) => ["repositories", index, key], anyCase),
    ...repeated(repositories, ["rpm", "versionKey"], (index, key) => ["repositories", index, key]),
    ...waitProblems(repositories),
    ...cycleProblems(repositories),
    ...imageProblems(repositories),
    ...repositories.flatMap(({ rpm }, index) =>
      rpm && !config.copr
        ? [{ path: ["repositories", index, "rpm"], message: "needs the copr settings" }]
        : [],
    ),
    ...healthProblems(config),
    ...postProblems(config),
    ...(["path", "title", "heading"] as const).flatMap((key) =>
      placeholderProblems(config.post?.[key], periodPlaceholders, ["post", key]),
    ),
    ...placeholderProblems(config.topic, ["service", "topic"], ["topic"]),
    ...(config.cleanup?.rules ?? []).flatMap(({ tags }, index) =>
      placeholderProblems(tags, ["branch", "sha7", "epoch"], ["cleanup", "rules", index, "tags"]),
    ),
  ];
}

/** The image of the workers, where no repository builds it: then nobody would ever be told of their tasks. */
function healthProblems({ health, repositories }: Readable): ConfigProblem[] {
  const image = health?.queues.workerImage;
  const images = (repositories ?? []).flatMap(({ build }) => build?.images ?? []);
  if (!image || !repositories || images.some((each) => !each.name || each.name === image)) return [];
  return [{ path: ["health", "queues", "workerImage"], message: `is no image of any repository: ${image}` }];
}

/** Names in the settings of the post that belong to no repository whose changes are told. */
function postProblems({ post, repositories }: Readable): ConfigProblem[] {
  if (!repositories?.every((each) => each.name)) return [];
  const told = new Set(repositories.filter((each) => each.blog).map((each) => each.name));
  return (["order", "libraries"] as const).flatMap((key) =>
    (post?.[key] ?? []).flatMap((name, index) =>
      name && !told.has(name)
        ? [{ path: ["post", key, index], message: `is no repository with blog: true: ${name}` }]
        : [],
    ),
  );
}

function branchProblems({ github }: Readable): ConfigProblem[] {
  const { mainBranch = "main", stableBranch = "stable" } = github;
  if (mainBranch !== stableBranch) return [];
  return [{ path: ["github", "stableBranch"], message: `is the main branch too: ${mainBranch}` }];
}

/** Both clusters follow the same images at Quay: under one tag, production would get what only staging should. */
function tagProblems({ clusters }: Readable): ConfigProblem[] {
  const [tag, other] = [clusters?.production.tag, clusters?.staging.tag];
  if (!tag || tag !== other) return [];
  return [{ path: ["clusters", "staging", "tag"], message: `is production's too: ${tag}` }];
}

function peopleProblems({ people, duty }: Readable): ConfigProblem[] {
  if (!people) return [];
  const problems = [
    ...repeated(people, ["github"], (index, key) => ["people", index, key], anyCase),
    ...repeated(people, ["slack", "matrix"], (index, key) => ["people", index, key]),
  ];
  if (!people.some((each) => each.approver))
    problems.push({ path: ["people"], message: "nobody is an approver" });
  const readable = people.every((each) => each.github);
  const backup = duty.backup && anyCase(duty.backup);
  if (readable && backup && !people.some((each) => each.github && anyCase(each.github) === backup)) {
    problems.push({ path: ["duty", "backup"], message: `is not in the list of people: ${duty.backup}` });
  }
  return problems;
}

function freezeProblems({ country, dates }: Readable["freeze"]): ConfigProblem[] {
  const problems = (dates ?? []).flatMap(({ from, to }, index) =>
    isDay(from) && isDay(to) && to < from
      ? [{ path: ["freeze", "dates", index, "to"], message: "is before from" }]
      : [],
  );
  if (country && /^[A-Z]{2}$/.test(country) && !isCountry(country)) {
    problems.push({ path: ["freeze", "country"], message: `is no ISO country code: ${country}` });
  }
  return problems;
}

function isDay(value: string | undefined): value is string {
  return z.iso.date().safeParse(value).success;
}

function isCountry(code: string): boolean {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  return code !== "ZZ" && names.of(code) !== undefined;
}

function waitProblems(repositories: Repositories): ConfigProblem[] {
  // A repository whose name cannot be read may be the one that is meant.
  const unreadable = repositories.some((each) => each.name === undefined);
  const problems: ConfigProblem[] = [];
  repositories.forEach(({ waitsFor }, index) => {
    (waitsFor ?? []).forEach((wait, position) => {
      if (!wait.repository) return;
      const path = ["repositories", index, "waitsFor", position, "repository"];
      const meant = repositories.filter((each) => each.name === wait.repository);
      if (meant.length === 0 && !unreadable) {
        problems.push({ path, message: `is not in the list of repositories: ${wait.repository}` });
      } else if (meant.length > 0 && wait.until === "rpm" && !meant.some((each) => each.rpm)) {
        problems.push({ path, message: `${wait.repository} has no rpm to wait for` });
      }
    });
    problems.push(
      ...repeated(waitsFor ?? [], ["repository"], (position, key) => [
        "repositories",
        index,
        "waitsFor",
        position,
        key,
      ]),
    );
  });
  return problems;
}

/** Names every circle, each at the repository of it that is listed first. */
function cycleProblems(repositories: Repositories): ConfigProblem[] {
  const next = new Map<string | undefined, (string | undefined)[]>();
  for (const { name, waitsFor } of repositories) {
    // A name that stands twice waits for what either of the two waits for.
    next.set(name, [...(next.get(name) ?? []), ...(waitsFor ?? []).map((each) => each.repository)]);
  }
  /** Leads into no circle, or into one that was named. */
  const done = new Set<string | undefined>();
  const circleFrom = (
    name: string | undefined,
    way: (string | undefined)[],
  ): (string | undefined)[] | null => {
    if (name === undefined || done.has(name)) return null;
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    for (const other of next.get(name) ?? []) {
      const circle = circleFrom(other, [...way, name]);
      if (circle) return circle;
    }
    done.add(name);
    return null;
  };
  const problems: ConfigProblem[] = [];
  for (const { name } of repositories) {
    for (let circle = circleFrom(name, []); circle; circle = circleFrom(name, [])) {
      const members = circle;
      for (const member of members) done.add(member);
      const index = repositories.findIndex((each) => members.includes(each.name));
      const message = `waits in a circle: ${members.join(" → ")}`;
      problems.push({ path: ["repositories", index, "waitsFor"], message });
    }
  }
  return problems;
}

/** Names of images and streams are unique over all repositories: pods and tags are looked up by them. */
function imageProblems(repositories: Repositories): ConfigProblem[] {
  const images = repositories.flatMap(({ build }, index) =>
    (build?.images ?? []).map((image, position) => ({
      ...image,
      path: ["repositories", index, "build", "images", position],
    })),
  );
  return [
    ...repeated(images, ["name", "stream"], (index, key) => [...(images[index]?.path ?? []), key]),
    ...images.flatMap(({ uniqueTag, path }) =>
      placeholderProblems(uniqueTag, ["sha7", "epoch"], [...path, "uniqueTag"]),
    ),
  ];
}

function placeholderProblems(
  value: string | undefined,
  known: readonly string[],
  path: (string | number)[],
): ConfigProblem[] {
  return [...(value ?? "").matchAll(/\{([^{}]*)\}/g)]
    .filter(([, name]) => !known.includes(name ?? ""))
    .map(([whole]) => ({
      path,
      message: `${whole} is not filled in: only ${known.map((each) => `{${each}}`).join(", ")}`,
    }));
}

function repeated<K extends string>(
  items: readonly Partial<Record<K, string>>[],
  keys: readonly K[],
  pathOf: (index: number, key: K) => (string | number)[],
  same: (value: string) => string = (value) => value,
): ConfigProblem[] {
  return keys.flatMap((key) => {
    const seen = new Set<string>();
    return items.flatMap((item, index) => {
      const value = item[key];
      if (value === undefined) return [];
      if (seen.has(same(value))) return [{ path: pathOf(index, key), message: `stands twice: ${value}` }];
      seen.add(same(value));
      return [];
    });
  });
}
