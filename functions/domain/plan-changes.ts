import { choosableCommits } from "./choosable-commits.ts";
import { assemblePlan } from "./plan-actions.ts";
import type { PlanChanges, PlannedRepository, PlanResult, PromotionPlan } from "./promotion-plan.ts";

/**
 * The plan with what an approver wants different: its moves, rebuilds and order are decided anew from the same facts,
 * so every `from` stays, nothing moves that was left out, and nothing is forced that was not allowed to be.
 *
 * @param plan as it was shown, not one that this function returned: an older commit hides those above it.
 * @returns instead of a plan every problem of the changes: an unknown repository, a commit that may not be chosen,
 *   forcing what did not diverge, or changes that contradict each other.
 */
export function applyChanges(plan: PromotionPlan, changes: PlanChanges): PlanResult {
  const problems = problemsOf(plan, changes);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, plan: assemblePlan(plan, plan.repositories, changes) };
}

function problemsOf(plan: PromotionPlan, changes: PlanChanges): string[] {
  const repositories = new Map(plan.repositories.map((each) => [each.name, each]));
  const named = [...Object.keys(changes.commits), ...changes.leaveOut, ...changes.force];
  const unknown = [...new Set(named)].filter((name) => !repositories.has(name));
  const problems = unknown.map((name) => `${name} is not in the plan`);
  if (plan.only.length > 0) {
    const outside = [...Object.keys(changes.commits), ...changes.force].filter(
      (name) => !plan.only.includes(name),
    );
    problems.push(...[...new Set(outside)].map((name) => `${name} is not part of this hotfix`));
  }
  for (const repository of plan.repositories) {
    const chosen = Object.hasOwn(changes.commits, repository.name)
      ? changes.commits[repository.name]
      : undefined;
    const forced = changes.force.includes(repository.name);
    const leftOut = changes.leaveOut.includes(repository.name);
    problems.push(...problemsWith(repository, { chosen, forced, leftOut }));
  }
  return problems;
}

function problemsWith(
  repository: PlannedRepository,
  { chosen, forced, leftOut }: { chosen: string | undefined; forced: boolean; leftOut: boolean },
): string[] {
  const { name, main, from, ownCommits } = repository;
  const problems: string[] = [];
  const diverged = ownCommits.length > 0;
  if (chosen !== undefined) {
    const selectable =
      (chosen === main && main !== from) ||
      choosableCommits(repository).some((commit) => commit.sha === chosen);
    if (!selectable) problems.push(`${name}: the commit ${chosen.slice(0, 12)} cannot be chosen`);
    if (leftOut) problems.push(`${name}: choose a commit or leave it out, not both`);
    if (diverged && !forced && !leftOut) {
      problems.push(`${name}: it diverged, so choosing a commit needs forcing too`);
    }
  }
  if (forced && !diverged) problems.push(`${name}: it did not diverge, there is nothing to force`);
  if (forced && leftOut) problems.push(`${name}: force it or leave it out, not both`);
  return problems;
}
