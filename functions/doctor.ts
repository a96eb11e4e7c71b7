import { z } from "zod";
import { examine } from "./doctor/examine.ts";
import { type DoctorReport, doctorMessage, inTheWay } from "./domain/doctor.ts";
import { localDate } from "./domain/local-time.ts";
import { escapeSlack } from "./domain/slack-text.ts";
import { config } from "./runtime/config.ts";
import { BadInput } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { count } from "./runtime/metrics.ts";
import { slack } from "./services/slack.ts";

const request = z.object({
  /** Tell the channel and the alarm when the next run would not go through. A person who asks gets the answer anyway. */
  speakUp: z.boolean().default(false),
});

/** A run that is further off is looked at again before it is due. */
const concernsDays = 7;

/**
 * The target of a schedule some days before the run, so that there is time to mend what is broken; says nothing while
 * all is well, or while the coming run is frozen. The metric comes first, since its alarm needs no Slack, which may be
 * what is broken.
 * @throws BadInput, and what Slack throws: then Lambda calls it again.
 */
export async function handler(event: unknown): Promise<DoctorReport> {
  const parsed = request.safeParse(event ?? {});
  if (!parsed.success) throw new BadInput(`doctor: ${z.prettifyError(parsed.error)}`);
  const report = await examine();
  const { ready, nextRun, checkedAt, findings } = report;
  const soon =
    nextRun !== null && Date.parse(nextRun) - Date.parse(checkedAt) <= concernsDays * 24 * 60 * 60 * 1000;
  const problems = findings.filter(inTheWay).map(({ id }) => id);
  log("doctor.looked", { ready, nextRun, problems }, ready ? "info" : "error");
  if (ready || !soon || !parsed.data.speakUp) return report;

  count("RunsInDanger");
  const { service, schedule, slack: settings } = config();
  await (await slack()).postOnce({
    channel: settings.channel,
    key: `doctor/${localDate(checkedAt, schedule.timeZone)}`,
    text: escapeSlack(doctorMessage(report, { service, timeZone: schedule.timeZone })),
  });
  return report;
}
