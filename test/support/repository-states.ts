import {
  type BranchComparison,
  type PlanInput,
  type PlannedRepository,
  type PromotionPlan,
  planPromotion,
  type RepositoryState,
} from "../../functions/domain/promotion-plan.ts";

/** A sha that reads well in a failing test: `sha("ogr", 3)`. */
export function sha(repository: string, number: number): string {
  const text = Buffer.from(`${repository} ${number}`).toString("hex");
  return text.padEnd(40, "0").slice(0, 40);
}

/** Linear history on main above the stable branch, newest first: `count` commits, each a squashed pull request. */
export function commitsAbove(repository: string, count: number): BranchComparison["commits"] {
  return Array.from({ length: count }, (_, index) => {
    const number = count - index;
    return {
      sha: sha(repository, number),
      message: `Change ${number} (#${100 + number})\n\nBody`,
      authorLogin: `author-${number % 2}`,
      authorName: "Somebody",
      date: `2026-11-${String(number).padStart(2, "0")}T10:00:00Z`,
      parents: [sha(repository, number - 1)],
    };
  });
}

/** A repository that is `ahead` commits behind main; `own` commits that main lacks make it diverge. */
export function repositoryState(
  name: string,
  {
    ahead = 0,
    own = 0,
    waitsFor = [],
    ...rest
  }: Partial<Omit<RepositoryState, "waitsFor">> & {
    ahead?: number;
    own?: number;
    waitsFor?: readonly string[];
  } = {},
): RepositoryState {
  const stable = own > 0 ? sha(`${name}-own`, own) : sha(name, 0);
  const main = sha(name, ahead);
  return {
    name,
    moved: true,
    waitsFor: waitsFor.map((repository) => ({ repository, until: "rpm" as const })),
    build: null,
    migrations: null,
    stable,
    main,
    comparison:
      stable === main
        ? null
        : {
            commits: commitsAbove(name, ahead),
            ownCommits: Array.from({ length: own }, (_, index) => ({
              sha: sha(`${name}-own`, own - index),
              title: `Fix ${own - index}`,
              author: "fixer",
              containedInMain: index === 0,
            })),
            files: [],
          },
    lastBuilt: null,
    newestBuild: null,
    ...rest,
  };
}

export function planInput(
  repositories: readonly RepositoryState[],
  rest: Partial<PlanInput> = {},
): PlanInput {
  return {
    version: 1,
    createdAt: "2026-11-23T12:01:00Z",
    branches: { main: "main", stable: "stable" },
    only: [],
    repositories,
    durations: [],
    expectedMinutes: 75,
    ...rest,
  };
}

/** The plan of these repositories; fails where there is none. */
export function planOf(repositories: readonly RepositoryState[]): PromotionPlan {
  const result = planPromotion(planInput(repositories));
  if (!result.ok) throw new Error(result.problems.join("; "));
  return result.plan;
}

export function planned(plan: PromotionPlan, name: string): PlannedRepository {
  const found = plan.repositories.find((each) => each.name === name);
  if (!found) throw new Error(`${name} is not in the plan`);
  return found;
}

/** `name: action` of every repository, for short expectations. */
export function actions(plan: PromotionPlan): Record<string, string> {
  return Object.fromEntries(plan.repositories.map((each) => [each.name, each.action]));
}
