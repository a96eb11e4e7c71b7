import type { PromotionPlan } from "./promotion-plan.ts";
import type { Stage } from "./step-words.ts";

/**
 * What production runs of each repository once a run is over, or will run when all goes well.
 *
 * A library reaches production in the images that install it: it counts as there when it has moved and none of the
 * images that were to be built from it is missing.
 *
 * @param stages repository → how far it got; null while the run goes on: what was planned is taken for done.
 * @returns repository → commit of the stable branch that counts.
 */
export function productionHeads(
  plan: PromotionPlan,
  stages: ReadonlyMap<string, Stage> | null,
): Map<string, string> {
  const arrived = (name: string) => stages === null || stages.get(name) === "deployed";
  return new Map(
    plan.repositories.map(({ name, action, from, to, buildsImages }) => {
      if (action !== "move") return [name, from];
      if (buildsImages) return [name, arrived(name) ? to : from];
      const users = plan.repositories.filter(
        (each) =>
          each.buildsImages &&
          (each.action === "move" || each.action === "rebuild") &&
          each.waitsFor.some(({ repository }) => repository === name),
      );
      const stage = stages?.get(name);
      const moved = stages === null || stage === "moved" || stage === "deployed";
      return [name, moved && users.every((each) => arrived(each.name)) ? to : from];
    }),
  );
}
