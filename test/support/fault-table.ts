import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultName } from "../../infra/local/faults.ts";
import type { FaultRehearsal } from "./fault-rehearsal.ts";

/** The table of what became of every rehearsal with faults: `test-results/faults.md`. */

const folder = "test-results/faults";

export interface Row {
  faults: string;
  status: string;
  reason: string;
  questions: string;
  slackTopic: string;
  matrixTopic: string;
  lock: string;
  told: string;
  seconds: string;
}

export function rowOf(faults: readonly FaultName[], { report }: FaultRehearsal, seconds: number): Row {
  const { run, earlier, questions, topics, lock, slack } = report;
  const outcomes = [...earlier.toReversed(), run].map((each) => each.status);
  return {
    faults: faults.join(" + ") || "none",
    status: outcomes.join(", then "),
    reason: run.reason ?? "",
    questions: questions.map(({ id, answer }) => `${id}: ${answer}`).join("; ") || "none",
    slackTopic: topicNow(topics.slack),
    matrixTopic: topicNow(topics.matrix),
    lock: lock ? `held by ${lock.run}` : "free",
    told: slack.at(-1) ?? "",
    seconds: seconds.toFixed(1),
  };
}

function topicNow(values: string[]): string {
  if (values.at(-1) === values[0]) return "as before";
  return /being redeployed/.test(values.at(-1) ?? "") ? "ours" : "a person's";
}

/** @returns the file's path. */
export function keepLog(name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.log`);
  writeFileSync(file, text);
  return file;
}

/** Puts the rows of one test file beside those that it wrote before, and writes the table of all files. */
export function writeRows(part: string, rows: Row[]): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${part}.json`);
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Row[]) : [];
  const kept = earlier.filter((old) => !rows.some((row) => row.faults === old.faults));
  writeFileSync(file, JSON.stringify([...kept, ...rows]));
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Row[]);
  const count = (row: Row) => (row.faults === "none" ? 0 : row.faults.split(" + ").length);
  all.sort((a, b) => count(a) - count(b) || a.faults.localeCompare(b.faults));
  const head = [
    "Faults",
    "Run",
    "Reason",
    "Questions: answers",
    "Slack topic",
    "Matrix topic",
    "Lock",
    "Slack said last",
    "s",
  ];
  const lines = [head, head.map(() => "---"), ...all.map((row) => Object.values(row) as string[])];
  const table = lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  writeFileSync("test-results/faults.md", `${table.join("\n")}\n`);
}
