import { type Problem, type Verdict, worst } from "./health-report.ts";

/** What a source answered, or why it could not be asked, in words for people. */
export type Reading<T> = T | { unreachable: string };

export type CheckId =
  | "pods"
  | "workloads"
  | "images"
  | "healthz"
  | "versions"
  | "sentry"
  | "validation"
  | "queues";

export interface InspectedPod {
  name: string;
  /** The workload that it belongs to; null: to none. */
  owner: { kind: string; name: string } | null;
  phase: string;
  terminating: boolean;
  /** When it should be gone, ISO 8601; null: it is not terminating, or nobody says. */
  goneBy: string | null;
  /** ISO 8601; null: not yet, or nobody says. */
  startedAt: string | null;
  ready: boolean;
  restarts: number;
  waitingReasons: readonly string[];
  /** `image`: without registry and namespace. No digest yet while the container was never started. */
  images: readonly { container: string; image: string; digest: string | null }[];
}

export interface InspectedWorkload {
  kind: string;
  name: string;
  desired: number;
  ready: number;
}

export interface InspectedStream {
  name: string;
  tags: readonly { tag: string; digest: string | null }[];
}

/** Unresolved and first seen since a time. */
export interface NewIssue {
  id: string;
  title: string;
  /** `fatal`, `error`, `warning`, `info`, … */
  level: string;
  /** How often it happened. */
  count: number;
  url: string;
}

export interface NewIssues {
  /** ISO 8601. */
  since: string;
  issues: readonly NewIssue[];
  /** There are more than were read. */
  more: boolean;
}

/** A pull request that the environment's app tests itself on. */
export interface ValidationPull {
  title: string;
  url: string;
  /** The newest run of each of the app's checks. `at`: its end, or its start while it runs; ISO 8601. */
  checks: readonly {
    name: string;
    status: string;
    conclusion: string | null;
    at: string | null;
    url: string;
  }[];
}

export interface Backlog {
  queue: string;
  waiting: number;
}

/** From when on something is worth a warning, or a failure. */
export interface Thresholds {
  /** So many restarts of one pod are a warning, and within its first hour a failure. */
  restarts: number;
  /** A pod may be starting, or on its way out, for so many minutes. */
  startingMinutes: number;
  terminatingMinutes: number;
  /** So many new errors at Sentry are a failure; fewer are a warning. */
  newErrors: number;
  /** Without a validation within so many hours there is a warning. */
  validationHours: number;
  /** So many waiting tasks of one queue. */
  backlogWarning: number;
  backlogFailure: number;
}

/** One environment as its sources show it. A source that is null is not used. */
export interface Evidence {
  environment: "staging" | "production";
  /** ISO 8601. */
  takenAt: string;
  thresholds: Thresholds;
  /** Checks that are switched off. */
  off: readonly CheckId[];
  pods: Reading<readonly InspectedPod[]>;
  workloads: Reading<readonly InspectedWorkload[]>;
  streams: Reading<readonly InspectedStream[]>;
  /** Tag of the streams, and of the images that they follow. */
  tag: string;
  /** Images that the cluster has a stream for. */
  images: readonly { name: string; stream: string }[];
  /**
   * Image → digests that stand for what Quay's tag names: the manifest and, of a list, those of its architectures.
   * An image without an entry could not be asked for.
   */
  quayTags: Readonly<Record<string, Reading<readonly string[]>>>;
  /** The service answers 200 and some words when it is well, and an error otherwise. */
  healthz: Reading<{ status: string }>;
  /** Component (`packit_service`) → commit, 7 characters or more. */
  system: Reading<Readonly<Record<string, { commit: string }>>>;
  /** Component → commit that it should be built from. */
  expectedVersions: Reading<Readonly<Record<string, string>>>;
  /** Component → why a commit of it is knowingly not in production, one phrase. */
  notBuilt: Readonly<Record<string, string>>;
  /** What the run under way was to bring right. */
  due: { components: readonly string[]; images: readonly string[] };
  /** Images that the run knowingly left as they were: their tags may have moved on since. */
  kept: readonly string[];
  sentry: Reading<NewIssues> | null;
  validation: Reading<readonly ValidationPull[]> | null;
  queues: Reading<readonly Backlog[]> | null;
  /** Check → where a person looks on. */
  links?: Partial<Record<CheckId, string>>;
}

/** What a check found, without its name. */
export interface Finding {
  summary: string;
  evidence: string[];
  problems: Problem[];
}

export function isUnreachable(reading: object): reading is { unreachable: string } {
  return "unreachable" in reading && typeof reading.unreachable === "string";
}

/** @param what a sentence without its full stop. */
export function unreachable(id: CheckId, what: string, reading: { unreachable: string }): Finding {
  const text = reading.unreachable;
  return {
    summary: `${what}.`,
    evidence: [text],
    problems: [problem(`${id}/unreachable`, "unknown", text)],
  };
}

export function problem(
  key: string,
  verdict: Problem["verdict"],
  text: string,
  { link = null, due = false }: Partial<Pick<Problem, "link" | "due">> = {},
): Problem {
  return { key, verdict, text, link, due };
}

export function verdictOf(problems: readonly Problem[]): Verdict {
  return worst(["ok", ...problems.map((each) => each.verdict)]);
}

/** The first characters of a digest, as people compare them. */
export function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
