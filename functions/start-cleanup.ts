import { z } from "zod";
import { localDate } from "./domain/local-time.ts";
import { config } from "./runtime/config.ts";
import { BadInput, RequestRefused } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { stepFunctions } from "./services/step-functions.ts";

const request = z.object({
  /** The time that the schedule meant, ISO 8601 in UTC; its local date names the cleanup. */
  scheduledFor: z.iso.datetime(),
  /** `schedule`: the same time twice is one cleanup. `person`: again on the same day gets `-2`, `-3`, … */
  by: z.enum(["schedule", "person"]),
});

export interface StartedCleanup {
  run: string;
  execution: string;
  /** False: this very cleanup had been started before, so nothing was done. */
  started: boolean;
}

const mostOfADay = 20;

/**
 * The target of the monthly schedule: starts a registry cleanup, named by its local date (`cleanup-2026-12-01`).
 * @throws BadInput, RequestRefused when a day has used up its names, ServiceUnavailable
 */
export async function handler(event: unknown): Promise<StartedCleanup> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new BadInput(`start-cleanup: ${z.prettifyError(parsed.error)}`);
  const { scheduledFor, by } = parsed.data;
  const first = `cleanup-${localDate(scheduledFor, config().schedule.timeZone)}`;
  for (let number = 1; number <= mostOfADay; number++) {
    const run = number === 1 ? first : `${first}-${number}`;
    const { started, arn } = await stepFunctions().startExecution({
      flow: "registry-cleanup",
      name: run,
      input: { run, scheduledFor },
    });
    if (started || by === "schedule") {
      log("start-cleanup.started", { run, by, started });
      return { run, execution: arn, started };
    }
  }
  throw new RequestRefused(`${first} has been started ${mostOfADay} times: look at what goes wrong.`);
}
