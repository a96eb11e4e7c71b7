import { timeOf } from "../domain/times.ts";
import { config } from "../runtime/config.ts";

/** The time of a page, and how times are told on it. */
export interface Clock {
  /** ISO 8601. */
  now: string;
  /** In the team's zone, with the day where it is another one. */
  at: (iso: string) => string;
}

export function clockAt(now: Date): Clock {
  const iso = now.toISOString();
  const zone = config().schedule.timeZone;
  return { now: iso, at: (time) => timeOf(time, zone, iso) };
}
