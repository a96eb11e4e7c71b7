import { config } from "../runtime/config.ts";
import { github } from "../services/github.ts";
import { runs } from "../store/runs.ts";
import { migratedRepositories } from "./rollback-plan.ts";

/** A stable branch that a run moved, and that still stands where the run put it. */
export interface MovedBranch {
  repository: string;
  /** Where it was before the run, and is now. */
  before: string;
  now: string;
  /** False: its next build would make images that do not start on the migrated database. */
  mayReturn: boolean;
}

/** What brings back the images that were taken back, as soon as somebody builds it. */
export async function branchesToReturn(of: string): Promise<MovedBranch[]> {
  const approved = await runs().approved(of);
  const migrated = Object.keys(await migratedRepositories(of));
  const hub = await github();
  const branches: MovedBranch[] = [];
  for (const { name, action, from, to } of approved?.repositories ?? []) {
    if (action !== "move") continue;
    const head = await hub.branchHead(name, config().github.stableBranch);
    // The libraries go into the same images, so with a migration none of them goes back.
    if (head === to)
      branches.push({ repository: name, before: from, now: to, mayReturn: migrated.length === 0 });
  }
  return branches;
}
