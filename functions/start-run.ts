import { z } from "zod";
import { localDate } from "./domain/local-time.ts";
import { config } from "./runtime/config.ts";
import { BadInput, RequestRefused } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { stepFunctions } from "./services/step-functions.ts";

const request = z.object({
  /** The time that the schedule meant, ISO 8601 in UTC; its local date names the run. */
  scheduledFor: z.iso.datetime(),
  /** `schedule`: the same time twice is one run. `person`: a restart on the same day gets `-2`, `-3`, … */
  by: z.enum(["schedule", "person"]),
  kind: z.enum(["weekly", "hotfix", "dry-run"]).default("weekly"),
  /** A hotfix: the repositories that may move. */
  only: z.array(z.string().min(1)).default([]),
  /** Why a person starts it. */
  purpose: z.string().max(500).default(""),
});

export type StartRequest = z.input<typeof request>;

export interface StartedRun {
  run: string;
  execution: string;
  /** False: this very run had been started before, so nothing was done. */
  started: boolean;
}

/** More restarts on one day than anybody means. */
const mostRestarts = 20;

/**
 * The target of the schedule: names the execution by its local date (`weekly-2026-11-23`), which a schedule cannot do
 * itself, and so refuses doubles: Step Functions keeps a name taken for 90 days.
 * @throws BadInput, RequestRefused when a day has used up its restarts, ServiceUnavailable
 */
export async function handler(event: unknown): Promise<StartedRun> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new BadInput(`start-run: ${z.prettifyError(parsed.error)}`);
  const { scheduledFor, by, kind, only, purpose } = parsed.data;
  if (kind === "hotfix" && (only.length === 0 || purpose === "")) {
    throw new BadInput("A hotfix names its repositories (only) and says what it is for (purpose).");
  }
  const first = `${kind}-${localDate(scheduledFor, config().schedule.timeZone)}`;

  for (let number = 1; number <= mostRestarts; number++) {
    const run = number === 1 ? first : `${first}-${number}`;
    const input = { run, kind, scheduledFor, only, purpose };
    const { started, arn } = await stepFunctions().startExecution({ name: run, input });
    if (started || by === "schedule") {
      log("start-run.started", { run, by, started });
      return { run, execution: arn, started };
    }
  }
  throw new RequestRefused(`${first} has been restarted ${mostRestarts - 1} times: look at what goes wrong.`);
}
