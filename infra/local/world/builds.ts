import type { Config, ImageConfig, RepositoryConfig } from "../../../functions/runtime/config.ts";
import type { ImageContents } from "./context.ts";

/** What a build is: how long it takes, which tags it pushes, and what stands in its images. */

const imageMinutes: Record<string, number> = {
  "packit-service": 40,
  "packit-service-fedmsg": 12,
  sandcastle: 15,
  dashboard: 9,
};
const rpmMinutes: Record<string, number> = { "python-ogr": 9, "python-specfile": 8, packit: 12 };
const defaultMinutes = 10;

/** Minutes of the world that a repository's workflow run takes. */
export function minutesOfRun(repository: string): number {
  return imageMinutes[repository] ?? defaultMinutes;
}

/** Minutes of the world that a package takes in Copr. */
export function minutesOfRpm(packageName: string): number {
  return rpmMinutes[packageName] ?? defaultMinutes;
}

/** GitHub starts no run for a push whose head commit says so anywhere in its message. */
export function skipsWorkflows(message: string): boolean {
  return /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/i.test(message);
}

/** The tags that a pushed image gets, the moving one last; none for a branch that is deployed nowhere. */
export function tagsOfImage(
  config: Config,
  image: Pick<ImageConfig, "uniqueTag">,
  build: { branch: string; sha: string; at: Date },
): string[] {
  const { production, staging } = config.clusters;
  const sha7 = build.sha.slice(0, 7);
  if (build.branch === config.github.mainBranch) return [`${build.branch}-${sha7}`, staging.tag];
  if (build.branch !== config.github.stableBranch) return [];
  const epoch = String(Math.floor(build.at.getTime() / 1000));
  const unique = image.uniqueTag?.replaceAll("{sha7}", sha7).replaceAll("{epoch}", epoch);
  return unique ? [unique, production.tag] : [production.tag];
}

/**
 * A repository's own commit, and those of what its images install from elsewhere.
 * @param installed says which commit of a package (`rpm`) or of a branch (`moved`) is there to be installed.
 */
export function contentsOfImages(
  repository: RepositoryConfig,
  sha: string,
  installed: (dependency: RepositoryConfig["waitsFor"][number]) => string | null,
): ImageContents {
  const contents: ImageContents = { [repository.name]: sha };
  for (const dependency of repository.waitsFor) {
    const commit = installed(dependency);
    if (commit) contents[dependency.repository] = commit;
  }
  return contents;
}
