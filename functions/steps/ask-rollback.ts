import type { Comparison } from "../domain/regression.ts";
import { mayRollBackAlone } from "../domain/rollback.ts";
import { rollbackAnswers } from "../domain/rollback-question.ts";
import { stillOld } from "../domain/rollout.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step, waitingInput } from "../runtime/step.ts";
import { openshift } from "../services/openshift.ts";
import { runs } from "../store/runs.ts";
import { askChoice } from "./ask-choice.ts";
import { showProgress } from "./live-message.ts";
import { migratedRepositories, planOfRollback } from "./rollback-plan.ts";
import { wantedDigests } from "./rollout-watch.ts";

/**
 * Production is not well after the rollout: asks, with the evidence, whether to look again, roll back, or keep it as it
 * is. Where the plan held a database migration the question says that an earlier image of the service would not start,
 * and offers the other images alone.
 *
 * Goes back without asking only when every workload that got a new image failed, without a migration in the way, and
 * where the configuration allows it.
 */
export const handler = step("ask-rollback", waitingInput, async ({ run, taskToken }) => {
  await showProgress(run, "AskRollback");
  const migrations = await migratedRepositories(run);
  const workers = await planOfRollback(run, "workers");
  const all = await planOfRollback(run, "all");
  const { evidence, answers } = rollbackAnswers({ migrations, workers, all });
  const alone = await isHopeless(run, Object.keys(migrations));
  await askChoice({
    run,
    step: "AskRollback",
    taskToken,
    reason: [...evidenceOf(await runs().comparison(run)), ...(await podsNow(run)), ...evidence].join(" "),
    answers,
    withoutAnswer: "abort",
    alone: alone
      ? {
          answer: "rollback",
          why: "every workload that got a new image failed, so production is rolled back",
        }
      : null,
  });
  return {};
});

/** What got worse than it was before anything moved; without a look at production there is none. */
function evidenceOf(comparison: Comparison | null): string[] {
  const worse = comparison?.worse ?? [];
  const more = worse.length - shown;
  return [
    ...worse.slice(0, shown).map(({ name, text }) => `${name}: ${text}.`),
    ...(more > 0 ? [`And ${more} more.`] : []),
  ];
}

/** What pods there are to see now; the report may be older. */
async function podsNow(run: string): Promise<string[]> {
  try {
    const left = stillOld(await (await openshift("production")).pods(), await wantedDigests(run));
    const more = left.length > shown ? ` and ${left.length - shown} more` : "";
    return left.length > 0 ? [`Now: ${left.slice(0, shown).join(", ")}${more}.`] : [];
  } catch (thrown) {
    log("ask-rollback.no-pods", { reason: messageOf(thrown) }, "warn");
    return [];
  }
}

const shown = 6;

/** A cluster that does not answer now leaves it to a person. */
async function isHopeless(run: string, migrated: string[]): Promise<boolean> {
  if (!config().recovery.automaticRollback) return false;
  try {
    const progress = await runs().repositories(run);
    const images = progress.flatMap((each) => Object.keys(each.images ?? {}));
    return mayRollBackAlone(await (await openshift("production")).workloads(), { images, migrated });
  } catch (thrown) {
    log("ask-rollback.not-alone", { reason: messageOf(thrown) }, "warn");
    return false;
  }
}
