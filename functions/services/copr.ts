import { z } from "zod";
import type { RpmBuild } from "../domain/rpm-evidence.ts";
import { config } from "../runtime/config.ts";
import { BadConfiguration, ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { fetchJson } from "./http.ts";

/** A build, and where people look at it. */
export interface CoprBuild extends RpmBuild {
  /** ISO 8601; null while it runs. */
  endedAt: string | null;
  url: string;
}

/** The RPM builds of one Copr project. Everybody may read them: there are no credentials. */
export interface Copr {
  /**
   * The newest build in whatever state, and the newest that succeeded; null while there is none. A version carries the
   * first characters of the commit that it was made from: `0.50.0.post1.dev3+g1a2b3c4`.
   * @throws NotFound when the project has no such package.
   */
  newestBuilds(packageName: string): Promise<{ latest: CoprBuild | null; succeeded: CoprBuild | null }>;
}

export interface CoprOptions {
  /** `https://copr.fedorainfracloud.org` */
  apiUrl: string;
  owner: string;
  project: string;
  fetch?: typeof fetch;
}

const build = z.object({
  id: z.number(),
  state: z.string(),
  /** Seconds. */
  submitted_on: z.number(),
  ended_on: z.number().nullish(),
  source_package: z.object({ version: z.string().nullish() }).nullish(),
});

const packageAnswer = z.object({
  builds: z.object({ latest: build.nullish(), latest_succeeded: build.nullish() }),
});

export function createCopr({ apiUrl, owner, project, fetch }: CoprOptions): Copr {
  const show = (shown: z.output<typeof build> | null | undefined): CoprBuild | null =>
    shown
      ? {
          id: shown.id,
          state: shown.state,
          version: shown.source_package?.version ?? null,
          submittedAt: isoTime(shown.submitted_on),
          endedAt: shown.ended_on ? isoTime(shown.ended_on) : null,
          url: `${apiUrl}/coprs/build/${shown.id}`,
        }
      : null;

  return {
    async newestBuilds(packageName) {
      const query = new URLSearchParams({
        ownername: owner,
        projectname: project,
        packagename: packageName,
        with_latest_build: "True",
        with_latest_succeeded_build: "True",
      });
      const what = `the package ${packageName} of ${owner}/${project}`;
      const answer = await fetchJson("Copr", `${apiUrl}/api_3/package?${query}`, { what, fetch });
      const parsed = packageAnswer.safeParse(answer);
      if (!parsed.success) {
        throw new ServiceUnavailable(
          `Copr answered in an unknown shape (${what}): ${z.prettifyError(parsed.error)}. Look whether its API changed.`,
        );
      }
      const { latest, latest_succeeded: succeeded } = parsed.data.builds;
      return { latest: show(latest), succeeded: show(succeeded) };
    },
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** @throws BadConfiguration when nothing is installed from Copr. */
export const copr = lazy(async (): Promise<Copr> => {
  const settings = config().copr;
  if (!settings) throw new BadConfiguration("copr is not set: a repository with an rpm needs it.");
  return createCopr(settings);
});
