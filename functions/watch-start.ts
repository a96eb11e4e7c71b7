import { z } from "zod";
import { localDate } from "./domain/local-time.ts";
import { escapeSlack } from "./domain/slack-text.ts";
import { timeOf } from "./domain/times.ts";
import { config } from "./runtime/config.ts";
import { environment } from "./runtime/environment.ts";
import { BadInput } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { count } from "./runtime/metrics.ts";
import { slack } from "./services/slack.ts";
import { stepFunctions } from "./services/step-functions.ts";

const request = z.object({
  /** The time that the watching schedule meant, ISO 8601. */
  watchedAt: z.iso.datetime({ offset: true }),
  /** So much earlier the run should have been started. */
  minutesAfterStart: z.number().positive(),
});

/**
 * The target of a second schedule, some minutes after the first: whatever kept the run from being started (the
 * schedule, StartRun, a right that is missing) does not keep this from telling. The metric comes first, since its alarm
 * needs no Slack.
 * @returns whether the run had been started.
 * @throws BadInput, and what Step Functions and Slack throw: then Lambda calls it again.
 */
export async function handler(event: unknown): Promise<{ run: string; started: boolean }> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new BadInput(`watch-start: ${z.prettifyError(parsed.error)}`);
  const { watchedAt, minutesAfterStart } = parsed.data;
  const { schedule, slack: settings } = config();
  const meant = new Date(Date.parse(watchedAt) - minutesAfterStart * 60_000).toISOString();
  const run = `weekly-${localDate(meant, schedule.timeZone)}`;

  const machine = environment("STABLEHAND_STATE_MACHINE");
  const execution = `${machine.replace(":stateMachine:", ":execution:")}:${run}`;
  const started = (await stepFunctions().executionStatus(execution)) !== null;
  log(started ? "watch-start.started" : "watch-start.missed", { run }, started ? "info" : "error");
  if (started) return { run, started };

  count("StartsMissed");
  const time = timeOf(meant, schedule.timeZone, watchedAt);
  const text =
    `⚠️ No weekly deployment was started at ${time}, so ${run} does not exist and nothing has changed. ` +
    "Stablehand's README says how to start it by hand, and its alarms say more.";
  await (await slack()).postOnce({
    channel: settings.channel,
    key: `${run}/not-started`,
    text: escapeSlack(text),
  });
  return { run, started };
}
