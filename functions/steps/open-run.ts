import { z } from "zod";
import { stopRun } from "../control.ts";
import { whoIsOnDuty } from "../domain/duty.ts";
import { frozen } from "../domain/freeze.ts";
import { localDate } from "../domain/local-time.ts";
import { lastRolledBackMessage } from "../domain/rollback-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { publicHolidays } from "../services/holidays.ts";
import { slack } from "../services/slack.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { ledger } from "../store/ledger.ts";
import { type LockHolder, lock } from "../store/lock.ts";
import { type Run, runs } from "../store/runs.ts";
import { showProgress } from "./live-message.ts";
import { earlierRuns, minutesAfter, now } from "./run-context.ts";
import { signRunPage } from "./run-page.ts";

const input = runInput.extend({
  kind: z.enum(["weekly", "hotfix", "dry-run"]),
  scheduledFor: z.iso.datetime(),
  only: z.array(z.string().min(1)),
  purpose: z.string(),
  /** ARN of the execution. */
  execution: z.string().min(1),
});

/**
 * Opens the run: its record, the freeze calendar, the lock, and who is on duty. A frozen day skips the weekly run; a
 * lock held by a run that is really alive skips any, but for a hotfix while the weekly run still waits for its approval.
 * The lock of a dead run is taken over. A dry run needs no lock.
 */
export const handler = step("open-run", input, async (request) => {
  const { run: id, execution } = request;
  const run = await open(request);
  const reason =
    (run.kind === "weekly" ? frozenReason(run.scheduledFor) : null) ??
    (run.kind === "dry-run" ? null : await lockedReason(run, execution));
  if (reason) {
    log("open-run.skipped", { reason });
    return { status: "skipped", reason };
  }
  const { duty: role, people } = config();
  const issue = await (await github()).newestIssue(role);
  const duty = whoIsOnDuty({ assignees: issue?.assignees ?? null, people, backup: role.backup });
  await runs().update(id, { duty });
  await signRunPage(id);
  await showProgress(id, "InspectAndPlan");
  if (run.kind !== "dry-run") await tellOfRollback(run);
  return { status: "open", reason: "" };
});

/** What the last run left behind when it was rolled back. Slack being away holds nothing up: the approval says it, too. */
async function tellOfRollback({ id }: Run): Promise<void> {
  const last = (await earlierRuns(id)).find(
    ({ kind, approvedAt }) => ["weekly", "hotfix"].includes(kind) && approvedAt !== null,
  );
  const pins = await ledger().pins();
  const rolledBack = last?.status === "rolledBack" ? last : null;
  if (!rolledBack && pins.length === 0) return;
  log("open-run.after-rollback", { last: rolledBack?.id ?? null, pins: pins.map(({ stream }) => stream) });
  try {
    const message = lastRolledBackMessage({ ...runFacts(id), last: rolledBack, pins });
    await (await slack()).postOnce({
      channel: config().slack.channel,
      key: `${id}/after-rollback`,
      ...message,
    });
  } catch (thrown) {
    log("open-run.not-told", { reason: messageOf(thrown) }, "warn");
  }
}

async function open({ run: id, ...rest }: z.output<typeof input>): Promise<Run> {
  const openedAt = now();
  return await runs().open({
    id,
    ...rest,
    openedAt,
    endedAt: null,
    status: "running",
    reason: null,
    supersedes: null,
    duty: null,
    decision: null,
    approvedAt: null,
    planVersion: null,
    expectedEnd: null,
    windowEnd: minutesAfter(openedAt, config().schedule.windowMinutes),
  });
}

function frozenReason(scheduledFor: string): string | null {
  const { freeze, schedule } = config();
  const day = localDate(scheduledFor, schedule.timeZone);
  const holidays = freeze.country ? publicHolidays(freeze.country, Number(day.slice(0, 4))) : [];
  const reason = frozen(day, { dates: freeze.dates, holidays });
  return reason ? `nothing is deployed on ${day}: ${reason}` : null;
}

/** Takes the lock; says who has it when that run is alive and has to stay. */
export async function lockedReason(run: Run, execution: string): Promise<string | null> {
  const attempt = await lock().take({ run: run.id, execution });
  if (attempt.taken) return await unfinishedSuperseding(run, execution);
  const { holder } = attempt;
  const alive = (await stepFunctions().executionStatus(holder.execution)) === "RUNNING";
  if (!alive) {
    const takeOver = await lock().takeOver({ run: run.id, execution, from: holder });
    log("open-run.lock-taken-over", { from: holder.run, taken: takeOver.taken }, "warn");
    if (takeOver.taken) return null;
  } else if (run.kind === "hotfix" && (await supersede(run, execution, holder))) {
    return null;
  }
  return `${holder.run} is under way since ${holder.takenAt} and holds the lock`;
}

/** Written by AnnounceStart before it looks whether its run still owns the lock. */
export const announced = "announced";

/**
 * Takes the place of a run that still waits for its approval. That run writes `announced` before it looks at its lock,
 * and this takes the lock before it looks at `announced`: so one of the two sees the other. Where both may have, the
 * lock goes back.
 *
 * Whom it supersedes is written down before the lock is taken, so that whoever runs this again goes on with it.
 */
async function supersede(run: Run, execution: string, holder: LockHolder): Promise<boolean> {
  if ((await runs().get(holder.run))?.kind !== "weekly" || (await hasBegun(holder.run))) return false;
  await runs().update(run.id, { supersedes: holder.run });
  const taken = await lock().takeOver({ run: run.id, execution, from: holder });
  if (taken.taken) return await takePlace(run, execution, holder);
  await runs().update(run.id, { supersedes: null });
  return false;
}

async function hasBegun(run: string): Promise<boolean> {
  return (await runs().recall(run, announced)) !== null;
}

/** With the lock taken: stops the run that had it, or gives the lock back. */
async function takePlace(
  run: Run,
  execution: string,
  before: Pick<LockHolder, "run" | "execution">,
): Promise<boolean> {
  if (await hasBegun(before.run)) {
    await lock().takeOver({ ...before, from: { run: run.id, execution } });
    await runs().update(run.id, { supersedes: null });
    return false;
  }
  const comment = `${run.purpose || "a hotfix"}; the weekly deployment is planned again afterwards`;
  await stopRun(before.run, { by: run.id, at: now(), why: "superseded", comment });
  log("open-run.superseded", { superseded: before.run }, "warn");
  return true;
}

/** An earlier try may have taken the lock from a run and died before it stopped that one. */
async function unfinishedSuperseding(run: Run, execution: string): Promise<string | null> {
  const before = run.supersedes === null ? null : await runs().get(run.supersedes);
  if (!before || (await takePlace(run, execution, { run: before.id, execution: before.execution }))) {
    return null;
  }
  return `${before.id} is under way since ${before.openedAt} and holds the lock`;
}
