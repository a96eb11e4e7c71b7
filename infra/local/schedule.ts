import { frozen } from "../../functions/domain/freeze.ts";
import { instantsOf, localDate } from "../../functions/domain/local-time.ts";
import type { Config } from "../../functions/runtime/config.ts";
import { publicHolidays } from "../../functions/services/holidays.ts";

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const dayMs = 24 * 60 * 60 * 1000;

/**
 * The time that a rehearsal is scheduled for: the coming day of the schedule that is not frozen, today included, so
 * that a rehearsal works on any day of the year.
 *
 * @param date a local day chosen by a person, taken as it is, frozen or not.
 * @returns ISO 8601 in UTC.
 */
export function scheduledTime({ schedule, freeze }: Config, date: string | null, now = new Date()): string {
  const { timeZone, time, weekday } = schedule;
  const at = (day: string) => instantsOf(`${day}T${time}`, timeZone)[0] ?? `${day}T12:00:00.000Z`;
  if (date) return at(date);
  for (let offset = 0; offset < 366; offset++) {
    const day = localDate(new Date(now.getTime() + offset * dayMs).toISOString(), timeZone);
    if (weekdays[new Date(`${day}T00:00Z`).getUTCDay()] !== weekday) continue;
    const holidays = freeze.country ? publicHolidays(freeze.country, Number(day.slice(0, 4))) : [];
    if (!frozen(day, { dates: freeze.dates, holidays })) return at(day);
  }
  return now.toISOString();
}
