import { z } from "zod";
import { rollbackKey } from "../domain/keys.ts";
import type { RollbackPlan } from "../domain/rollback.ts";
import { rollbackEndedMessage } from "../domain/rollback-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step } from "../runtime/step.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { branchesToReturn } from "./branches-to-return.ts";
import { readCause } from "./cause.ts";
import { noteClosed } from "./closed.ts";
import { closeRun } from "./closing.ts";
import { movedBackKey } from "./move-back.ts";
import { rollbackInput } from "./open-rollback.ts";
import { outcomeKey, planKey, type RollbackOutcome } from "./rollback-plan.ts";
import { verifiedKey } from "./verify-return.ts";

const input = rollbackInput.extend({
  status: z.enum(["done", "skipped", "aborted", "failed"]),
  reason: z.string(),
});

/**
 * Ends a rollback: writes down how, says in Slack what runs now, what is pinned and what the stable branches point at,
 * and tells the run that waits for it; one that a person started closes its own run.
 *
 * Running twice: the outcome that was written first stands, messages have keys.
 */
export const handler = step("close-rollback", input, async ({ run, of, number, status, reason }) => {
  const { value: outcome } = await runs().remember<RollbackOutcome>(run, outcomeKey(number), {
    status,
    reason: readCause(reason),
  });
  const plan = await runs().recall<RollbackPlan>(run, planKey(number));
  if (plan && outcome.status !== "skipped") await tell({ run, of, number, plan, outcome });
  if (run === of) {
    await waits().signal({ key: rollbackKey(run, number), id: "ended", origin: "signal", body: {} });
  } else {
    // The run that is taken back had ended in its own way: from here on it counts as rolled back.
    if (outcome.status === "done")
      await runs().update(of, { status: "rolledBack", reason: `taken back by ${run}` });
    const ends = { done: "finished", skipped: "skipped", aborted: "aborted", failed: "failed" } as const;
    await closeRun(run, { status: ends[outcome.status], reason: outcome.reason });
    await noteClosed(run);
  }
  return { status: outcome.status };
});

interface Ended {
  run: string;
  of: string;
  number: number;
  plan: RollbackPlan;
  outcome: RollbackOutcome;
}

async function tell({ run, of, number, plan, outcome }: Ended): Promise<void> {
  try {
    const message = rollbackEndedMessage({
      ...runFacts(run),
      of,
      plan,
      verified: outcome.status === "done" && (await runs().recall(run, verifiedKey(number))) !== null,
      reason: outcome.status === "done" ? "" : outcome.reason,
      branches: await branchesNow(run, of, number),
      stableBranch: config().github.stableBranch,
    });
    const { channel } = config().slack;
    await (await slack()).postOnce({ channel, key: `${run}/rollback-${number}/ended`, ...message });
  } catch (thrown) {
    log("close-rollback.not-told", { reason: messageOf(thrown) }, "warn");
  }
}

async function branchesNow(run: string, of: string, number: number) {
  const still = (await branchesToReturn(of)).map(({ repository, now, mayReturn }) => ({
    repository,
    sha: now,
    movedBack: false,
    note: mayReturn ? null : "it stays: an earlier image would not start on the migrated database",
  }));
  const approved = await runs().approved(of);
  const back = await Promise.all(
    (approved?.repositories ?? []).map(async ({ name }) => ({
      repository: name,
      sha: await runs().recall<string>(run, movedBackKey(number, name)),
    })),
  );
  const moved = back.flatMap(({ repository, sha }) =>
    sha ? [{ repository, sha, movedBack: true, note: null }] : [],
  );
  return [...moved, ...still];
}
