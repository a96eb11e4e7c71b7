import { randomUUID } from "node:crypto";
import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Answer, Decision } from "../domain/decision.ts";
import type { HealthReport } from "../domain/health-report.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { ImageProof } from "../domain/proof-chain.ts";
import type { Comparison } from "../domain/regression.ts";
import type { Stage } from "../domain/step-words.ts";
import { NotFound } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import {
  type Condition,
  compressed,
  expiry,
  flat,
  type Key,
  patch,
  present,
  readAllBodies,
  readAllFlat,
  readBody,
  readCompressed,
  readFlat,
  write,
  writeFirst,
} from "./items.ts";
import { type Store, store, tableDefinition } from "./table.ts";

export type RunStatus =
  | "running"
  | "finished"
  | "skipped"
  | "rejected"
  | "expired"
  | "aborted"
  | "rolledBack"
  | "failed";

/**
 * `dry-run` reads everything and changes nothing; `rollback` was started by hand, to undo another run. These deploy
 * nothing: `cleanup` deletes old images at Quay, `firewall` asks for connections to the outside.
 */
export type RunKind = "weekly" | "hotfix" | "dry-run" | "rollback" | "cleanup" | "firewall";

/** Whether a run changes production, which everybody is told of. */
export function deploys({ kind }: Pick<Run, "kind">): boolean {
  return ["weekly", "hotfix", "rollback"].includes(kind);
}

/** One deployment, cleanup or firewall request. Times are ISO 8601. */
export interface Run {
  /** The name of its execution: `weekly-2026-11-23`. */
  id: string;
  kind: RunKind;
  /** Why a person started it off schedule; empty for the weekly run. */
  purpose: string;
  /** A hotfix: the repositories that may move. Empty: all. */
  only: string[];
  /** The run that this hotfix took the place of; it is planned again afterwards. */
  supersedes: string | null;
  /** ARN of the execution. */
  execution: string;
  scheduledFor: string;
  openedAt: string;
  endedAt: string | null;
  status: RunStatus;
  /** Why it ended so, in words for people. */
  reason: string | null;
  /** GitHub login of who is on duty; `note` says why the backup is, or what else people should know. */
  duty: { login: string; how: "assigned" | "backup"; note: string | null } | null;
  /** The last answer to its approval question. */
  decision: Answer | null;
  approvedAt: string | null;
  planVersion: number | null;
  expectedEnd: string | null;
  windowEnd: string;
}

export type RunPatch = Partial<Omit<Run, "id">>;

export interface BuiltImage {
  /** At Quay: of the manifest, or of the list. */
  digest: string;
  /** What the stream held after the import. */
  streamDigest?: string;
  /** Of a list, the manifests of its architectures: pods may name theirs. */
  manifests?: string[];
}

export interface RepositoryProgress {
  repository: string;
  stage: Stage;
  /** What it waits for, or why it failed, in words for people. */
  note: string | null;
  /** Package → the failed build at Copr that a person was asked about. */
  failedRpms?: Record<string, number>;
  /** The very run that our dispatch started, that an earlier move started and this run takes over, or that ran again. */
  dispatchedRun?: number;
  /** Attempts of that run up to this one were there before, and do not count. */
  dispatchedAfter?: number;
  buildRun?: { id: number; attempt: number; url: string; conclusion: string | null };
  /** Image → the digest that was built, and the one that the stream then held. */
  images?: Record<string, BuiltImage>;
  /** Its branch moved, but people went on without the images that it goes into: why, one phrase. */
  notBuilt?: string;
  /** From the commit to the pods, image by image. */
  proof?: ImageProof[];
  updatedAt: string;
}

export type RepositoryPatch = Partial<Omit<RepositoryProgress, "repository" | "updatedAt">>;

/** What happened, for people. */
export interface RunEvent {
  /** ISO 8601. */
  at: string;
  /** Stable: `repository.failed`. */
  code: string;
  text: string;
  /** Who did it, when it was a person. */
  who: string | null;
  /** The state of the state machine. */
  state: string | null;
}

export type ReportName = "staging" | "baseline" | "production";

/**
 * What is known of runs. Everything may be called again with the same arguments. Reads are consistent, but for `list`.
 * `patch` arguments set single attributes: those that are absent stay, and a nested object is replaced as a whole.
 */
export interface Runs {
  /** Stores a run, unless it is there already. @returns the one that is stored. */
  open(run: Run): Promise<Run>;
  get(id: string): Promise<Run | null>;
  /** @throws NotFound when there is no such run. */
  update(id: string, patch: RunPatch): Promise<Run>;
  /**
   * Ends a running run; of two who do so, the first one decides how.
   * @returns `first`: it was us; and the run as it stands.
   * @throws NotFound when there is no such run.
   */
  end(
    id: string,
    ending: { status: RunStatus; reason: string | null },
  ): Promise<{ first: boolean; run: Run }>;
  /** Newest first. From an index, so a write of the last second may be missing. */
  list(limit: number): Promise<Run[]>;
  savePlan(id: string, plan: PromotionPlan): Promise<void>;
  plan(id: string, version: number): Promise<PromotionPlan | null>;
  saveApproved(id: string, plan: PromotionPlan): Promise<void>;
  approved(id: string): Promise<PromotionPlan | null>;
  saveReport(id: string, name: ReportName, report: HealthReport): Promise<void>;
  report(id: string, name: ReportName): Promise<HealthReport | null>;
  /** Production after the rollout beside its baseline; the newest one counts. */
  saveComparison(id: string, comparison: Comparison): Promise<void>;
  comparison(id: string): Promise<Comparison | null>;
  /** The first decision on a question stands. @returns `won`: it is this one; and the one that stands. */
  decide(id: string, decision: Decision): Promise<{ won: boolean; decision: Decision }>;
  decision(id: string, question: string): Promise<Decision | null>;
  saveRepository(id: string, repository: string, patch: RepositoryPatch): Promise<RepositoryProgress>;
  repository(id: string, repository: string): Promise<RepositoryProgress | null>;
  /** By name. */
  repositories(id: string): Promise<RepositoryProgress[]>;
  /** Writes a fact (JSON) down once. @returns `first`: it was not known; and the value that stands. */
  remember<T>(id: string, key: string, value: T): Promise<{ first: boolean; value: T }>;
  recall<T>(id: string, key: string): Promise<T | null>;
  /** Adds to what happened. With a `key`, the same is recorded only once. */
  record(
    id: string,
    event: { code: string; text: string; who?: string; state?: string; key?: string },
  ): Promise<void>;
  /** Oldest first. */
  events(id: string): Promise<RunEvent[]>;
}

const [byStart] = tableDefinition.indexes;
const allRuns = "runs";

const partition = (id: string) => `run#${id}`;
const runKey = (id: string): Key => ({ pk: partition(id), sk: "run" });
/** Padded, so that they stand in order. */
const planKey = (id: string, version: number): Key => ({
  pk: partition(id),
  sk: `plan#${String(version).padStart(4, "0")}`,
});
const approvedKey = (id: string): Key => ({ pk: partition(id), sk: "approved" });
const reportKey = (id: string, name: ReportName): Key => ({ pk: partition(id), sk: `report#${name}` });
const comparisonKey = (id: string): Key => ({ pk: partition(id), sk: "comparison" });
const decisionKey = (id: string, question: string): Key => ({
  pk: partition(id),
  sk: `decision#${question}`,
});
const repositoryKey = (id: string, name: string): Key => ({ pk: partition(id), sk: `repository#${name}` });
const factKey = (id: string, key: string): Key => ({ pk: partition(id), sk: `fact#${key}` });
const eventKey = (id: string, key: string): Key => ({ pk: partition(id), sk: `event#${key}` });

const stillRunning: Condition = {
  expression: "attribute_exists(pk) and #status = :running",
  names: { "#status": "status" },
  values: { ":running": "running" satisfies RunStatus },
};

export function createRuns(table: Store, now: () => Date = () => new Date()): Runs {
  const expiresAt = () => expiry("run", now());
  const save = async (key: Key, value: unknown, what: string) =>
    await write(table, key, { body: compressed(value, what), expiresAt: expiresAt() });

  const runs: Runs = {
    async open(run) {
      const { item } = await writeFirst(table, runKey(run.id), {
        ...run,
        list: allRuns,
        startedAt: run.openedAt,
        expiresAt: expiresAt(),
      });
      return flat<Run>(item);
    },
    get: async (id) => await readFlat<Run>(table, runKey(id)),
    async update(id, changes) {
      const startedAt = changes.openedAt;
      const attributes = { ...changes, startedAt, expiresAt: expiresAt() };
      const run = await patch<Run>(table, runKey(id), attributes, { condition: present });
      if (!run) throw missing(id);
      return run;
    },
    async end(id, { status, reason }) {
      const ending = { status, reason, endedAt: now().toISOString() };
      const ended = await patch<Run>(table, runKey(id), ending, { condition: stillRunning });
      if (ended) return { first: true, run: ended };
      const run = await runs.get(id);
      if (!run) throw missing(id);
      // The SDK repeats a request whose answer was lost: then it was us all the same.
      return { first: run.status === status && run.endedAt === ending.endedAt, run };
    },
    list: async (limit) => await newest(table, limit),

    savePlan: async (id, plan) => await save(planKey(id, plan.version), plan, `The plan of ${id}`),
    plan: async (id, version) => await readCompressed<PromotionPlan>(table, planKey(id, version)),
    saveApproved: async (id, plan) => await save(approvedKey(id), plan, `The approved plan of ${id}`),
    approved: async (id) => await readCompressed<PromotionPlan>(table, approvedKey(id)),
    saveReport: async (id, name, report) =>
      await save(reportKey(id, name), report, `The ${name} report of ${id}`),
    report: async (id, name) => await readCompressed<HealthReport>(table, reportKey(id, name)),
    saveComparison: async (id, comparison) =>
      await save(comparisonKey(id), comparison, `The comparison of ${id}`),
    comparison: async (id) => await readCompressed<Comparison>(table, comparisonKey(id)),

    async decide(id, decision) {
      const key = decisionKey(id, decision.question);
      const { first, item } = await writeFirst(table, key, { body: decision, expiresAt: expiresAt() });
      return { won: first, decision: item.body as Decision };
    },
    decision: async (id, question) => await readBody<Decision>(table, decisionKey(id, question)),

    async saveRepository(id, repository, changes) {
      const attributes = {
        ...changes,
        repository,
        updatedAt: now().toISOString(),
        expiresAt: expiresAt(),
      };
      const defaults = { stage: "planned" satisfies RepositoryProgress["stage"], note: null };
      const saved = await patch<RepositoryProgress>(table, repositoryKey(id, repository), attributes, {
        defaults,
      });
      // Without a condition there is always one.
      return saved as RepositoryProgress;
    },
    repository: async (id, repository) =>
      await readFlat<RepositoryProgress>(table, repositoryKey(id, repository)),
    repositories: async (id) =>
      await readAllFlat<RepositoryProgress>(table, partition(id), repositoryKey(id, "").sk),

    async remember<T>(id: string, key: string, value: T) {
      const attributes = { body: value, expiresAt: expiresAt() };
      const { first, item } = await writeFirst(table, factKey(id, key), attributes);
      return { first, value: item.body as T };
    },
    recall: async <T>(id: string, key: string) => await readBody<T>(table, factKey(id, key)),

    async record(id, { code, text, who = null, state = null, key }) {
      const at = now().toISOString();
      const body: RunEvent = { at, code, text, who, state };
      const itemKey = eventKey(id, key ?? `${at}#${randomUUID()}`);
      await writeFirst(table, itemKey, { body, expiresAt: expiresAt() });
    },
    async events(id) {
      const events = await readAllBodies<RunEvent>(table, partition(id), eventKey(id, "").sk);
      // Those with a key of their own are not stored in the order of time. The sort is stable.
      return events.sort((one, other) => one.at.localeCompare(other.at));
    },
  };
  return runs;
}

async function newest({ doc, table }: Store, limit: number): Promise<Run[]> {
  const { Items: items = [] } = await doc.send(
    new QueryCommand({
      TableName: table,
      IndexName: byStart.name,
      KeyConditionExpression: "#list = :runs",
      ExpressionAttributeNames: { "#list": byStart.partitionKey },
      ExpressionAttributeValues: { ":runs": allRuns },
      ScanIndexForward: false,
      Limit: limit,
    }),
  );
  return items.map((each) => flat<Run>(each));
}

function missing(id: string): NotFound {
  return new NotFound(`There is no run ${id} in the store: OpenRun makes it.`);
}

export const runs = lazy((): Runs => createRuns(store()));
