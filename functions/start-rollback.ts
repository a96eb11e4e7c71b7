import { localDate } from "./domain/local-time.ts";
import type { RollbackScope } from "./domain/rollback.ts";
import { config } from "./runtime/config.ts";
import { RequestRefused } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { stepFunctions } from "./services/step-functions.ts";

export interface RollbackRequest {
  /** The run that owns the lock: the one that is rolled back, or the rollback itself when a person starts it. */
  run: string;
  /** The run that is taken back. */
  of: string;
  /** Counts up with each try of the same run. */
  number: number;
  scope: RollbackScope;
  /** GitHub login; `stablehand` where the run decided itself. */
  by: string;
  reason: string;
}

export interface StartedRollback {
  name: string;
  execution: string;
  /** False: this very rollback had been started before and has ended. */
  started: boolean;
}

/**
 * Starts the rollback flow as a part of the run that it takes back. The same request again, while it runs, is the same
 * execution.
 */
export async function startRollback(request: RollbackRequest): Promise<StartedRollback> {
  return await start(`rollback-${request.run}-${request.number}`, request);
}

/**
 * Starts it by hand: a run of its own, named by the day (`rollback-2026-11-23`, then `-2`, …), which takes the lock.
 * @throws RequestRefused when a day has used up its names.
 */
export async function startRollbackByHand(
  request: Omit<RollbackRequest, "run" | "number">,
): Promise<StartedRollback> {
  const first = `rollback-${localDate(new Date().toISOString(), config().schedule.timeZone)}`;
  for (let number = 1; number <= mostOfADay; number++) {
    const run = number === 1 ? first : `${first}-${number}`;
    const started = await start(run, { ...request, run, number: 1 });
    if (started.started) return started;
  }
  throw new RequestRefused(`${first} has been tried ${mostOfADay} times: look at what goes wrong.`);
}

const mostOfADay = 20;

async function start(name: string, request: RollbackRequest): Promise<StartedRollback> {
  const { started, arn } = await stepFunctions().startExecution({ name, input: request, flow: "rollback" });
  log("start-rollback.started", { run: request.run, of: request.of, name, started });
  return { name, execution: arn, started };
}
