/** Days without deployments, both ends included (`2026-12-21`). */
export interface FrozenRange {
  from: string;
  to: string;
  reason: string;
}

export interface Holiday {
  date: string;
  name: string;
}

/**
 * Why nothing is deployed on a day, or null when it may be. A configured range goes before a holiday, since the team
 * chose its words.
 *
 * @param day in the zone of the schedule, such as `2026-11-23`.
 */
export function frozen(
  day: string,
  calendar: { dates: readonly FrozenRange[]; holidays: readonly Holiday[] },
): string | null {
  // ISO dates sort as text.
  const range = calendar.dates.find((each) => each.from <= day && day <= each.to);
  if (range) return range.reason;
  const holiday = calendar.holidays.find((each) => each.date === day);
  return holiday ? `public holiday: ${holiday.name}` : null;
}
