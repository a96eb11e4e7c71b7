import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Config } from "../../../../functions/runtime/config.ts";
import type { WorldSeed } from "../seed.ts";
import type { Backend, Identity, RequestEntry } from "./backend.ts";
import { buildDeployment } from "./deployment.ts";
import { buildDutyIssue, buildHistory, buildMonorepo, buildPlain } from "./history.ts";
import type { PullRecord } from "./pull-records.ts";
import type { RunRecord } from "./runs.ts";

/** What lies in the journal: once the world and that it is seeded, in between and later what changed it. */

export interface WorldEntry {
  kind: "world";
  identity: Identity;
  /** `owner/name`. */
  repositories: string[];
  defaultBranch: string;
}

export interface SeededEntry {
  kind: "seeded";
  sources: Record<string, { main: string; stable: string }>;
  /** Repository → emulated sha → real sha. */
  real: Record<string, Record<string, string>>;
}

export type Entry =
  | WorldEntry
  | SeededEntry
  | RequestEntry
  | { kind: "run"; run: RunRecord }
  | { kind: "pull"; pull: PullRecord };

/** What an earlier life left, if it got as far as being seeded. */
export function keptWorld(entries: readonly Entry[]) {
  const world = entries.find((entry) => entry.kind === "world");
  const seeded = entries.find((entry) => entry.kind === "seeded");
  if (!world || !seeded) return null;
  return {
    world,
    seeded,
    requests: entries.filter((entry) => entry.kind === "request"),
    runs: entries.flatMap((entry) => (entry.kind === "run" ? [entry.run] : [])),
    pulls: entries.flatMap((entry) => (entry.kind === "pull" ? [entry.pull] : [])),
  };
}

/** An App with a key of its own. */
export async function newWorld(config: Config): Promise<WorldEntry> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return {
    kind: "world",
    identity: {
      appId: 4711,
      privateKey,
      installationId: 815_000,
      webhookSecret: randomBytes(20).toString("hex"),
    },
    repositories: repositoriesOf(config),
    defaultBranch: config.github.mainBranch,
  };
}

/** `owner/name` of everything that there is at GitHub. */
export function repositoriesOf({ github, repositories, duty, objects, post, news }: Config): string[] {
  const names = repositories.map((each) => each.name);
  if (news) names.push(post.repository);
  if (github.monorepo) names.push(github.monorepo.name);
  if (objects) names.push(objects.repository);
  return [...new Set([...names.map((name) => `${github.owner}/${name}`), duty.repository])];
}

/** Builds everything from the seed. */
export async function buildWorld(backend: Backend, config: Config, seed: WorldSeed): Promise<SeededEntry> {
  const { owner, stableBranch, mainBranch } = config.github;
  const seeded: SeededEntry = { kind: "seeded", sources: {}, real: {} };
  for (const repository of seed.repositories) {
    const shas = await buildHistory(backend, config, repository);
    seeded.sources[repository.name] = { main: repository.main, stable: repository.stable };
    seeded.real[repository.name] = Object.fromEntries([...shas].map(([real, emulated]) => [emulated, real]));
  }
  const dates = seed.repositories.flatMap((each) => [each.base, ...each.behind]).map((commit) => commit.date);
  const date = dates.toSorted().at(-1) ?? new Date(0).toISOString();
  const stable = (name: string) =>
    backend.mirror.refs(`${owner}/${name}`).get(`refs/heads/${stableBranch}`) ?? null;
  await buildMonorepo(backend, config, stable, date);
  if (!config.repositories.some((each) => `${owner}/${each.name}` === config.duty.repository)) {
    await buildPlain(backend, config.duty.repository, mainBranch, date);
  }
  await buildDeployment(backend, config, date);
  if (config.news) {
    await buildPlain(backend, `${owner}/${config.post.repository}`, config.news.baseBranch, date);
  }
  await buildDutyIssue(backend, config);
  return seeded;
}
