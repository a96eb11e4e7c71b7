import { createEmulator, defineEmulator } from "emulate";
import type { CoprWorld, WorldContext } from "./context.ts";
import { stateFile } from "./state-file.ts";

/**
 * Copr: the RPM builds of one project, as `GET /api_3/package` tells them. It sends nothing to anybody.
 */

interface BuildRecord {
  id: number;
  package: string;
  /** Full commit where it is known, else as much of it as was given. */
  sha: string;
  version: string;
  state: "running" | "succeeded" | "failed";
  /** Milliseconds. */
  startedAt: number;
  endedAt: number | null;
}

interface CoprState {
  /** Oldest first. */
  builds: BuildRecord[];
}

export interface CoprEmulator extends CoprWorld {
  /** A build that begins now; returns its id. */
  startBuild(build: { package: string; sha: string }): number;
  finishBuild(id: number, state: "succeeded" | "failed"): void;
  /** What the builder goes on with after a restart. */
  unfinishedBuilds(): { id: number; package: string; sha: string }[];
  save(): Promise<void>;
  /** Saves and stops. */
  close(): Promise<void>;
}

/** Copr's ids are in the millions. */
const firstId = 9_000_001;

/** Starts Copr on a free port, with the project of `config.copr` (none when that is null). */
export async function startCopr(ctx: WorldContext): Promise<CoprEmulator> {
  const settings = ctx.config.copr;
  const packages = new Set(ctx.config.repositories.flatMap((each) => each.rpm ?? []));
  const file = stateFile<CoprState>(ctx.stateDir, "copr");
  let state: CoprState = file.load() ?? { builds: [] };
  const keep = () => file.save(state);

  const definition = defineEmulator({
    name: "copr",
    state: () => state,
    cors: false,
    setup({ app, state: live, baseUrl }) {
      state = live;
      // As Flask does: the documentation, and everybody, leaves the slash out.
      app.get("/api_3/package", (c) => c.redirect(`/api_3/package/${new URL(c.req.url).search}`, 308));
      app.get("/api_3/package/", (c) => {
        const query = (name: string) => c.req.query(name) ?? "";
        const [owner, project, name] = ["ownername", "projectname", "packagename"].map(query);
        if (!settings || owner !== settings.owner || project !== settings.project) {
          return c.json({ error: `Project ${owner}/${project} does not exist.` }, 404);
        }
        if (!name || !packages.has(name)) {
          return c.json({ error: `No package with name ${name} in copr ${project}` }, 404);
        }
        const all = state.builds.filter((build) => build.package === name);
        const latest = all.at(-1);
        const succeeded = newestSucceeded(all);
        const show = (build: BuildRecord | undefined, flag: string) =>
          build && /^(true|1)$/i.test(query(flag)) ? showBuild(build, owner, project, baseUrl) : null;
        return c.json({
          id: [...packages].indexOf(name) + 1,
          name,
          ownername: owner,
          projectname: project,
          source_type: "upload",
          source_dict: {},
          auto_rebuild: false,
          builds: {
            latest: show(latest, "with_latest_build"),
            latest_succeeded: show(succeeded, "with_latest_succeeded_build"),
          },
        });
      });
    },
  });

  function add(name: string, sha: string, startedAt: number): BuildRecord {
    const version = `0.50.0.post1.dev${state.builds.length + 1}+g${sha.slice(0, 7)}`;
    const id = firstId + state.builds.length;
    const build: BuildRecord = {
      id,
      package: name,
      sha,
      version,
      state: "running",
      startedAt,
      endedAt: null,
    };
    state.builds.push(build);
    return build;
  }

  const emulator = await createEmulator({ service: definition, port: 0, inspector: true });

  return {
    url: emulator.url,

    recordBuild({ package: name, sha, endedAt }) {
      const build = add(name, sha, endedAt.getTime() - 10 * 60_000);
      Object.assign(build, { state: "succeeded", endedAt: endedAt.getTime() });
      keep();
    },

    newest(packageName) {
      const build = newestSucceeded(state.builds.filter((each) => each.package === packageName));
      return build?.sha.slice(0, 7) ?? null;
    },

    startBuild({ package: name, sha }) {
      const { id } = add(name, sha, Date.now());
      keep();
      return id;
    },

    finishBuild(id, result) {
      const build = state.builds.find((each) => each.id === id);
      if (!build) throw new Error(`Copr has no build ${id}`);
      build.state = result;
      build.endedAt = Date.now();
      keep();
    },

    unfinishedBuilds: () =>
      state.builds
        .filter((build) => build.state === "running")
        .map(({ id, package: name, sha }) => ({ id, package: name, sha })),

    save: async () => keep(),

    async close() {
      keep();
      await emulator.close();
    },
  };
}

/** Newest by id, as Copr has it, whichever ended first. */
function newestSucceeded(builds: BuildRecord[]): BuildRecord | undefined {
  return builds.findLast((build) => build.state === "succeeded");
}

function showBuild(build: BuildRecord, owner: string, project: string, url: string): Record<string, unknown> {
  return {
    id: build.id,
    state: build.state,
    ownername: owner,
    projectname: project,
    project_dirname: project,
    repo_url: `${url}/results/${owner}/${project}`,
    source_package: {
      name: build.package,
      version: build.version,
      url: `${url}/results/${owner}/${project}/srpm-builds/${build.id}/${build.package}.src.rpm`,
    },
    submitted_on: Math.floor(build.startedAt / 1000),
    started_on: Math.floor(build.startedAt / 1000),
    ended_on: build.endedAt === null ? null : Math.floor(build.endedAt / 1000),
    submitter: "somebody",
    is_background: false,
    chroots: ["fedora-rawhide-x86_64"],
  };
}
