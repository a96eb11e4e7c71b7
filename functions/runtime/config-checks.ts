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
    topic: text,
    health: z
      .object({ queues: z.object({ workerImage: text }).catch({}) })
      .optional()
      .catch(undefined),
    post: z
      .object({ order: list(text, undefined).default([]), libraries: list(text, undefined).default([]) })
      .catch({ order: [], libraries: [] })
      .optional(),
    cleanup: z
      .object({ rules: list(z.object({ tags: text }), {}) })
      .nullable()
      .catch(null)
      .optional(),
  })
  .catch({ people: null, duty: {}, freeze: { dates: [] }, repositories: null, copr: {}, topic: undefined });

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
    ...repeated(repositories, ["name", "rpm", "versionKey"], (index, key) => ["repositories", index, key]),
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

function peopleProblems({ people, duty }: Readable): ConfigProblem[] {
  if (!people) return [];
  const problems = repeated(people, ["github", "slack", "matrix"], (index, key) => ["people", index, key]);
  if (!people.some((each) => each.approver))
    problems.push({ path: ["people"], message: "nobody is an approver" });
  const readable = people.every((each) => each.github);
  if (readable && duty.backup && !people.some((each) => each.github === duty.backup)) {
    problems.push({ path: ["duty", "backup"], message: `is not in the list of people: ${duty.backup}` });
  }
  return problems;
}

function freezeProblems({ country, dates }: Readable["freeze"]): ConfigProblem[] {
  const problems = (dates ?? []).flatMap(({ from, to }, index) =>
    from && to && to < from ? [{ path: ["freeze", "dates", index, "to"], message: "is before from" }] : [],
  );
  if (country && /^[A-Z]{2}$/.test(country) && !isCountry(country)) {
    problems.push({ path: ["freeze", "country"], message: `is no ISO country code: ${country}` });
  }
  return problems;
}

function isCountry(code: string): boolean {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  return code !== "ZZ" && names.of(code) !== undefined;
}

function waitProblems(repositories: Repositories): ConfigProblem[] {
  const byName = new Map(repositories.map((each) => [each.name, each]));
  const problems: ConfigProblem[] = [];
  repositories.forEach(({ waitsFor }, index) => {
    (waitsFor ?? []).forEach((wait, position) => {
      if (!wait.repository) return;
      const path = ["repositories", index, "waitsFor", position, "repository"];
      const other = byName.get(wait.repository);
      // A repository whose name cannot be read may be the one that is meant.
      if (!other && !byName.has(undefined)) {
        problems.push({ path, message: `is not in the list of repositories: ${wait.repository}` });
      } else if (other && wait.until === "rpm" && !other.rpm) {
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
  const next = new Map(
    repositories.map(({ name, waitsFor }) => [name, (waitsFor ?? []).map((each) => each.repository)]),
  );
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
): ConfigProblem[] {
  return keys.flatMap((key) => {
    const seen = new Set<string>();
    return items.flatMap((item, index) => {
      const value = item[key];
      if (value === undefined) return [];
      if (seen.has(value)) return [{ path: pathOf(index, key), message: `stands twice: ${value}` }];
      seen.add(value);
      return [];
    });
  });
}
