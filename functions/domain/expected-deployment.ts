import type { PlannedRepository, PromotionPlan } from "./promotion-plan.ts";
import type { Stage } from "./step-words.ts";

/** What production should run of a repository once the images of a run are rolled out. */
export interface ExpectedCommit {
  repository: string;
  commit: string;
  /** This run built it into images. */
  due: boolean;
  /** Its stable branch moved, but people went on without the images that it goes into: why, one phrase. */
  notBuilt: string | null;
}

const built: readonly Stage[] = ["pushed", "imported", "deployed"];

/**
 * What a run expected to deploy, as it went: a repository's commit reaches production in its own images or in those of
 * the repositories that install it. Where people left those out, production keeps what it had, which is no fault of it.
 *
 * @param stages stage by repository, of those that the run worked on.
 * @returns the repositories of the plan that go into images.
 */
export function expectedDeployment(
  plan: PromotionPlan,
  stages: Readonly<Record<string, Stage>>,
): ExpectedCommit[] {
  const stageOf = (name: string): Stage =>
    (Object.hasOwn(stages, name) ? stages[name] : undefined) ?? "planned";
  return plan.repositories.flatMap((repository): ExpectedCommit[] => {
    const carriers = carriersOf(repository, plan);
    if (carriers.length === 0) return [];
    const { name, action, from, to } = repository;
    const moved = action === "move" && stageOf(name) !== "leftOut";
    const due = carriers.some((each) => built.includes(stageOf(each.name)));
    if (due || !moved) return [{ repository: name, commit: moved ? to : from, due, notBuilt: null }];
    const notBuilt = carriers.map((each) => whyNotBuilt(each, stageOf(each.name))).join(", ");
    return [{ repository: name, commit: from, due, notBuilt }];
  });
}

function carriersOf({ name }: PlannedRepository, plan: PromotionPlan): PlannedRepository[] {
  return plan.repositories.filter(
    (each) =>
      each.buildsImages &&
      (each.name === name || each.waitsFor.some(({ repository }) => repository === name)),
  );
}

function whyNotBuilt({ name, action }: PlannedRepository, stage: Stage): string {
  if (stage === "leftOut" || action === "leftOut") return `${name} was left out`;
  if (stage === "failed") return `the images of ${name} were not built`;
  return `${name} was not rebuilt`;
}
