import { type BuildFaults, createBuildFaults } from "./build-faults.ts";
import { seedLastWeek } from "./builder-seed.ts";
import { contentsOfImages, minutesOfRpm, minutesOfRun, skipsWorkflows, tagsOfImage } from "./builds.ts";
import type { GitHubWorld, ImageContents, WorldContext, WorldEvents } from "./context.ts";
import type { CoprEmulator } from "./copr.ts";
import type { QuayEmulator } from "./quay.ts";
import { stateFile } from "./state-file.ts";

/**
 * The machines behind GitHub Actions and Packit: a push to the stable branch becomes a workflow run that pushes images
 * to Quay, or an RPM build in Copr; a dispatched run is worked on the same way.
 */
export interface Builder {
  /** Workflow runs that are being worked on. */
  progress(): { repository: string; runId: number; percent: number }[];
  /** RPM builds that are being worked on. */
  rpmProgress(): { repository: string; package: string; percent: number }[];
  /** A person builds by hand what a repository installs from Copr and Copr lacks. @returns the packages. */
  buildMissingRpms(repository: string): string[];
  /** Everything is saved as it happens, too. */
  save(): Promise<void>;
  /** Stops. What was begun goes on when a builder starts again on the same world. */
  close(): Promise<void>;
}

export interface BuilderSystems {
  github: GitHubWorld;
  quay: QuayEmulator;
  copr: CoprEmulator;
  /** Repositories whose images are about to be built: what a fault prefers to hit. */
  aboutToBuild?: string[];
}

interface BuilderState {
  /** Pushes that no machine took up yet. */
  queue: { kind: "run" | "rpm"; repository: string; sha: string }[];
  /** By run id: what was decided when the build began, and how many images are pushed. */
  builds: Record<string, { contents: ImageContents; pushed: number }>;
}

interface Work {
  repository: string;
  /** 0 to 99: what is done is no longer listed. */
  percent(): number;
}

/** Minutes from a push to the begin of its builds. */
const queueMinutes = 0.5;

/** Fills a new world with last week's builds, goes on with unfinished ones, and builds what is pushed from now on. */
export async function startBuilder(
  ctx: WorldContext,
  { github, quay, copr, aboutToBuild = [] }: BuilderSystems,
): Promise<Builder> {
  const { config } = ctx;
  const { stableBranch } = config.github;
  const file = stateFile<BuilderState>(ctx.stateDir, "builder");
  const state: BuilderState = file.load() ?? { queue: [], builds: {} };
  const runs = new Map<number, Work>();
  const rpms = new Map<number, Work & { package: string }>();
  const faults: BuildFaults = createBuildFaults(ctx, aboutToBuild);
  let closed = false;

  /** What is still under way after `close` must not overwrite what the next builder keeps. */
  const keep = () => (closed ? undefined : file.save(state));

  const repositoryNamed = (name: string) => config.repositories.find((each) => each.name === name);

  /** Like the world's timers, except that nothing happens after `close`. */
  const after = (minutes: number, work: () => void | Promise<void>) =>
    ctx.timers.after(minutes, () => (closed ? undefined : work()));

  function pushed(push: { repository: string; branch: string; after: string }): void {
    const repository = repositoryNamed(push.repository);
    if (!repository || push.branch !== stableBranch) return;
    if (github.head(repository.name, stableBranch) === null) return;
    const job = { repository: repository.name, sha: push.after };
    if (repository.rpm) enqueue({ kind: "rpm", ...job });
    if (!repository.build) return;
    if (skipsWorkflows(github.message(job.repository, job.sha) ?? "")) {
      ctx.log("builder", `${job.repository}: the head commit ${job.sha.slice(0, 7)} skips workflows`);
    } else {
      enqueue({ kind: "run", ...job });
    }
  }

  function enqueue(job: BuilderState["queue"][number]): void {
    state.queue.push(job);
    keep();
    after(job.kind === "run" && faults.takesNoTime(job.repository) ? 0 : queueMinutes, () => begin(job));
  }

  /** Takes a push out of the queue only when its build exists: a process that dies in between begins it again. */
  async function begin(job: BuilderState["queue"][number]): Promise<void> {
    const repository = repositoryNamed(job.repository);
    if (job.kind === "rpm" && repository?.rpm) {
      buildRpm(job.repository, repository.rpm, copr.startBuild({ package: repository.rpm, sha: job.sha }));
    }
    let runId: number | null = null;
    // A branch that moved on meanwhile has a later push in the queue, whose run is the one for its new head.
    if (job.kind === "run" && repository?.build && github.head(job.repository, stableBranch) === job.sha) {
      const { workflow } = repository.build;
      const run = { repository: job.repository, workflow, branch: stableBranch, event: "push" };
      runId = await github.startRun(run);
    }
    state.queue = state.queue.filter((each) => each !== job);
    keep();
    if (runId !== null) build(job.repository, runId);
  }

  function buildRpm(repository: string, packageName: string, id: number): void {
    const minutes = minutesOfRpm(packageName);
    rpms.set(id, { repository, package: packageName, percent: percentOf(ctx.speed, minutes) });
    after(minutes, () => {
      rpms.delete(id);
      const result = faults.failsRpm(packageName) ? "failed" : "succeeded";
      copr.finishBuild(id, result);
      ctx.log("builder", `Copr: ${packageName} ${result}`);
    });
  }

  /**
   * Works on a run that GitHub has: images in its last third, one after the other, then success. What a run had pushed
   * before it failed is not pushed again by its failed jobs.
   */
  function build(repositoryName: string, runId: number, again?: "failed" | "all"): void {
    const repository = repositoryNamed(repositoryName);
    const run = github.run(repositoryName, runId);
    if (closed || !repository || !run || runs.has(runId)) return;
    const { branch, sha } = run;
    const images = repository.build?.workflow === run.path ? repository.build.images : [];
    if (again === "all") delete state.builds[runId];
    state.builds[runId] ??= { contents: contentsOfImages(repository, sha, installed), pushed: 0 };
    keep();
    const { contents, pushed: already } = state.builds[runId];
    const minutes = faults.takesNoTime(repositoryName) ? 0 : minutesOfRun(repositoryName);
    const pause = minutes / 3 / (images.length + 1);
    runs.set(runId, { repository: repositoryName, percent: percentOf(ctx.speed, minutes) });

    const pushFrom = async (index: number): Promise<void> => {
      const bad = faults.endOfRun(repositoryName, { pushed: index, images: images.length });
      if (bad) return await finish(repositoryName, runId, bad);
      const image = images[index];
      if (!image) return await finish(repositoryName, runId, "success");
      const tags = tagsOfImage(config, image, { branch, sha, at: new Date() });
      const { name, architectures } = image;
      const push = tags.length > 0 ? quay.push({ image: name, tags, architectures, contents }) : null;
      // Quay has the image as soon as it is called, so it is counted before anything else may happen.
      state.builds[runId] = { contents, pushed: index + 1 };
      keep();
      await push;
      after(pause, () => pushFrom(index + 1));
    };
    after(already > 0 ? pause : (minutes * 2) / 3 + pause, () => pushFrom(already));
  }

  /** What the images of a build that begins now install from elsewhere. */
  function installed(dependency: { repository: string; until: "rpm" | "moved" }): string | null {
    const rpm = dependency.until === "rpm" ? repositoryNamed(dependency.repository)?.rpm : null;
    return rpm ? copr.newest(rpm) : github.head(dependency.repository, stableBranch);
  }

  async function finish(repository: string, runId: number, conclusion: string): Promise<void> {
    runs.delete(runId);
    ctx.log("builder", `${repository}: run ${runId} ended: ${conclusion}`);
    await github.finishRun({ repository, runId, conclusion });
    if (conclusion === "success") delete state.builds[runId];
    keep();
  }

  function goOn(): void {
    const unfinished = github.unfinishedRuns();
    const begun = unfinished.flatMap(({ repository, runId }) => {
      const run = github.run(repository, runId);
      return run?.branch === stableBranch ? `${repository} ${run.sha}` : [];
    });
    state.queue = state.queue.filter(
      (job) => job.kind === "rpm" || !begun.includes(`${job.repository} ${job.sha}`),
    );
    for (const job of state.queue) after(queueMinutes, () => begin(job));
    for (const { repository, runId } of unfinished) build(repository, runId);
    for (const { id, package: packageName } of copr.unfinishedBuilds()) {
      const repository = config.repositories.find((each) => each.rpm === packageName);
      if (repository) buildRpm(repository.name, packageName, id);
    }
  }

  const requested = ({ repository, runId, again }: WorldEvents["workflowRequested"][0]) =>
    build(repository, runId, again);

  if (quay.isEmpty()) {
    await seedLastWeek(config, { github, quay, copr });
    await quay.save();
  }
  goOn();
  ctx.events.on("push", pushed);
  ctx.events.on("workflowRequested", requested);

  return {
    progress: () =>
      [...runs].map(([runId, { repository, percent }]) => ({ repository, runId, percent: percent() })),
    rpmProgress: () =>
      [...rpms.values()].map(({ repository, package: name, percent }) => ({
        repository,
        package: name,
        percent: percent(),
      })),
    buildMissingRpms(repository) {
      const missing = (repositoryNamed(repository)?.waitsFor ?? []).flatMap((dependency) => {
        const rpm = dependency.until === "rpm" ? repositoryNamed(dependency.repository)?.rpm : null;
        const sha = github.head(dependency.repository, stableBranch);
        return rpm && sha && copr.newest(rpm) !== sha.slice(0, 7) ? [{ ...dependency, rpm, sha }] : [];
      });
      for (const { repository: name, rpm, sha } of missing) {
        buildRpm(name, rpm, copr.startBuild({ package: rpm, sha }));
      }
      return missing.map(({ rpm }) => rpm);
    },
    save: async () => keep(),
    async close() {
      keep();
      closed = true;
      ctx.events.off("push", pushed);
      ctx.events.off("workflowRequested", requested);
    },
  };
}

function percentOf(speed: number, minutes: number): () => number {
  const begun = performance.now();
  return () => Math.min(99, Math.floor((((performance.now() - begun) * speed) / 60_000 / minutes) * 100));
}
