import { describe, expect, it } from "vitest";
import { publicHolidays } from "../../../functions/services/holidays.ts";

describe("publicHolidays", () => {
  it("knows the Czech ones, by their English names", () => {
    const holidays = publicHolidays("CZ", 2026);
    const dates = holidays.map((each) => each.date);
    for (const date of [
      "2026-01-01",
      "2026-04-03",
      "2026-04-06",
      "2026-07-06",
      "2026-09-28",
      "2026-11-17",
      "2026-12-24",
    ]) {
      expect(dates).toContain(date);
    }
    expect(dates).toHaveLength(13);
    expect(holidays.find((each) => each.date === "2026-04-06")?.name).toBe("Easter Monday");
  });

  it("leaves out days that are not free", () => {
    const dates = publicHolidays("DE", 2026).map((each) => each.date);
    expect(dates).toContain("2026-10-03");
    expect(dates).not.toContain("2026-02-14");
  });

  it("has an entry for every day of a long one", () => {
    const days = publicHolidays("TR", 2026).filter((each) => /ramadan|ramazan/i.test(each.name));
    expect(days.length).toBeGreaterThanOrEqual(3);
  });

  it("refuses a country that it does not know", () => {
    expect(() => publicHolidays("QQ", 2026)).toThrow("set freeze.country to another one or null");
  });
});
