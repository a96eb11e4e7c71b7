import type { PlannedRepository } from "../functions/domain/promotion-plan.ts";

/** How a plan reads in the terminal. */

export const planned: Record<PlannedRepository["action"], string> = {
  move: "would move",
  rebuild: "would build",
  none: "stays",
  leftOut: "is left out",
};

/** What happens to a repository: from where to where, or why nothing does. */
export function change({ action, from, to, commits, reason, migrations }: PlannedRepository): string {
  const short = (sha: string) => sha.slice(0, 7);
  const count = commits.length === 1 ? "1 commit" : `${commits.length} commits`;
  const warning = migrations.length > 0 ? ", with a database migration" : "";
  if (action === "move") return `${short(from)} → ${short(to)}, ${count}${warning}`;
  if (action === "rebuild") return `${short(from)}, rebuilt: ${reason}`;
  return reason;
}
