import type { ImageContents, WorldContext } from "../context.ts";
import type { Pod } from "./objects.ts";

/** What becomes of a container that is started. */
export type Start =
  | { runs: true }
  /** The image cannot be had: nothing was started. */
  | { runs: false; reason: "ImagePullBackOff" }
  /** It ends at once, again and again. */
  | { runs: false; reason: "CrashLoopBackOff" };

/** What goes wrong with the pods of one cluster: by faults, and by databases that are ahead of an image. */
export interface Ailments {
  /** @param firstDay what runs since long ago: nothing goes wrong with it. */
  start(pod: Pod, firstDay?: boolean): Promise<Start>;
  /** Whether a pod that was told to end stays. */
  sticks(pod: Pod): boolean;
  /** Why an import of a stream is refused now; null: it is not. */
  refusesImport(stream: string): string | null;
  /** A person or a program imported a stream. */
  imported(stream: string): void;
  snapshot(): SavedAilments;
}

export interface SavedAilments {
  /** Digests that were started here, and whether they can run at all. */
  digests: Record<string, "well" | "crashes">;
  /** Repository → the database migrations that were applied. */
  migrations: Record<string, string[]>;
}

export interface AilmentsOptions {
  ctx: Pick<WorldContext, "config" | "faults">;
  /** Faults happen in production alone. */
  production: boolean;
  contents(digest: string): ImageContents | null;
  /** Files below a folder of a repository at a commit. */
  filesBelow(repository: string, sha: string, folder: string): Promise<string[]>;
  saved: SavedAilments | undefined;
}

export function createAilments(options: AilmentsOptions): Ailments {
  const { ctx, production, contents, filesBelow } = options;
  const { faults, config } = ctx;
  const { digests, migrations }: SavedAilments = options.saved ?? { digests: {}, migrations: {} };
  const images = config.repositories.flatMap((repository) =>
    (repository.build?.images ?? []).map((image) => ({ ...image, repository })),
  );
  const has = (name: Parameters<typeof faults.has>[0]) => production && faults.has(name);
  let unpullable: { digest: string; stream: string | null } | null = null;
  let stuck: string | null = null;
  const imports: Record<string, number> = {};

  /** The repository whose images go bad: the one with a database, which has workers. */
  const target = config.repositories.find((each) => each.migrations !== null)?.name;

  function firstStart(name: string): "well" | "crashes" {
    const image = images.find((each) => each.name === name);
    const bad = has("crash-loop") || (has("crash-loop-after-migration") && !image?.runsMigrations);
    if (!bad || !image || image.repository.name !== target) return "well";
    const fault = has("crash-loop") ? "crash-loop" : "crash-loop-after-migration";
    // The first build of each image: the next one is the fix.
    if (faults.log().some((entry) => entry.name === fault && entry.what.includes(` ${name} `))) return "well";
    faults.note(fault, `the new image of ${name} crashes as soon as it starts`);
    return "crashes";
  }

  /** `alembic upgrade head` does not know where a database is that is ahead of its own files. */
  async function migrates(name: string, digest: string): Promise<boolean> {
    const image = images.find((each) => each.name === name);
    const folder = image?.repository.migrations;
    if (!image?.runsMigrations || !folder) return true;
    const { name: repository } = image.repository;
    const sha = contents(digest)?.[repository];
    if (!sha) return true;
    const own = await filesBelow(repository, sha, folder);
    const applied = migrations[repository] ?? [];
    if (applied.some((each) => !own.includes(each))) return false;
    migrations[repository] = own;
    return true;
  }

  return {
    async start(pod, firstDay = false) {
      for (const { name, image } of pod.spec.containers) {
        const digest = image.split("@")[1] ?? "";
        const isNew = digests[digest] === undefined && !firstDay;
        const stream = images.find((each) => each.name === name)?.stream ?? null;
        if (isNew && has("image-pull")) {
          const what = `${pod.metadata.name} cannot pull its image`;
          if (faults.strikes("image-pull", what)) unpullable = { digest, stream };
        }
        if (unpullable?.digest === digest) return { runs: false, reason: "ImagePullBackOff" };
        digests[digest] ??= firstDay ? "well" : firstStart(name);
        // A service migrates its database before it finds out that it cannot go on.
        const migrated = await migrates(name, digest);
        if (!migrated || digests[digest] === "crashes") return { runs: false, reason: "CrashLoopBackOff" };
      }
      return { runs: true };
    },

    sticks(pod) {
      const ofSet = pod.metadata.ownerReferences?.[0]?.kind === "StatefulSet";
      if (has("stuck-pod") && ofSet) {
        const what = `${pod.metadata.name} gets stuck in Terminating`;
        if (faults.strikes("stuck-pod", what)) stuck = pod.metadata.uid;
      }
      return stuck === pod.metadata.uid;
    },

    refusesImport(stream) {
      if (!production || !faults.lasts("import-fails")) return null;
      const known = faults.log().find((each) => each.name === "import-fails");
      const what = `the import of ${stream} is refused`;
      if (known ? known.what !== what : !faults.strikes("import-fails", what)) return null;
      return "toomanyrequests: Too Many Requests (HAP429)";
    },

    imported(stream) {
      imports[stream] = (imports[stream] ?? 0) + 1;
      // The first one is the deployment's own.
      if (unpullable?.stream !== stream || imports[stream] < 2) return;
      unpullable = null;
      faults.mend("image-pull", `${stream} is imported again, and its image can be pulled`);
    },

    snapshot: () => structuredClone({ digests, migrations }),
  };
}
