import { z } from "zod";
import { config } from "../runtime/config.ts";
import { BadConfiguration, ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { fetchJson } from "./http.ts";

/** The RPM builds of one Copr project. Everybody may read them: there are no credentials. */
export interface Copr {
  /**
   * The newest succeeded build, or null while there is none. Its version carries the first characters of the commit
   * that it was made from: `0.50.0.post1.dev3+g1a2b3c4`.
   * @throws NotFound when the project has no such package.
   */
  newestSucceeded(
    packageName: string,
  ): Promise<{ version: string; endedAt: string | null; url: string } | null>;
  /**
   * The newest build in whatever state: `importing`, `pending`, `starting`, `running`, `succeeded`, `forked`,
   * `skipped`, `failed`, `canceled`, `waiting`. Its version is null until the sources are there. Null: never built.
   * @throws NotFound when the project has no such package.
   */
  newestBuild(packageName: string): Promise<{ version: string | null; state: string; url: string } | null>;
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
  ended_on: z.number().nullish(),
  source_package: z.object({ version: z.string().nullish() }).nullish(),
});

const packageAnswer = z.object({
  builds: z.object({ latest: build.nullish(), latest_succeeded: build.nullish() }),
});

export function createCopr({ apiUrl, owner, project, fetch }: CoprOptions): Copr {
  const builds = async (packageName: string) => {
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
    if (parsed.success) return parsed.data.builds;
    throw new ServiceUnavailable(
      `Copr answered in an unknown shape (${what}): ${z.prettifyError(parsed.error)}. Look whether its API changed.`,
    );
  };

  const page = (id: number) => `${apiUrl}/coprs/build/${id}`;

  return {
    async newestSucceeded(packageName) {
      const { latest_succeeded: newest } = await builds(packageName);
      const version = newest?.source_package?.version;
      if (!newest || !version) return null;
      const endedAt = newest.ended_on ? new Date(newest.ended_on * 1000).toISOString() : null;
      return { version, endedAt, url: page(newest.id) };
    },

    async newestBuild(packageName) {
      const { latest } = await builds(packageName);
      if (!latest) return null;
      return { version: latest.source_package?.version ?? null, state: latest.state, url: page(latest.id) };
    },
  };
}

/** @throws BadConfiguration when nothing is installed from Copr. */
export const copr = lazy(async (): Promise<Copr> => {
  const settings = config().copr;
  if (!settings) throw new BadConfiguration("copr is not set: a repository with an rpm needs it.");
  return createCopr(settings);
});
