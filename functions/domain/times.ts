import { formatter, localDate } from "./local-time.ts";

/** How times are told to people: in the team's zone, which is always named. */

/** `14:20 CET`; with the day (`Mon 23 Nov, 14:20 CET`) where it is another day than that of `now`. */
export function timeOf(iso: string, timeZone: string, now: string): string {
  const time = format(iso, timeZone, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  if (localDate(iso, timeZone) === localDate(now, timeZone)) return time;
  return `${format(iso, timeZone, { weekday: "short", day: "numeric", month: "short" })}, ${time}`;
}

/** `40 minutes`, `1 hour`, `2 h 5 min`; what is shorter than half of one is `less than a minute`. */
export function durationOf(minutes: number): string {
  if (minutes < 0.5) return "less than a minute";
  const whole = Math.round(minutes);
  if (whole < 60) return whole === 1 ? "1 minute" : `${whole} minutes`;
  const hours = Math.floor(whole / 60);
  const rest = whole % 60;
  if (rest === 0) return hours === 1 ? "1 hour" : `${hours} hours`;
  return `${hours} h ${rest} min`;
}

/** `23 Nov`: the day of a commit. */
export function dayOf(iso: string, timeZone: string): string {
  return format(iso, timeZone, { day: "numeric", month: "short" });
}

/** The value of an `<input type="datetime-local">`: `2026-11-23T14:35`. */
export function localMinute(iso: string, timeZone: string): string {
  const time = format(iso, timeZone, { hour: "2-digit", minute: "2-digit" });
  return `${localDate(iso, timeZone)}T${time}`;
}

function format(iso: string, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return formatter("en-GB", { ...options, hourCycle: "h23", timeZone }).format(new Date(iso));
}
