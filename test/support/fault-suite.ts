import { afterAll, describe, expect, test } from "vitest";
import type { FaultName } from "../../infra/local/faults.ts";
import type { RobotAnswers } from "../../infra/local/options.ts";
import { expectDeployed, expectGoodEnd, maybeAsked, questionsOf } from "./fault-expectations.ts";
import { type FaultRehearsal, rehearseWith } from "./fault-rehearsal.ts";
import { keepLog, type Row, rowOf, writeRows } from "./fault-table.ts";

export const patience = { timeout: 180_000 };

/** Those that a deployment gets over, so that any two of them may come together; test/faults/production has the others. */
export const pairedFaults: FaultName[] = [
  "build-fails",
  "build-cancelled",
  "webhook-lost",
  "webhook-twice",
  "webhook-early",
  "push-refused",
  "stable-moved",
  "stable-diverged",
  "quay-silent",
  "copr-fails",
  "slack-down",
  "matrix-no-power",
  "topic-edited",
  "approver-late",
  "two-approvers",
  "engine-killed",
];

/** No fault, every single one of these, and every pair. */
export function combinations(): FaultName[][] {
  const pairs = pairedFaults.flatMap((one, index) =>
    pairedFaults.slice(index + 1).map((other) => [one, other]),
  );
  return [[], ...pairedFaults.map((each) => [each]), ...pairs];
}

/**
 * Rehearses every `of`th combination, one after the other: the environment of the functions is the process's, so files
 * run at once and their tests do not.
 */
export function faultSuite(part: number, of: number): void {
  const rows: Row[] = [];
  afterAll(() => writeRows(`part-${part}`, rows));
  const mine = combinations().filter((_, index) => index % of === part);
  const titled = mine.map((faults) => [faults.join(" and ") || "nothing wrong", faults] as const);

  describe("a run ends as a person on duty would want, with", () => {
    test.each(titled)("%s", patience, async (_, faults) => {
      const started = performance.now();
      const rehearsal = await rehearseWith(faults);
      rows.push(rowOf(faults, rehearsal, (performance.now() - started) / 1000));
      await judge(faults.join("+") || "none", rehearsal, () => {
        expectGoodEnd(rehearsal, faults);
        expectDeployed(rehearsal);
        expectQuestions(rehearsal, faults);
        expectResumed(rehearsal, faults);
      });
    });
  });
}

/** Rehearses one fault, and judges the end. */
export async function rehearseAlone(
  fault: FaultName,
  expected: (rehearsal: FaultRehearsal) => void,
): Promise<void> {
  const rehearsal = await rehearseWith([fault]);
  await judge(fault, rehearsal, () => {
    expectGoodEnd(rehearsal, [fault]);
    expected(rehearsal);
  });
}

/** Rehearses with an answer of the robot, and judges the end. */
export async function rehearseAnswering(
  fault: FaultName,
  otherwise: RobotAnswers["otherwise"],
  expected: (rehearsal: FaultRehearsal) => void,
): Promise<void> {
  const rehearsal = await rehearseWith([fault], { otherwise, bySteps: {} });
  await judge(`${fault}-${otherwise}`, rehearsal, () => {
    expectGoodEnd(rehearsal, [fault]);
    expected(rehearsal);
  });
}

/** Keeps what happened for whoever reads the failed test. */
export async function judge(
  name: string,
  { terminal, report, log }: FaultRehearsal,
  expectations: () => void,
) {
  try {
    expectations();
  } catch (thrown) {
    const file = keepLog(name, `${terminal}\n${JSON.stringify(report, null, 1)}\n${log}`);
    const message = `${(thrown as Error).message}\nWhat happened stands in ${file}.`;
    throw new Error(message, { cause: thrown });
  }
}

/** Exactly those that the faults lead to; where the process was killed, some were asked before, some are moot. */
function expectQuestions({ report, terminal }: FaultRehearsal, faults: readonly FaultName[]): void {
  const asked = report.questions.map((each) => each.id).toSorted();
  if (faults.includes("engine-killed")) {
    const possible = faults.flatMap(maybeAsked);
    for (const id of asked) expect(possible).toContain(id);
  } else expect(asked).toEqual(faults.flatMap((fault) => questionsOf[fault] ?? []).toSorted());

  if (faults.includes("two-approvers")) {
    expect(terminal).toMatch(/somebody else was first|Slack tells \w+: \w+ already/);
  }
  // An answer counts once, however many gave it.
  const retried = report.questions.filter(
    ({ step, answer }) => step === "ConfirmBuild" && answer === "retry",
  );
  expect(report.states.filter(({ name }) => name === "RetryBuild")).toHaveLength(retried.length);
}

/** Whoever is not told asks. */
function expectResumed({ report }: FaultRehearsal, faults: readonly FaultName[]): void {
  const by = (kind: string) =>
    report.waits.flatMap(({ key, resumedBy }) => (key.startsWith(kind) && resumedBy ? [resumedBy] : []));
  if (faults.includes("webhook-lost")) expect(by("github/run/")).not.toContain("signal");
  if (faults.join() === "webhook-early") expect(by("github/run/packit/dashboard/")).toEqual(["signal"]);
  // A failed RPM is told when it failed, not when the time for it is over.
  if (faults.join() === "copr-fails") {
    expect(report.questions[0]?.reason).toMatch(/^Copr could not build packit at/);
  }
  if (faults.includes("quay-silent")) expect(by("quay/push/")).not.toContain("signal");
}
