import { instantsOf, localDate } from "./local-time.ts";

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const day = 24 * 60 * 60 * 1000;

/**
 * When the schedule starts the next run that is not frozen: ISO 8601 in UTC, after `now`; null: not within a year.
 *
 * @param isFrozen of a local day such as `2026-11-23`.
 */
export function nextDue(
  { weekday, time, timeZone }: { weekday: string; time: string; timeZone: string },
  isFrozen: (day: string) => boolean,
  now: string,
): string | null {
  const today = Date.parse(`${localDate(now, timeZone)}T00:00Z`);
  for (let offset = 0; offset <= 366; offset++) {
    // Dates are counted, not hours: where clocks change, a day has 23 or 25 of them.
    const date = new Date(today + offset * day).toISOString().slice(0, 10);
    if (weekdays[new Date(`${date}T00:00Z`).getUTCDay()] !== weekday || isFrozen(date)) continue;
    const at = instantsOf(`${date}T${time}`, timeZone)[0];
    if (at !== undefined && at > now) return at;
  }
  return null;
}
