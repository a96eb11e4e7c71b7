import { applyChanges } from "./plan-changes.ts";
import type { PlanChanges, PlannedRepository, PromotionPlan } from "./promotion-plan.ts";

/**
 * What an approver's changes bring about beside what they say: rebuilds that come or go with what images install. One
 * clause each, such as `packit-service is not rebuilt`. Changes that do not fit the plan bring about nothing.
 */
export function consequencesOf(plan: PromotionPlan, changes: PlanChanges): string[] {
  const changed = applyChanges(plan, changes);
  if (!changed.ok) return [];
  const before = new Map(plan.repositories.map((each) => [each.name, each]));
  return changed.plan.repositories.flatMap((after) => {
    const planned = before.get(after.name);
    return planned ? consequencesFor(planned, after, changes.leaveOut.includes(after.name)) : [];
  });
}

function consequencesFor(before: PlannedRepository, after: PlannedRepository, leftOut: boolean): string[] {
  const { name } = after;
  const rebuilt = (each: PlannedRepository) => each.action === "rebuild";
  if (rebuilt(after) && !rebuilt(before)) {
    return [
      leftOut ? `the images of ${name} are rebuilt all the same` : `${name} is rebuilt where it stands`,
    ];
  }
  const stays = after.action === "none" || after.action === "leftOut";
  if (rebuilt(before) && stays && !leftOut) return [`${name} is not rebuilt`];
  if (after.buildBy === "person" && before.buildBy !== "person") {
    return [`a person has to start the build of ${name}`];
  }
  return [];
}
