import type { PlannedCommit, PlannedRepository } from "./promotion-plan.ts";

/**
 * The commits that an approver may choose instead of the head of the main branch: those that the main branch itself
 * went through and that are built on where the stable branch is. When `stable` was merged into `main`, those below the
 * merge are not: moving there would be no fast-forward. A diverged branch is forced anyway, so there all may be.
 */
export function choosableCommits(
  repository: Pick<PlannedRepository, "from" | "main" | "commits" | "ownCommits">,
): PlannedCommit[] {
  const { from, main, commits, ownCommits } = repository;
  const own = commits.filter((each) => each.firstParent && each.sha !== main);
  if (ownCommits.length > 0) return own;
  const above = builtOn(from, commits);
  return own.filter((each) => above.has(each.sha));
}

/** Those of the commits that have the base among their ancestors. */
function builtOn(base: string, commits: readonly PlannedCommit[]): Set<string> {
  const children = new Map<string, string[]>();
  for (const { sha, parents } of commits) {
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), sha]);
  }
  const found = new Set<string>();
  const next = [base];
  for (let sha = next.pop(); sha !== undefined; sha = next.pop()) {
    for (const child of children.get(sha) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      next.push(child);
    }
  }
  return found;
}
