import Holidays from "date-holidays";
import { BadConfiguration } from "../runtime/errors.ts";

/**
 * The public holidays of a country in a year, with English names where the library has them; one entry a day.
 * The data comes with the package: nothing is asked.
 *
 * @param country ISO code, such as `CZ`.
 * @throws BadConfiguration for a country without data: a freeze that never freezes must not go unnoticed.
 */
export function publicHolidays(country: string, year: number): { date: string; name: string }[] {
  const calendar = new Holidays();
  calendar.init(country);
  if (!Object.hasOwn(calendar.getCountries(), country)) {
    throw new BadConfiguration(
      `No public holidays are known for the country ${country}: set freeze.country to another one or null, and list the days in freeze.dates.`,
    );
  }
  return calendar
    .getHolidays(year, "en")
    .filter((holiday) => holiday.type === "public")
    .flatMap(({ date, start, end, name }) =>
      days(date.slice(0, 10), start, end).map((day) => ({ date: day, name })),
    );
}

/** A holiday may last several days; half a day counts as one. */
function days(first: string, start: Date, end: Date): string[] {
  const day = 24 * 60 * 60_000;
  // Rounded, since a day on which clocks change has 23 or 25 hours.
  const count = Math.max(1, Math.round((end.getTime() - start.getTime()) / day));
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(`${first}T00:00:00Z`) + index * day).toISOString().slice(0, 10),
  );
}
