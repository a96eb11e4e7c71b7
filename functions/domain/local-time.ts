/** The day (`2026-11-23`) that an instant falls on in a zone. */
export function localDate(iso: string, timeZone: string): string {
  return wallClock(Date.parse(iso), timeZone).slice(0, 10);
}

/**
 * The instants that a wall clock of the zone shows as this date and time: one, none in the hour that is skipped when
 * summer time begins, two in the hour that comes twice when it ends.
 *
 * @param local `2026-11-23T14:30`
 * @returns ISO 8601 in UTC, earliest first.
 */
export function instantsOf(local: string, timeZone: string): string[] {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return [];
  // Offsets change by far less than a day and at most once in two: the ones around it are all that can hold.
  const offsets = [-DAY, 0, DAY].map((shift) => offsetAt(asUtc + shift, timeZone));
  const candidates = [...new Set(offsets)].map((offset) => asUtc - offset);
  return candidates
    .filter((instant) => wallClock(instant, timeZone) === local)
    .sort((a, b) => a - b)
    .map((instant) => new Date(instant).toISOString());
}

const DAY = 24 * 60 * 60 * 1000;

/** What is added to UTC there and then, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const minute = Math.floor(instant / 60_000) * 60_000;
  return Date.parse(`${wallClock(minute, timeZone)}Z`) - minute;
}

/** `2026-11-23T14:30`, as a clock on the wall shows it. */
function wallClock(instant: number, timeZone: string): string {
  const format = formatter("en-CA", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${parts.year?.padStart(4, "0")}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes a hundred times longer than using it, and a page tells hundreds of times. */
export function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, made);
  return made;
}
