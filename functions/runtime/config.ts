import { readFileSync } from "node:fs";
import { z } from "zod";
import { type ConfigProblem, crossProblems } from "./config-checks.ts";
import { health, sentry } from "./config-health.ts";
import { cleanup, firewall } from "./config-housekeeping.ts";
import { minutes, name, url } from "./config-values.ts";
import { environment } from "./environment.ts";
import { BadConfiguration, messageOf } from "./errors.ts";
import { lazy } from "./lazy.ts";

/**
 * What another team would change, and nothing secret. The values stand in `infra/config/`; they reach the functions as
 * a JSON file in the bundle. Durations are in minutes unless the name says otherwise.
 */

const day = z.iso.date();

const timeZone = z.string().refine(isTimeZone, "is no IANA time zone, such as Europe/Prague");

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const schedule = z.strictObject({
  weekday: z.enum(["monday", "tuesday", "wednesday", "thursday", "friday"]).default("monday"),
  time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "is no time of day, such as 13:00"),
  timeZone,
  /** From the start of a run: how long the team has to answer, and when everything should be done. */
  windowMinutes: minutes.default(120),
});

const freeze = z.strictObject({
  /** ISO code of the country whose public holidays are free of deployments. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "is no ISO country code, such as CZ")
    .nullable()
    .default(null),
  /** Days without deployments, both ends included. */
  dates: z.array(z.strictObject({ from: day, to: day, reason: name })).default([]),
});

const person = z.strictObject({
  name,
  github: name,
  /** Slack member id. */
  slack: z.string().regex(/^[UW][A-Z0-9]+$/, "is no Slack member id, such as U012AB3CD"),
  matrix: z
    .string()
    .regex(/^@[^:]+:.+$/, "is no Matrix id, such as @name:example.org")
    .nullable()
    .default(null),
  /** May answer the questions of a run. Everybody listed belongs to the team. */
  approver: z.boolean().default(false),
  away: z.boolean().default(false),
  /** Key in the site's `authors.yml`. Null: the person's posts are drafted without an author. */
  author: name.nullable().default(null),
});

const duty = z.strictObject({
  /** Where the weekly role is an issue, assigned to the person on duty: `owner/repository`. */
  repository: z.string().regex(/^[^/]+\/[^/]+$/, "is not owner/repository"),
  label: name,
  title: name,
  /** GitHub login of who steps in when nobody known is on duty, or that person is away. */
  backup: name,
  /** Ticks what is done in the issue's checklist, and keeps one comment in it up to date. */
  report: z.boolean().default(true),
});

const image = z.strictObject({
  name,
  /** Architectures of the manifest list at Quay; one means a plain manifest. */
  architectures: z.array(name).min(1).default(["amd64"]),
  /** Pattern of the tag that only this build has: `{sha7}` and `{epoch}` are filled in. Null: there is none. */
  uniqueTag: z.string().includes("{sha7}").nullable().default(null),
  /** Image stream that follows it in the cluster. Null: pulled from Quay by name. */
  stream: name.nullable().default(null),
  /**
   * Runs the repository's database migrations when it starts, and does not start on a database from after it. Where no
   * image of a repository with migrations says so, all of them count as such.
   */
  runsMigrations: z.boolean().default(false),
});

const repository = z.strictObject({
  name,
  /** Moved every week. A retired repository is listed and left alone. */
  moved: z.boolean().default(true),
  /** Its changes are told in the weekly post. */
  blog: z.boolean().default(false),
  /**
   * `rpm`: until the RPM of that repository's stable commit is built. `moved`: until its branch has moved. For images all
   * that they install, also what comes along with something else: when one of it moves, they are rebuilt.
   */
  waitsFor: z.array(z.strictObject({ repository: name, until: z.enum(["rpm", "moved"]) })).default([]),
  /** Name of its package in the Copr project, when it is installed from there. */
  rpm: name.nullable().default(null),
  build: z
    .strictObject({
      /** Path of the workflow that builds its images on a push to the stable branch. */
      workflow: z.string().startsWith(".github/workflows/"),
      /** The workflow allows `workflow_dispatch`. */
      dispatch: z.boolean(),
      images: z.array(image).min(1),
    })
    .nullable()
    .default(null),
  /** Key under which the service's `/api/system` tells its commit. Null: it tells nothing of it. */
  versionKey: name.nullable().default(null),
  /** Folder whose new files are database migrations: images from before one do not start after it. */
  migrations: name.nullable().default(null),
});

const cluster = z.strictObject({
  apiUrl: url,
  namespace: name,
  /** Tag of its image streams, and of the images at Quay that they follow. */
  tag: name,
  /** Address of the service that runs there: `/api/healthz` and `/api/system` are asked. */
  serviceUrl: url,
  /** Where Prometheus reads the metrics of its workers. Null: the backlog of the queues is not checked. */
  metricsUrl: url.nullable().default(null),
  /** Flower, whose API tells what the workers work on before they are restarted. Null: `activeMetric` may tell. */
  flowerUrl: url.nullable().default(null),
  /**
   * Switches the periodic import of the image streams off during a run, so that no rollout begins while other images
   * still build.
   */
  holdImports: z.boolean().default(false),
});

/**
 * The weekly post about what changed. `{month}`, `{year}`, `{week}`, `{weeks}` (`Week 22`), `{weekYear}`, `{since}` and
 * `{till}` are filled in.
 */
const post = z.strictObject({
  /** The site's repository, in the same organisation: its posts are files of it. */
  repository: name.default("packit.dev"),
  /** Path of a post in it. */
  path: name.default("weekly/{weekYear}/week-{week}.md"),
  title: name.default("Packit in {month} {year}"),
  heading: name.default("{weeks} ({since} – {till})"),
  /** Repositories (of those with `blog`) in the order in which they are told; the others come last. */
  order: z.array(name).default([]),
  /** Repositories that are libraries: changes that only matter to who programs with them are not told unasked. */
  libraries: z.array(name).default([]),
  /** So many changes that the draft does not tell are put before the reviewer. */
  candidates: z.number().int().nonnegative().default(10),
  /** What was merged more days ago is not told unasked. */
  maxAgeDays: z.number().positive().default(28),
});

/** Toots about a published post. */
const mastodon = z.strictObject({
  instanceUrl: url,
  /** `thread`: all at once, each a reply to the one before. `spread`: one after the other over the week. */
  mode: z.enum(["thread", "spread"]).default("spread"),
  /** So many entries of the post are told, its first. */
  entries: z.number().int().positive().default(3),
  /** With `spread`: from one toot to the next. */
  everyHours: z.number().min(1).default(24),
  visibility: z.enum(["public", "unlisted", "private"]).default("public"),
  /** ISO 639. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, "is no ISO 639 code, such as en")
    .default("en"),
  /** Toots that nobody approves within this time are not published. */
  questionHours: z.number().positive().default(48),
  /** So often people are reminded of toots that wait for their approval. */
  reminderHours: z.number().positive().default(24),
});

/** The life of the weekly post, from its draft until the site shows it. */
const news = z.strictObject({
  /** Where the site shows posts: the post `weekly/2026/week-47.md` at `<siteUrl>/weekly/2026/week-47`. */
  siteUrl: url,
  /** Branch of the site's repository that posts are merged into. */
  baseBranch: name.default("main"),
  /** Posts are drafted on branches of this prefix. */
  branchPrefix: name.default("news/"),
  mergeMethod: z.enum(["merge", "squash", "rebase"]).default("squash"),
  /** A post that nobody approves within this time is given up: the next one tells what it would have told. */
  deadlineDays: z.number().positive().default(5),
  /** So often the channel is reminded of a post that waits for its review. */
  reminderHours: z.number().positive().default(24),
  /** A merged post that the site does not show within this time is told as a problem. */
  siteMinutes: minutes.default(60),
});

const limits = z.strictObject({
  /** How long a whole run takes from the approval on, until earlier runs tell better. */
  expectedMinutes: minutes.default(75),
  /** After this time without an answer, the question is asked again by direct message. */
  reminderMinutes: minutes.default(30),
  /** A failed step that nobody decides about within this time aborts the run. */
  questionMinutes: minutes.default(240),
  /** No RPM from Copr within this time: the step gives up. */
  rpmMinutes: minutes.default(60),
  /** No workflow run has begun within this time after the move: the step gives up. */
  buildStartMinutes: minutes.default(10),
  /** No finished workflow run within this time: the step gives up. */
  buildMinutes: minutes.default(120),
  /** No pushed image within this time after its build: the step gives up. */
  pushMinutes: minutes.default(15),
  /** Pods that do not all run the new images within this time: the step gives up. */
  rolloutMinutes: minutes.default(30),
  /** The vault's changelog was not read within this time: the step gives up. */
  vaultMinutes: minutes.default(20),
  /** The Kubernetes objects are not applied within this time: the step gives up. The build itself ends before. */
  objectsMinutes: minutes.default(60),
  /** One invocation watches the cluster for this long before the state is entered again. */
  rolloutWatchMinutes: minutes.max(10).default(4),
  /** From the end of the rollout until production is looked at: a pod that runs proves little at first. */
  soakMinutes: z.number().nonnegative().default(15),
  /** A pod that is still terminating so long after its grace period is stuck. */
  terminatingMinutes: minutes.default(5),
});

/** The Kubernetes objects, which `make deploy` in a repository of their own applies. */
const objects = z.strictObject({
  /** In the same organisation, and readable by everybody. */
  repository: name.default("deployment"),
  /** The only branch that its playbook applies. */
  branch: name.default("main"),
  /** Folders in which a change means that there is something to apply. */
  paths: z
    .array(z.string().regex(/^[^/].*\/$/, "is no folder, such as openshift/"))
    .min(1)
    .default(["openshift/", "roles/", "playbooks/", "tasks/", "vars/", "secrets/"]),
  /** What the playbook knows as SERVICE and DEPLOYMENT; they name `vars/SERVICE/DEPLOYMENT_template.yml` too. */
  service: z.string().regex(/^[\w-]+$/, "is no name of a folder"),
  deployment: z
    .string()
    .regex(/^[\w-]+$/, "is no name of a file")
    .default("prod"),
  /** Null: no vault is looked at. Its secure note of this name lists what changed in it, one line or more for each. */
  vault: z
    .strictObject({ note: name.default("! Changelog !") })
    .nullable()
    .default(null),
  /** Whether a plain approval applies them, where there is something to apply. The approver can say otherwise. */
  applyByDefault: z.boolean().default(false),
});

/** When pods do not come up by themselves, and when the new images do not work. */
const recovery = z.strictObject({
  /** So many rounds of repair a run does by itself: stuck pods deleted, images imported again. 0: none. */
  repairs: z.number().int().nonnegative().max(10).default(3),
  /**
   * Rolls back without asking when every workload that got a new image failed, and the plan held no database migration.
   * Otherwise a person is asked.
   */
  automaticRollback: z.boolean().default(true),
});

/** What a configuration is; `parseConfig` checks more than that. */
export const schema = z.strictObject({
  /** What is deployed, as people call it. */
  service: name,
  schedule,
  freeze,
  people: z.array(person).min(1),
  duty,
  github: z.strictObject({
    apiUrl: url.default("https://api.github.com"),
    webUrl: url.default("https://github.com"),
    owner: name,
    mainBranch: name.default("main"),
    stableBranch: name.default("stable"),
    /** The repository that pins every other one as a git submodule. Null: there is none. */
    monorepo: z
      .strictObject({ name, branch: name.default("main"), message: name })
      .nullable()
      .default(null),
  }),
  repositories: z.array(repository).min(1),
  quay: z.strictObject({
    apiUrl: url.default("https://quay.io"),
    /** How images are named: `<registry>/<namespace>/<image>`. */
    registry: name.default("quay.io"),
    namespace: name,
  }),
  /** Null: nothing is installed from Copr. */
  copr: z
    .strictObject({
      apiUrl: url.default("https://copr.fedorainfracloud.org"),
      owner: name,
      project: name,
    })
    .nullable()
    .default(null),
  clusters: z.strictObject({ production: cluster, staging: cluster }),
  slack: z.strictObject({
    apiUrl: url.default("https://slack.com/api"),
    /** Channel id. */
    channel: z.string().regex(/^[CG][A-Z0-9]+$/, "is no Slack channel id, such as C012AB3CD"),
  }),
  matrix: z
    .strictObject({ homeserverUrl: url, room: z.string().startsWith("!") })
    .nullable()
    .default(null),
  health: health.prefault({}),
  /** Null: Sentry is not used. */
  sentry: sentry.nullable().default(null),
  /** The topic while a deployment runs, in both chats. `{service}` and `{topic}` (the one before) are filled in. */
  topic: name.default("⚠️ {service} is being redeployed. No reaction for 30 minutes? Retrigger it. | {topic}"),
  post: post.prefault({}),
  /** Null: nobody is asked about Kubernetes objects, and none are applied. */
  objects: objects.nullable().default(null),
  /** Null: there are no toots. */
  mastodon: mastodon.nullable().default(null),
  /** Null: runs make no posts. */
  news: news.nullable().default(null),
  limits: limits.prefault({}),
  recovery: recovery.prefault({}),
  /** Null: nothing is ever deleted at Quay. */
  cleanup: cleanup.nullable().default(null),
  /** Null: nothing is asked for. */
  firewall: firewall.nullable().default(null),
});

export type Config = z.output<typeof schema>;
/** What a person writes: everything with a default may be left out. */
export type ConfigInput = z.input<typeof schema>;
export type Person = Config["people"][number];
export type RepositoryConfig = Config["repositories"][number];
export type ImageConfig = NonNullable<RepositoryConfig["build"]>["images"][number];
export type ObjectsConfig = NonNullable<Config["objects"]>;
export type ClusterConfig = Config["clusters"]["production"];
export type CleanupConfig = NonNullable<Config["cleanup"]>;
export type FirewallConfig = NonNullable<Config["firewall"]>;
export type ClusterName = keyof Config["clusters"];

/**
 * Checks a configuration and fills in defaults.
 * @throws BadConfiguration that lists every problem at once, each with its path (`repositories.3.waitsFor.0.repository`).
 */
export function parseConfig(value: unknown): Config {
  const parsed = schema.safeParse(value);
  const cross = crossProblems(value);
  if (parsed.success && cross.length === 0) return parsed.data;
  const problems = [...(parsed.error?.issues.flatMap(explain) ?? []), ...cross];
  const lines = problems.map(({ path, message }) => `  ${path.join(".") || "(whole)"}: ${message}`);
  const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
  throw new BadConfiguration(`The configuration has ${count}:\n${lines.join("\n")}`);
}

/** Keys that nobody knows are told one by one, at their own path. */
function explain(issue: z.core.$ZodIssue): ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: "is no known setting" }));
  }
  // By default zod keeps the input out of its issues, which is right for logs: its words tell what was received.
  if (issue.message.endsWith("received undefined")) return [{ path, message: "is missing" }];
  return [{ path, message: issue.message }];
}

/** The configuration in the bundle, read once per container. */
export const config = lazy((): Config => {
  const path = environment("STABLEHAND_CONFIG");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new BadConfiguration(`The configuration file cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseConfig(value);
});
