import { type DoctorReport, type DoctorVerdict, type Finding, inTheWay } from "../functions/domain/doctor.ts";
import { oneLine } from "../functions/domain/slack-text.ts";
import { timeOf } from "../functions/domain/times.ts";
import { count } from "../functions/domain/words.ts";
import { paint } from "./local/view.ts";

const marks: Record<DoctorVerdict, string> = {
  failed: "✘",
  unknown: "?",
  warning: "⚠",
  skipped: "–",
  ok: "✔",
};
const colours = { failed: "red", unknown: "red", warning: "yellow", skipped: "dim", ok: "green" } as const;
/** What is worst comes first. */
const order: readonly DoctorVerdict[] = ["failed", "unknown", "warning", "skipped", "ok"];

/** @param all lists what is fine, too; else it is only counted. */
export function printDoctor(
  { findings, ready, nextRun, checkedAt }: DoctorReport,
  { timeZone, all }: { timeZone: string; all: boolean },
  colour = process.stdout.isTTY && !process.env.NO_COLOR,
): string {
  const shown = findings
    .filter(({ verdict }) => all || verdict !== "ok")
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const fine = findings.filter(({ verdict }) => verdict === "ok").length;
  const due = nextRun ? ` (${timeOf(nextRun, timeZone, checkedAt)})` : "";
  const problems = findings.filter(inTheWay).length;
  const conclusion = ready
    ? `The next deployment${due} would go through.`
    : `The next deployment${due} would not go through: ${count(problems, "problem")}.`;
  const counted = `${fine} of ${count(findings.length, "check")} ${fine === 1 ? "is" : "are"} fine${all ? "" : "; --all lists them"}.`;
  const lines = shown.flatMap((each) => linesOf(each, colour));
  return `${[...lines, ...(lines.length > 0 ? [""] : []), conclusion, counted].join("\n")}\n`;
}

/** What other systems say stands in it: `oneLine` takes what a terminal would obey. */
function linesOf({ name, verdict, summary, remedy, id }: Finding, colour: boolean): string[] {
  const mark = colour ? paint(colours[verdict], marks[verdict]) : marks[verdict];
  return [`${mark} ${name}: ${oneLine(summary)}  [${id}]`, ...(remedy ? [`    → ${oneLine(remedy)}`] : [])];
}
