import type { Config, RepositoryConfig } from "../../../functions/runtime/config.ts";
import { contentsOfImages, minutesOfRun, tagsOfImage } from "./builds.ts";
import type { CoprWorld, GitHubWorld, QuayWorld } from "./context.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

interface PastBuild {
  repository: RepositoryConfig;
  build: NonNullable<RepositoryConfig["build"]>;
  branch: string;
  sha: string;
  startedAt: number;
}

/**
 * A world in which last week's deployment went well: RPMs and production images of every stable commit a week ago, and
 * staging images of every main commit. So whatever is built next is a commit that was built before, for another branch
 * or another week.
 */
export async function seedLastWeek(
  config: Config,
  { github, quay, copr }: { github: GitHubWorld; quay: QuayWorld; copr: CoprWorld },
): Promise<void> {
  const lastWeek = Date.now() - 7 * day;
  const { stableBranch, mainBranch } = config.github;

  for (const { name, rpm } of config.repositories) {
    const sha = github.head(name, stableBranch);
    if (rpm && sha) copr.recordBuild({ package: rpm, sha, endedAt: new Date(lastWeek + 10 * minute) });
  }

  const past = [...pastBuilds(config, github, lastWeek)].sort((a, b) => a.startedAt - b.startedAt);
  for (const { repository, build, branch, sha, startedAt } of past) {
    const endedAt = startedAt + minutesOfRun(repository.name) * minute;
    github.recordRun({
      repository: repository.name,
      workflow: build.workflow,
      branch,
      sha,
      event: "push",
      startedAt: new Date(startedAt),
      endedAt: new Date(endedAt),
      conclusion: "success",
    });
    const contents = contentsOfImages(repository, sha, (dependency) => {
      const head = github.head(dependency.repository, branch === mainBranch ? mainBranch : stableBranch);
      return dependency.until === "rpm" ? (head?.slice(0, 7) ?? null) : head;
    });
    for (const [index, image] of build.images.entries()) {
      const at = new Date(endedAt - (build.images.length - index) * minute);
      const tags = tagsOfImage(config, image, { branch, sha, at });
      await quay.push({ image: image.name, tags, architectures: image.architectures, contents, at });
    }
  }
}

function* pastBuilds(config: Config, github: GitHubWorld, lastWeek: number): Generator<PastBuild> {
  const { stableBranch, mainBranch } = config.github;
  for (const repository of config.repositories) {
    const { name, build } = repository;
    const stable = github.head(name, stableBranch);
    const main = github.head(name, mainBranch);
    if (!build) continue;
    if (stable) {
      // After the RPMs that go into its images.
      const startedAt = lastWeek + (repository.waitsFor.length > 0 ? 15 * minute : 0);
      yield { repository, build, branch: stableBranch, sha: stable, startedAt };
    }
    if (main) {
      // What stands on stable already was on main before.
      const startedAt = main === stable ? lastWeek - day : lastWeek + 5 * day;
      yield { repository, build, branch: mainBranch, sha: main, startedAt };
    }
  }
}
