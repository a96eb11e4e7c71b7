import { runPageLink } from "../runtime/links.ts";
import { runs } from "../store/runs.ts";

/**
 * The address of a run's page is signed once, by the step that opens the run: so of all the steps that tell it, none but
 * those that make links anyway can read the keys that sign them.
 */

const key = "run-page";

export async function signRunPage(run: string): Promise<void> {
  await runs().remember(run, key, await runPageLink(run));
}

/** Null: the run was never opened. */
export async function runPage(run: string): Promise<string | null> {
  return await runs().recall<string>(run, key);
}
