import type { GitHubWorld, WorldContext } from "../context.ts";
import { openJournal } from "../journal.ts";
import type { WorldSeed } from "../seed.ts";
import { createActions } from "./actions.ts";
import { type AppSettings, newAppSettings } from "./app.ts";
import { type Backend, type Identity, startBackend } from "./backend.ts";
import { type DeploymentCommit, fastImport, pushCommit } from "./deployment.ts";
import { buildWorld, type Entry, keptWorld, newWorld, repositoriesOf } from "./kept-world.ts";
import { mergeWeek } from "./merge-week.ts";
import type { Mirror } from "./mirror.ts";
import { createProxy } from "./proxy.ts";
import { createPullPage } from "./pull-page.ts";
import { createPullStore, type PullRecord } from "./pull-records.ts";
import { createPulls } from "./pulls.ts";
import { announcePushes } from "./push.ts";
import type { WorkflowsPermission } from "./refs.ts";
import { createReviews, type Reviews } from "./reviews.ts";
import { createRunEvents, type RunEvents } from "./run-events.ts";
import { createRunStore, newRun, type RunFormat, type RunStore } from "./runs.ts";
import { type ProxyServer, startServer } from "./server.ts";
import { commitFile, textFiles } from "./site-files.ts";
import { createValidation } from "./validation.ts";
import { createWebhooks } from "./webhooks.ts";

/** GitHub on this machine: `emulate`'s behind a proxy that adds what it lacks. */
export interface GitHubEmulator extends GitHubWorld, Identity {
  /** Real shas of the data, by repository: where both branches were when the world was made. */
  sources(): Record<string, { main: string; stable: string }>;
  /** The real sha of an emulated commit; null where it was made here. */
  sourceOf(repository: string, sha: string): string | null;
  /** Commits that only the main branch has, on its first-parent line, oldest first; null where stable has some as well. */
  ahead(repository: string): string[] | null;
  /** A person with the right to do it moves a branch. */
  moveAsPerson(repository: string, branch: string, sha: string): Promise<void>;
  /** A person pushes a commit. @returns its sha. */
  commitAsPerson(repository: string, branch: string, commit: DeploymentCommit): Promise<string>;
  /** A branch's history as `git fast-import` takes it, with the same shas. */
  fastImport(repository: string, branch: string): Promise<string>;
  /** The pull requests of the site's repository, newest first. */
  sitePulls(): PullRecord[];
  /** A person of the team reviews one of them as it is now. */
  reviewAsPerson: Reviews["review"];
  closeAsPerson: Reviews["close"];
  /** By the merge button. */
  mergeAsPerson: Reviews["mergeNow"];
  /** A person commits a file to a branch. */
  commitFileAsPerson(
    repository: string,
    change: { branch: string; path: string; content: string; message: string; login: string },
  ): Promise<void>;
  /** A week goes by: changes are merged on top of what is there. @returns their names: `packit#123`. */
  mergeWeek(): Promise<string[]>;
  /** Path → content of the text files of a branch. */
  textFiles(repository: string, branch: string): Promise<Map<string, string>>;
  /** What an owner of the organisation can change about the App. */
  settings: AppSettings;
  /** Nothing is left to write: every change is kept when it happens. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface GitHubEmulatorOptions {
  /** Default: any free one. */
  port?: number;
  /** Whether the App may change workflow files. Default: it may. */
  workflowsPermission?: boolean;
}

/**
 * Lives on from `<stateDir>/github.jsonl` when an earlier one got as far as being seeded; else it is built from the
 * seed. The seed does not matter in the first case.
 */
export async function startGitHub(
  ctx: WorldContext,
  seed: WorldSeed,
  { port = 0, workflowsPermission = true }: GitHubEmulatorOptions = {},
): Promise<GitHubEmulator> {
  const log = (text: string) => ctx.log("github", text);
  const server = await startServer(port, (error) => log(`failed: ${String(error)}`));
  try {
    return await assemble(ctx, seed, server, workflowsPermission, log);
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function assemble(
  ctx: WorldContext,
  seed: WorldSeed,
  server: ProxyServer,
  workflowsPermission: boolean,
  log: (text: string) => void,
): Promise<GitHubEmulator> {
  const { owner, mainBranch, stableBranch } = ctx.config.github;
  const { faults } = ctx;
  const publicUrl = server.url;
  const { backend, identity, repositories, seeded, runs, pullStore } = await openWorld(
    ctx,
    seed,
    publicUrl,
    log,
  );
  const settings = newAppSettings(identity);
  const target = () => ctx.targets.github;
  const webhooks = createWebhooks({ identity, backend, settings, target, faults, log });
  backend.onRefChanges = (changes) => announcePushes(changes, { ctx, backend, webhooks, publicUrl, log });
  const reviews = createReviews({
    ctx,
    backend,
    pulls: pullStore,
    format: { publicUrl, identity, members: ctx.config.people.map((each) => each.github) },
    webhooks,
  });
  const follow = ({ repository, branch, after }: { repository: string; branch: string; after: string }) =>
    reviews.pushed(`${owner}/${repository}`, branch, after);
  ctx.events.on("push", follow);
  reviews.resume();

  const format: RunFormat = {
    publicUrl,
    owner,
    identity,
    commit: (repository, sha) => backend.mirror.commit(`${owner}/${repository}`, sha),
    repository: cached(async (repository) => minimal(await backend.read(`/repos/${owner}/${repository}`))),
  };
  const events = createRunEvents({ runs, format, webhooks, log });
  const actions = createActions({
    backend,
    runs,
    format,
    mainBranch,
    isDisabled: (repository) => settings.disabledWorkflows.has(`${owner}/${repository}`),
    begin(run, again) {
      events.begin(run);
      ctx.events.emit("workflowRequested", { repository: run.repository, runId: run.id, again });
    },
  });
  const workflows: WorkflowsPermission = {
    granted: () => workflowsPermission && !faults.lasts("push-refused"),
    refused: (repository) => faults.note("push-refused", `GitHub refuses to move ${repository}`),
  };
  const pulls = createPulls(backend.mirror, publicUrl);
  const validation = createValidation(ctx.config, publicUrl);
  const reviewer = ctx.config.people.find((each) => each.approver)?.github ?? "somebody";
  const page = createPullPage({ backend, pulls: pullStore, reviews, reviewer });
  server.serve(
    createProxy({
      ...{ backend, identity, publicUrl, actions, pulls, mainBranch, workflows, settings, owner, target },
      ...{ reviews, page, validation, repositories },
    }),
  );
  return {
    ...identity,
    settings,
    ...inProcess(owner, backend, runs, events),
    url: publicUrl,
    sources: () => seeded.sources,
    sourceOf: (repository, sha) => seeded.real[repository]?.[sha] ?? null,
    ahead: (repository) =>
      aheadOf(backend.mirror, `${owner}/${repository}`, { main: mainBranch, stable: stableBranch }),
    moveAsPerson: async (repository, branch, sha) => {
      const path = `/repos/${owner}/${repository}/git/refs/heads/${branch}`;
      await backend.exclusively(() => backend.change("PATCH", path, { sha, force: true }));
    },
    commitAsPerson: async (repository, branch, commit) =>
      await backend.exclusively(() => pushCommit(backend, `${owner}/${repository}`, branch, commit)),
    fastImport: async (repository, branch) => await fastImport(backend, `${owner}/${repository}`, branch),
    sitePulls: () => pullStore.list(`${owner}/${ctx.config.post.repository}`),
    reviewAsPerson: async (repository, ...rest) => await reviews.review(`${owner}/${repository}`, ...rest),
    closeAsPerson: async (repository, number) => await reviews.close(`${owner}/${repository}`, number),
    mergeAsPerson: async (repository, number) => await reviews.mergeNow(`${owner}/${repository}`, number),
    commitFileAsPerson: async (repository, change) =>
      await commitFile(backend, `${owner}/${repository}`, change),
    textFiles: async (repository, branch) => await textFiles(backend, `${owner}/${repository}`, branch),
    mergeWeek: async () => await mergeWeek(backend, ctx.config),
    save: async () => undefined,
    async close() {
      ctx.events.off("push", follow);
      await webhooks.close();
      await server.close();
      await backend.close();
    },
  };
}

function aheadOf(
  mirror: Mirror,
  repository: string,
  branches: { main: string; stable: string },
): string[] | null {
  const head = (branch: string) => mirror.refs(repository).get(`refs/heads/${branch}`) ?? "";
  const stable = head(branches.stable);
  if (!mirror.isAncestor(repository, stable, head(branches.main))) return null;
  const found: string[] = [];
  for (let sha = head(branches.main); sha && sha !== stable; ) {
    // Where stable stands on a branch that was merged, the line of first parents leads past it.
    if (mirror.isAncestor(repository, sha, stable)) break;
    found.unshift(sha);
    sha = mirror.commit(repository, sha)?.parents[0] ?? "";
  }
  return found;
}

/** The world of an earlier life, or a new one. */
async function openWorld(ctx: WorldContext, seed: WorldSeed, publicUrl: string, log: (text: string) => void) {
  const journal = openJournal<Entry>(ctx.stateDir, "github");
  const kept = keptWorld(journal.entries);
  if (!kept) journal.clear();
  const world = kept?.world ?? (await newWorld(ctx.config));
  if (!kept) journal.append(world);
  for (const name of repositoriesOf(ctx.config)) {
    if (!world.repositories.includes(name)) log(`${name} is not in the kept state: start anew to have it`);
  }
  const { identity, repositories, defaultBranch } = world;
  const people = ctx.config.people.map((person) => ({ login: person.github, name: person.name }));
  const backend = await startBackend({
    publicUrl,
    identity,
    organisations: [...new Set(repositories.map((each) => each.split("/")[0] ?? ""))],
    repositories,
    // The App's own account the emulator makes by itself, as a bot.
    users: people,
    defaultBranch,
    journal,
  });
  try {
    const seeded = kept?.seeded ?? (await buildWorld(backend, ctx.config, seed));
    if (kept) await backend.replay(kept.requests);
    else journal.append(seeded);
    const runs = createRunStore(kept?.runs ?? [], (run) => journal.append({ kind: "run", run }));
    const pullStore = createPullStore(kept?.pulls ?? [], (pull) => journal.append({ kind: "pull", pull }));
    return { backend, identity, repositories, seeded, runs, pullStore };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** What the builder uses. */
function inProcess(
  owner: string,
  { mirror, read }: Backend,
  runs: RunStore,
  events: RunEvents,
): Omit<GitHubWorld, "url"> {
  const head = (repository: string, branch: string) =>
    mirror.refs(`${owner}/${repository}`).get(`refs/heads/${branch}`) ?? null;
  return {
    head,
    message: (repository, sha) => mirror.commit(`${owner}/${repository}`, sha)?.message ?? null,
    async filesBelow(repository, sha, folder) {
      const answer = await read(`/repos/${owner}/${repository}/git/trees/${sha}?recursive=1`);
      const { tree = [] } = answer as { tree?: { path: string; type: string }[] };
      return tree.flatMap(({ path, type }) => (type === "blob" && path.startsWith(folder) ? [path] : []));
    },
    async startRun({ repository, workflow, branch, event }) {
      const sha = head(repository, branch);
      if (!sha) throw new Error(`the emulated GitHub has no branch ${branch} in ${repository}`);
      const run = runs.add(newRun({ repository, path: workflow, branch, sha, event }));
      events.begin(run);
      return run.id;
    },
    async finishRun({ repository, runId, conclusion }) {
      await events.finish(repository, runId, conclusion);
    },
    recordRun({ workflow, startedAt, endedAt, conclusion, ...run }) {
      const ended = { status: "completed", conclusion, updatedAt: endedAt.toISOString() } as const;
      return runs.add({ ...newRun({ ...run, path: workflow }, startedAt), ...ended }).id;
    },
    run: (repository, runId) => runs.get(repository, runId),
    unfinishedRuns: () => runs.unfinished().map((run) => ({ repository: run.repository, runId: run.id })),
  };
}

function cached<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const values = new Map<string, Promise<T>>();
  return (key) => {
    const known = values.get(key);
    if (known !== undefined) return known;
    const value = read(key);
    values.set(key, value);
    value.catch(() => values.delete(key));
    return value;
  };
}

/** What GitHub tells of a repository beside the main thing. */
function minimal(repository: unknown): Record<string, unknown> | null {
  if (typeof repository !== "object" || repository === null) return null;
  const keys = [
    "id",
    "node_id",
    "name",
    "full_name",
    "private",
    "owner",
    "html_url",
    "description",
    "fork",
    "url",
  ];
  return Object.fromEntries(Object.entries(repository).filter(([key]) => keys.includes(key)));
}
