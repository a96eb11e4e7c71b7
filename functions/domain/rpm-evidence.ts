/** A build of an RPM as Copr tells it. */
export interface RpmBuild {
  id: number;
  /** `succeeded`, `failed`, `canceled`, `running`, `pending`, `importing`, … */
  state: string;
  /** Carries the first characters of its commit; null until the sources are there. */
  version: string | null;
  /** ISO 8601, by Copr's clock. */
  submittedAt: string;
}

export interface RpmSought {
  /** The commit that the RPM is to be built from. */
  sha: string;
  /** When the run began, ISO 8601: a build without a version counts if it is no older. */
  since: string;
  /** The failed build that a person was asked about already; only a newer one is news. 0: none. */
  askedAbout: number;
}

/**
 * What Copr's two builds of a package say about the RPM that is waited for: the newest that succeeded must carry the 7
 * characters of the commit in its version (the team's own rule); the newest of all, when it is of that commit and
 * ended otherwise, has failed.
 */
export function rpmState(
  { latest, succeeded }: { latest: RpmBuild | null; succeeded: RpmBuild | null },
  { sha, since, askedAbout }: RpmSought,
): "built" | "failed" | "missing" {
  const carries = (build: RpmBuild) => build.version?.includes(sha.slice(0, 7)) ?? false;
  if (succeeded && carries(succeeded)) return "built";
  if (!latest || latest.id <= askedAbout || !["failed", "canceled"].includes(latest.state)) return "missing";
  const ofThisRun = latest.version === null && Date.parse(latest.submittedAt) >= Date.parse(since);
  return carries(latest) || ofThisRun ? "failed" : "missing";
}
