import type { Config } from "../../../functions/runtime/config.ts";
import type { Faults } from "./faults.ts";
import type { SeedCommit, SeedRepository, WorldSeed } from "./seed.ts";

/**
 * The week as a crash loop needs it: without a database migration, so that everything can go back, or with one, so that
 * the service cannot.
 */
export function migrationWeek(seed: WorldSeed, config: Config, faults: Faults): WorldSeed {
  const without = faults.has("crash-loop");
  if (!without && !faults.has("crash-loop-after-migration")) return seed;
  const repositories = seed.repositories.map((repository) => {
    const { migrations = null } = config.repositories.find((each) => each.name === repository.name) ?? {};
    if (migrations === null) return repository;
    return without ? withoutFiles(repository, migrations) : withFile(repository, migrations);
  });
  return { ...seed, repositories };
}

function withoutFiles(repository: SeedRepository, folder: string): SeedRepository {
  const strip = ({ files, ...commit }: SeedCommit): SeedCommit => {
    const kept = Object.entries(files ?? {}).filter(([path]) => !path.startsWith(folder));
    return kept.length > 0 ? { ...commit, files: Object.fromEntries(kept) } : commit;
  };
  return { ...repository, ahead: repository.ahead.map(strip) };
}

/** In the newest commit, unless there is one already. */
function withFile(repository: SeedRepository, folder: string): SeedRepository {
  const paths = repository.ahead.flatMap(({ files }) => Object.keys(files ?? {}));
  const last = repository.ahead.at(-1);
  if (!last || paths.some((path) => path.startsWith(folder))) return repository;
  const files = { ...last.files, [`${folder}0001_add_a_column.py`]: "def upgrade():\n    pass\n" };
  return { ...repository, ahead: repository.ahead.with(-1, { ...last, files }) };
}
