import type { Config } from "../../../functions/runtime/config.ts";
import type { Faults } from "./faults.ts";
import { madeUpSha, type SeedCommit, type SeedRepository, type WorldSeed } from "./seed.ts";

/**
 * The week with one stable branch that has a cherry-pick of a commit of main. It is the last repository that could
 * otherwise move, so that as much as possible still does.
 */
export function divergedWeek(seed: WorldSeed, config: Config, faults: Faults): WorldSeed {
  const moved = new Set(config.repositories.filter((each) => each.moved).map(({ name }) => name));
  const target = chosen(seed.repositories.filter(({ name }) => moved.has(name)));
  if (!target) return seed;
  faults.note("stable-diverged", `the stable branch of ${target.repository.name} has a commit of its own`);
  const repositories = seed.repositories.map((each) =>
    each === target.repository ? diverged(target) : each,
  );
  return { ...seed, repositories };
}

interface Target {
  repository: SeedRepository;
  commit: SeedCommit;
}

function chosen(repositories: SeedRepository[]): Target | null {
  for (const repository of repositories.toReversed()) {
    const commit = repository.ahead.find((each) => each.parents.length === 1);
    if (commit && repository.behind.length === 0) return { repository, commit };
  }
  return null;
}

function diverged({ repository, commit }: Target): SeedRepository {
  const sha = madeUpSha(repository.name, "cherry-pick", commit.sha);
  const { base } = repository;
  const pick: SeedCommit = {
    ...commit,
    sha,
    message: `${commit.message}\n\n(cherry picked from commit ${commit.sha})`,
    parents: [base.sha],
  };
  return { ...repository, behind: [pick], stable: sha };
}
