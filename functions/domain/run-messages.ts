import { kindOf, type RunFacts, type Who, whoText } from "./messages.ts";
import { type GitHubPlace, planSummary, repositoryUrl } from "./plan-lines.ts";
import type { PromotionPlan } from "./promotion-plan.ts";
import { type ImageProof, proofInWords } from "./proof-chain.ts";
import type { ComparedProblem, Comparison } from "./regression.ts";
import { context, fallback, header, lineSections, type SlackMessage, section } from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { type Stage, stageInWords } from "./step-words.ts";
import { durationOf, timeOf } from "./times.ts";
import { count } from "./words.ts";

/** Slack messages about a run itself: that it started, how it ended, or why it did nothing. */

export type RunEnd = "finished" | "skipped" | "rejected" | "expired" | "aborted" | "rolledBack" | "failed";

/** What became of a repository: the stages of its progress, or `none` where there was nothing to do. */
export type RepositoryEnd = Stage | "none";

/** Before the workers are restarted: they have seconds to finish, and what they do not finish runs again. */
export function activeTasksMessage(facts: RunFacts & { tasks: number }): SlackMessage {
  const { tasks } = facts;
  const said =
    tasks === 0
      ? "No task runs now, so the restart of the workers interrupts nothing."
      : `${count(tasks, "task")} ${tasks === 1 ? "runs" : "run"} now and will run again after the restart of the workers.`;
  return {
    text: fallback(`${facts.service}: ${said}`),
    blocks: [section(`*${name(facts)}*: ${said} (${code(facts.run)})`)],
  };
}

/** Production after the rollout, for the summary. */
export interface ProductionEnd {
  comparison: Comparison;
  /** Of every image that the run built. */
  proofs: readonly ImageProof[];
}

/** What became of Kubernetes objects that were to be applied. */
export type ObjectsEnd = "applied" | "failed" | "notApplied";

export interface EndedRun extends RunFacts {
  status: RunEnd;
  /** Why it ended so, when it is not plain. */
  reason: string | null;
  startedAt: string;
  endedAt: string;
  github: GitHubPlace;
  repositories: {
    name: string;
    stage: RepositoryEnd;
    from: string | null;
    to: string | null;
    note: string | null;
    /** Of its build, if there was one. */
    buildUrl: string | null;
  }[];
  /** Null: the run did not get as far as looking at it. */
  production: ProductionEnd | null;
  /** Null or left out: nobody wanted any applied. */
  objectsEnd?: ObjectsEnd | null;
  /** Per chat, what became of the topic: `restored`, or kept because a person changed it. */
  topics: { chat: "Slack" | "Matrix"; outcome: "restored" | "kept" | "unchanged" | "failed" }[];
  /** Who is called to look at it. */
  mention?: Who[];
  /** Page of the run; null where there is none. */
  runUrl: string | null;
}

/** After the approval, when the topics are set and the first branch is about to move. */
export function runStartedMessage(
  facts: RunFacts & {
    plan: PromotionPlan;
    approvedBy: Who;
    expectedEnd: string;
    runUrl: string | null;
  },
): SlackMessage {
  const end = timeOf(facts.expectedEnd, facts.timeZone, facts.now);
  const follow = facts.runUrl ? `\n${link(facts.runUrl, "Follow it")}` : "";
  const by = escapeWithin(oneLine(facts.approvedBy.name), 100);
  return {
    text: fallback(`${facts.service}: the ${kindOf(facts.run)} has started, done at about ${end}`),
    blocks: [
      section(
        `*${name(facts)}: the ${kindOf(facts.run)} has started*, approved by ${by}. ${planSummary(facts.plan)} It should be done at about ${end}.${follow}`,
      ),
    ],
  };
}

export interface LateRun extends RunFacts {
  /** When it passed, ISO 8601. */
  windowEnd: string;
  /** What the run still works on. */
  working: { name: string; stage: Stage; note: string | null }[];
  /** ISO 8601; null when nobody can tell. */
  expectedEnd: string | null;
  runUrl: string | null;
}

/** Once, when the window has ended and the run has not. */
export function lateMessage(run: LateRun): SlackMessage {
  const at = (iso: string) => timeOf(iso, run.timeZone, run.now);
  const ahead = run.expectedEnd !== null && run.expectedEnd > run.now;
  const end = ahead
    ? `It should be done at about ${at(run.expectedEnd ?? "")}`
    : "Nobody can tell when it ends";
  const lines = run.working.map(
    ({ name: repository, stage, note }) =>
      `• *${escapeWithin(oneLine(repository), 100)}*: ${stageInWords(stage)}${note ? ` (${escapeWithin(oneLine(note), 300)})` : ""}`,
  );
  const follow = run.runUrl ? ` ${link(run.runUrl, "Follow it")}.` : "";
  return {
    text: fallback(`${run.service}: the deployment goes on after its window. ${end}`),
    blocks: [
      section(
        `⚠️ *${name(run)}: the deployment goes on after its window*, which ended at ${at(run.windowEnd)} (${code(run.run)}). ${end}.${follow}`,
      ),
      ...lineSections(lines, 4000, (left) => `… and ${left} more`),
    ],
  };
}

export interface ForeignImages extends RunFacts {
  /** How the run ended, during which these images came. */
  status: RunEnd;
  streams: { name: string; from: string | null; to: string }[];
}

/** When production got other images although the run did not bring them: the cluster imports by itself. */
export function foreignImagesMessage(found: ForeignImages): SlackMessage {
  const short = (digest: string | null) =>
    digest ? code(digest.replace(/^sha256:/, "").slice(0, 12)) : "none";
  const lines = found.streams.map(
    (each) => `• *${escapeWithin(oneLine(each.name), 100)}*: ${short(each.from)} → ${short(each.to)}`,
  );
  const streams = count(found.streams.length, "image stream");
  return {
    text: fallback(
      `${found.service}: new images reached production, though the run ${endWords[found.status]}`,
    ),
    blocks: [
      section(
        `⚠️ *${name(found)}: new images reached production*, though the run ${code(found.run)} ${endWords[found.status]}. The cluster imported ${streams} by itself. Please look at production.`,
      ),
      ...lineSections(lines, 4000, (left) => `… and ${left} more`),
    ],
  };
}

/** The summary when a run is closed. */
export function runEndedMessage(run: EndedRun): SlackMessage {
  const minutes = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 60_000;
  const ended = `${endWords[run.status]} at ${timeOf(run.endedAt, run.timeZone, run.now)} after ${durationOf(minutes)}`;
  const reason = run.reason ? ` ${escapeWithin(oneLine(run.reason), 600)}` : "";
  const lines = run.repositories
    .filter((each) => each.stage !== "none")
    .map((each) => repositoryLine(each, run.github));
  if (run.objectsEnd) lines.push(objectsWords[run.objectsEnd]);
  const topics = run.topics.map((each) => `${each.chat}: ${topicWords[each.outcome]}`).join(". ");
  const call = run.mention?.length ? `\n${run.mention.map(whoText).join(" ")} please look at it.` : "";
  const details = run.runUrl ? link(run.runUrl, "Details") : "";
  const foot = [topics ? `Topic in ${topics}.` : "", details].filter((each) => each !== "").join(" ");
  return {
    text: fallback(`${run.service}: the ${kindOf(run.run)} ${run.run} ${ended}`),
    blocks: [
      header(`${run.service}: ${kindOf(run.run)} ${run.run}`),
      section(`${run.status === "finished" ? "" : "⚠️ "}*The run ${ended}.*${reason}${call}`),
      ...lineSections(lines, 6000, (left) => `… and ${left} more: the page of the run shows all.`),
      ...lineSections(productionLines(run), 2500, (left) => `… and ${left} more`),
      ...(foot ? [context(foot)] : []),
    ],
  };
}

/** Every repository is where it should be. */
export function nothingToDoMessage(facts: RunFacts & { plan: PromotionPlan }): SlackMessage {
  const compared = count(facts.plan.repositories.length, "repository is", "repositories are");
  const said = `${compared} up to date, so there is nothing to deploy this week.`;
  return {
    text: fallback(`${facts.service}: ${said}`),
    blocks: [section(`*${name(facts)}*: ${said} (${code(facts.run)})`)],
  };
}

/** @param facts.reason one sentence, such as `Monday is a holiday: Easter Monday.` */
export function skippedMessage(facts: RunFacts & { reason: string }): SlackMessage {
  const reason = oneLine(facts.reason);
  return {
    text: fallback(`${facts.service}: no ${kindOf(facts.run)} now. ${reason}`),
    blocks: [
      section(
        `*${name(facts)}: no ${kindOf(facts.run)} now.* ${escapeWithin(reason, 600)} Nothing was changed. (${code(facts.run)})`,
      ),
    ],
  };
}

export const endWords: Record<RunEnd, string> = {
  finished: "finished",
  skipped: "was skipped",
  rejected: "was rejected",
  expired: "expired without an answer",
  aborted: "was aborted",
  rolledBack: "was rolled back",
  failed: "failed",
};

const shownProblems = 5;

/** What production is like, in a few lines: the proof, what got worse, what nobody knows, and what was so before. */
function productionLines({ production, status }: EndedRun): string[] {
  if (!production) return [];
  const { comparison, proofs } = production;
  const proof = proofInWords(proofs);
  const told = (head: string, problems: readonly ComparedProblem[], mark = ""): string[] => {
    if (problems.length === 0) return [];
    const left = problems.length - shownProblems;
    return [
      `${mark}*${head}*`,
      ...problems.slice(0, shownProblems).map(problemLine),
      ...(left > 0 ? [`… and ${left} more`] : []),
    ];
  };
  return [
    ...(proof
      ? [`${status === "finished" ? "Deployed," : "Images:"} ${escapeWithin(oneLine(proof), 600)}.`]
      : []),
    ...told("Production got worse:", comparison.worse, "⚠️ "),
    ...told("Could not be looked at:", comparison.unknown, "⚠️ "),
    ...told("Failed before the run already:", comparison.asBefore),
    ...told("Warnings:", comparison.warnings),
  ];
}

function problemLine({ name: check, text, link: url }: ComparedProblem): string {
  const look = url && /^https?:/.test(url) ? ` ${link(url, "Look")}` : "";
  return `• ${escapeWithin(oneLine(check), 100)}: ${escapeWithin(oneLine(text), 250)}${look}`;
}

const stageWords: Record<RepositoryEnd, string> = {
  planned: "not begun",
  waiting: "stopped while it waited for what it depends on",
  moved: "moved",
  rebuilding: "stopped while its images were rebuilt",
  building: "stopped while its images were built",
  built: "built, but its images were not seen at Quay",
  pushed: "its images are at Quay, but not imported",
  imported: "imported, but its pods were not seen to run it",
  deployed: "deployed",
  rolledBack: "rolled back to its earlier images",
  failed: "failed",
  leftOut: "left out",
  none: "nothing to do",
};

const objectsWords: Record<ObjectsEnd, string> = {
  applied: "*Kubernetes objects* · applied",
  failed: "⚠️ *Kubernetes objects* · make deploy failed",
  notApplied: "⚠️ *Kubernetes objects* · not applied, or nobody waited for it",
};

const topicWords = {
  restored: "put back",
  kept: "left as a person set it meanwhile",
  unchanged: "never changed",
  failed: "could not be put back, please look at it",
};

function repositoryLine(repository: EndedRun["repositories"][number], github: GitHubPlace): string {
  const { from, to, stage, note } = repository;
  const title = `*${escapeWithin(oneLine(repository.name), 100)}*`;
  const compare = `${repositoryUrl(repository, github)}/compare/${encodeURIComponent(from ?? "")}...${encodeURIComponent(to ?? "")}`;
  const moved =
    from && to && from !== to ? ` ${link(compare, `${from.slice(0, 7)} → ${to.slice(0, 7)}`)}` : "";
  const build = repository.buildUrl ? ` · ${link(repository.buildUrl, "build")}` : "";
  const why = note ? `: ${escapeWithin(oneLine(note), 300)}` : "";
  return `${stage === "failed" ? "⚠️ " : ""}${title}${moved}${build} · ${stageWords[stage]}${why}`;
}

function name(facts: RunFacts): string {
  return escapeWithin(oneLine(facts.service), 100);
}
