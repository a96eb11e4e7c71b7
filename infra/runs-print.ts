import { short } from "../functions/domain/inspection-evidence.ts";
import { keyInWords } from "../functions/domain/key-words.ts";
import type { Comparison } from "../functions/domain/regression.ts";
import { oneLine } from "../functions/domain/slack-text.ts";
import {
  answerInWords,
  placesOfAnswers,
  questionTitle,
  stageInWords,
} from "../functions/domain/step-words.ts";
import { durationOf, timeOf } from "../functions/domain/times.ts";
import { count } from "../functions/domain/words.ts";
import { personOf } from "../functions/facts.ts";
import type { Run } from "../functions/store/runs.ts";
import { change, planned } from "./planned.ts";
import type { ListedRun, ShownRun } from "./runs-read.ts";

/** What the command prints. Errors and notes quote other systems: `plain` takes what a terminal would obey. */

/** How times are told. */
export interface Clock {
  /** IANA zone. */
  zone: string;
  /** ISO 8601. */
  now: string;
}

export function printList(listed: readonly ListedRun[], clock: Clock): string {
  if (listed.length === 0) return "There are no runs yet.\n";
  const rows = listed.map(({ run, approvedBy }) => [
    run.id,
    run.status,
    timeOf(run.openedAt, clock.zone, clock.now),
    lasted(run, clock.now),
    approvedBy === null ? "-" : nameOf(approvedBy),
    plain(run.reason || run.purpose || "", 100),
  ]);
  return table([["RUN", "STATUS", "STARTED", "TOOK", "APPROVED BY", "REASON"], ...rows]);
}

export function printRun(shown: ShownRun, clock: Clock): string {
  const { run } = shown;
  const sections = [
    [`${run.id} · ${statusOf(shown, clock)}`, ...indent(facts(shown, clock))],
    titled("Plan", planLines(shown)),
    titled("Repositories", repositoryLines(shown)),
    titled("Images", proofLines(shown)),
    titled("Production", productionLines(shown)),
    titled("Waits for", waitLines(shown, clock)),
    titled("Asks", questionLines(shown, clock)),
    titled("Decisions", decisionLines(shown, clock)),
    titled(
      "Events",
      shown.events.map(({ at, text }) => `${timeOf(at, clock.zone, clock.now)}  ${plain(text, 300)}`),
    ),
  ];
  return `${sections
    .map((lines) => lines.join("\n"))
    .filter((text) => text !== "")
    .join("\n\n")}\n`;
}

function facts({ run, approvedBy, news }: ShownRun, { zone, now }: Clock): string {
  const at = (iso: string) => timeOf(iso, zone, now);
  const rows = [
    ["kind", run.kind],
    ["started", `${at(run.openedAt)}, ${run.endedAt ? "took" : "for"} ${lasted(run, now)}`],
    ["approved by", approvedBy === null ? "nobody" : nameOf(approvedBy)],
    ["on duty", run.duty ? nameOf(run.duty.login) : "nobody known"],
    ["window until", at(run.windowEnd)],
    ...(run.expectedEnd && !run.endedAt ? [["done by about", at(run.expectedEnd)]] : []),
    ...(run.purpose ? [["purpose", plain(run.purpose, 300)]] : []),
    ...(run.reason ? [["reason", plain(run.reason, 300)]] : []),
    ...(news ? [["post", postLine(news)]] : []),
  ];
  return table(rows);
}

function postLine({ status, note, postUrl, pullRequest }: NonNullable<ShownRun["news"]>): string {
  const where = postUrl ?? pullRequest?.url;
  return plain([status, ...(note ? [`: ${note}`] : []), ...(where ? [`, ${where}`] : [])].join(""), 300);
}

function statusOf({ run, control }: ShownRun, { zone, now }: Clock): string {
  if (run.status !== "running") return run.status;
  const { stop, pause } = control;
  if (stop) return `stopping: ${stop.why} by ${nameOf(stop.by)} at ${timeOf(stop.at, zone, now)}`;
  return pause ? `paused by ${nameOf(pause.by)} at ${timeOf(pause.at, zone, now)}` : run.status;
}

function planLines({ plan }: ShownRun): string[] {
  const rows = (plan?.repositories ?? []).map((each) => [
    each.name,
    planned[each.action],
    plain(change(each), 200),
  ]);
  return lines(table(rows));
}

function repositoryLines({ repositories }: ShownRun): string[] {
  const rows = repositories.map(({ repository, stage, note, buildRun }) => [
    repository,
    stageInWords(stage),
    [buildRun?.url ?? "", plain(note ?? "", 200)].filter((text) => text !== "").join("  "),
  ]);
  return lines(table(rows));
}

/** From the commit to the pods, one line an image. */
function proofLines({ repositories }: ShownRun): string[] {
  const rows = repositories.flatMap(({ proof = [] }) =>
    proof.map(({ image, commit, build, tags, manifest, stream, pods, broken }) => [
      image,
      broken === null ? "proven" : `not proven: ${plain(broken, 200)}`,
      [
        commit.slice(0, 7),
        build ? `run ${build.id}` : null,
        tags[0],
        manifest && short(manifest),
        stream && `stream ${stream.name}`,
        stream && count(pods.length, "pod"),
      ]
        .filter((each) => each)
        .join(" → "),
    ]),
  );
  return lines(table(rows));
}

const outcomes = {
  healthy: "no worse than before the run",
  unverified: "not everything could be looked at",
  regressed: "worse than before the run",
};

function productionLines({ comparison }: ShownRun): string[] {
  if (!comparison) return [];
  const { outcome, worse, unknown, asBefore, warnings } = comparison;
  const told = (head: string, problems: Comparison["worse"]) =>
    problems.map(({ name, text }) => [head, `${name}: ${plain(text, 200)}`]);
  const rows = [
    ...told("worse", worse),
    ...told("unknown", unknown),
    ...told("as before", asBefore),
    ...told("warning", warnings),
  ];
  return [outcomes[outcome], ...lines(table(rows))];
}

function waitLines({ waits }: ShownRun, { zone, now }: Clock): string[] {
  const rows = waits.flatMap(({ keys, firstRegisteredAt, deadline }) => {
    const what = keys.map(keyInWords).filter((each) => each !== null);
    if (what.length === 0) return [];
    const since = `since ${timeOf(firstRegisteredAt, zone, now)}`;
    return [[what.join(", or "), since, deadline ? `until ${timeOf(deadline, zone, now)}` : ""]];
  });
  return lines(table(rows));
}

function questionLines({ run, questions }: ShownRun, { zone, now }: Clock): string[] {
  return questions
    .filter((each) => each.decision === null && (run.status === "running" || each.kind === "toots"))
    .flatMap((each) => [
      `${each.id}  until ${timeOf(each.expiresAt, zone, now)}`,
      `  ${questionTitle(each)}: ${plain(each.reason, 600)}${each.kind === "failed" ? ` (${plain(each.error, 100)})` : ""}`,
      ...(each.drafts ?? []).map((draft) => `  “${plain(draft, 1000)}”`),
      ...each.answers.map(({ answer, label, does }) => `  ${answer.padEnd(6)} ${label}: ${does}`),
      `  npm run runs -- answer ${run.id} ${each.id} ${each.answers.map(({ answer }) => answer).join("|")}`,
    ]);
}

function decisionLines({ decisions, questions }: ShownRun, { zone, now }: Clock): string[] {
  const rows = [
    ...decisions.map(({ question, answer, by, at, via, comment }) => ({
      question,
      answer,
      by,
      at,
      via,
      comment,
    })),
    ...questions.flatMap((each) =>
      each.decision ? [{ ...each.decision, answer: answerInWords(each, each.decision.answer) }] : [],
    ),
  ].sort((one, other) => one.at.localeCompare(other.at));
  return lines(
    table(
      rows.map(({ question, answer, by, at, via, comment }) => [
        timeOf(at, zone, now),
        question,
        answer,
        `${nameOf(by)}, ${placesOfAnswers[via]}`,
        plain(comment ?? "", 200),
      ]),
    ),
  );
}

export function nameOf(login: string): string {
  return personOf(login).name;
}

function lasted(run: Run, now: string): string {
  return durationOf((Date.parse(run.endedAt ?? now) - Date.parse(run.openedAt)) / 60_000);
}

/** One line without control characters, which a terminal would take for commands. */
function plain(text: string, limit: number): string {
  const line = oneLine(text);
  return line.length <= limit ? line : `${line.slice(0, limit).toWellFormed()}…`;
}

function titled(title: string, text: string[]): string[] {
  return text.length > 0 ? [title, ...indent(text.join("\n"))] : [];
}

function indent(text: string): string[] {
  return lines(text).map((line) => `  ${line}`);
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Columns of equal width, but for the last one. */
function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const text = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return text.map((line) => `${line}\n`).join("");
}
