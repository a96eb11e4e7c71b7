import { type DoctorReport, type Finding, reportOf } from "../domain/doctor.ts";
import { frozen } from "../domain/freeze.ts";
import { nextDue } from "../domain/next-due.ts";
import { config } from "../runtime/config.ts";
import { publicHolidays } from "../services/holidays.ts";
import type { Examination } from "./attempt.ts";
import { examineMatrix, examineSlack } from "./chats.ts";
import { examineGitHub } from "./github.ts";
import { examineClusters, examineCopr, examineQuay } from "./images.ts";
import { examineOwn } from "./own.ts";

const systems: ((examination: Examination) => Promise<Finding[]>)[] = [
  examineOwn,
  examineGitHub,
  examineSlack,
  examineMatrix,
  examineQuay,
  examineCopr,
  examineClusters,
];

/**
 * Looks whether the next run would go through: every credential, scope, power level, membership, webhook, notification,
 * right, the clock and the versions. Changes nothing anywhere.
 *
 * @throws BadConfiguration when there is no configuration to go by.
 */
export async function examine(given: Partial<Examination> = {}): Promise<DoctorReport> {
  const examination: Examination = {
    now: Date.now,
    pausesMs: [2000, 8000],
    quayToken: null,
    ...given,
  };
  const checkedAt = new Date(examination.now()).toISOString();
  const { schedule, freeze } = config();
  const isFrozen = (day: string) => {
    const holidays = freeze.country ? publicHolidays(freeze.country, Number(day.slice(0, 4))) : [];
    return frozen(day, { dates: freeze.dates, holidays }) !== null;
  };
  const found = await Promise.all(systems.map((look) => look(examination)));
  return reportOf(found.flat(), { checkedAt, nextRun: nextDue(schedule, isFrozen, checkedAt) });
}
