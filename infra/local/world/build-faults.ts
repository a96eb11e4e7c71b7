import type { WorldContext } from "./context.ts";

/** What goes wrong with builds, where a fault says so. Each is asked when it would happen. */
export interface BuildFaults {
  /** How a run ends badly now that it has pushed some of its images; null: it goes on. */
  endOfRun(repository: string, progress: { pushed: number; images: number }): "failure" | "cancelled" | null;
  /** Whether a build at Copr that ends now has failed. */
  failsRpm(packageName: string): boolean;
  /** Whether a repository's build is over at once. */
  takesNoTime(repository: string): boolean;
}

/** @param aboutToBuild repositories of which a fault hits one; where there are none, it hits the first that builds. */
export function createBuildFaults({ config, faults }: WorldContext, aboutToBuild: string[]): BuildFaults {
  const building = config.repositories.flatMap(({ name, build }) =>
    build && aboutToBuild.includes(name) ? [{ name, ...build }] : [],
  );
  const prefer = (which: (build: (typeof building)[0]) => boolean) =>
    (building.find(which) ?? building[0])?.name ?? null;
  // Without a dispatch, another try means to run the failed jobs again; of several images, one can be missing.
  const undispatched = prefer((each) => !each.dispatch);
  const targets = {
    fails: undispatched,
    early: undispatched,
    cancelled: prefer((each) => each.images.length > 1),
  };
  const hits = (target: string | null, repository: string) => target === null || target === repository;
  return {
    endOfRun(repository, { pushed, images }) {
      const fails = hits(targets.fails, repository);
      if (fails && faults.strikes("build-fails", `the build of ${repository} fails`)) return "failure";
      const cancelled = hits(targets.cancelled, repository) && pushed >= Math.min(1, images - 1);
      return cancelled && faults.strikes("build-cancelled", `the build of ${repository} is cancelled`)
        ? "cancelled"
        : null;
    },
    failsRpm: (packageName) => faults.strikes("copr-fails", `Copr fails to build ${packageName}`),
    takesNoTime(repository) {
      const early = faults.has("webhook-early") && hits(targets.early, repository);
      if (early) faults.note("webhook-early", `the build of ${repository} takes no time`);
      return early;
    },
  };
}
