import { timeOf } from "./times.ts";
import { count } from "./words.ts";

/**
 * - `ok`: fine.
 * - `warning`: the next run ends well, but later, or tells less.
 * - `unknown`: the system did not answer, so nobody knows.
 * - `failed`: the next run would fail, or have to ask people for help.
 * - `skipped`: it rests on something else that failed, or is not set up.
 */
export type DoctorVerdict = "ok" | "warning" | "unknown" | "failed" | "skipped";

/** What the doctor found about one thing. Nothing in it is secret. */
export interface Finding {
  /** Stable code: `github.permissions`, `quay.notification/dashboard`. Its first part is the system. */
  id: string;
  /** What people read: "Notification of dashboard". */
  name: string;
  verdict: DoctorVerdict;
  /** One sentence. */
  summary: string;
  /** What to do; null where there is nothing to do. */
  remedy: string | null;
}

export interface DoctorReport {
  /** ISO 8601. */
  checkedAt: string;
  /** When the next run is due, ISO 8601; null: in the coming year every such day is frozen. */
  nextRun: string | null;
  /** Whether that run would go through by itself. */
  ready: boolean;
  findings: Finding[];
}

type Words = Pick<Finding, "summary"> & { remedy?: string };

/** Makes the findings about one thing. */
export function about(id: string, name: string) {
  const make =
    (verdict: DoctorVerdict) =>
    ({ summary, remedy }: Words): Finding => ({ id, name, verdict, summary, remedy: remedy ?? null });
  return {
    ok: (summary: string) => make("ok")({ summary }),
    warning: make("warning"),
    unknown: make("unknown"),
    failed: make("failed"),
    skipped: (summary: string) => make("skipped")({ summary }),
  };
}

/** Keeps the next run from going through by itself. What could not be asked never passes for fine. */
export function inTheWay({ verdict }: Finding): boolean {
  return verdict === "failed" || verdict === "unknown";
}

export function reportOf(
  findings: Finding[],
  { checkedAt, nextRun }: Pick<DoctorReport, "checkedAt" | "nextRun">,
): DoctorReport {
  return { checkedAt, nextRun, ready: !findings.some(inTheWay), findings };
}

/** Major version of Node that the code needs. */
const nodeNeeded = 24;

/** @param version as `process.versions.node` tells it. */
export function judgeNode(version: string): Finding {
  const finding = about("runtime.node", "Node");
  const major = Number(version.split(".", 1)[0]);
  return major >= nodeNeeded
    ? finding.ok(`Node ${version}.`)
    : finding.failed({
        summary: `This is Node ${version}; the code needs ${nodeNeeded}.`,
        remedy: "Run it by npm, after npm ci, or install that version of Node.",
      });
}

/** A server's clock, read at one moment of ours. Milliseconds since the epoch. */
export interface ClockReading {
  server: string;
  theirs: number;
  ours: number;
}

/** GitHub refuses an App whose clock is a minute off; Slack's requests may be five minutes old. */
const clockTolerance = 60;

/** Our clock against the servers': the one that is nearest counts, since a single server may be wrong itself. */
export function judgeClock(readings: readonly ClockReading[]): Finding {
  const finding = about("runtime.clock", "Clock");
  const skews = readings.map(({ server, theirs, ours }) => ({
    server,
    seconds: Math.round((ours - theirs) / 1000),
  }));
  const nearest = skews.toSorted((a, b) => Math.abs(a.seconds) - Math.abs(b.seconds))[0];
  if (!nearest) return finding.skipped("No server told its time.");
  const { server, seconds } = nearest;
  const off = Math.abs(seconds);
  if (off <= clockTolerance) return finding.ok(`At most ${count(Math.max(off, 1), "second")} off.`);
  return finding.failed({
    summary: `This machine's clock is ${count(off, "second")} ${seconds > 0 ? "ahead of" : "behind"} ${server}'s.`,
    remedy:
      "Set the clock, best by NTP: GitHub refuses the App's tokens, and links expire at the wrong time.",
  });
}

/** What is said in the channel when the next run would not go through; plain text. */
export function doctorMessage(
  { findings, nextRun, checkedAt }: DoctorReport,
  { service, timeZone }: { service: string; timeZone: string },
): string {
  const problems = findings.filter(inTheWay);
  const due = nextRun ? ` at ${timeOf(nextRun, timeZone, checkedAt)}` : "";
  const lines = problems
    .slice(0, toldAtMost)
    .map(({ name, summary, remedy }) => `• ${name}: ${summary}${remedy ? ` ${remedy}` : ""}`);
  const more = problems.length - lines.length;
  return [
    `⚠️ The next deployment of ${service}${due} would not go through: ${count(problems.length, "problem")} found.`,
    ...lines,
    ...(more > 0 ? [`• … and ${more} more: npm run doctor lists them.`] : []),
  ].join("\n");
}

const toldAtMost = 12;
