import { type ControlButtons, controlBlocks } from "./control-messages.ts";
import { kindOf, type RunFacts, type Who } from "./messages.ts";
import { type GitHubPlace, repositoryUrl } from "./plan-lines.ts";
import { endWords, type RunEnd } from "./run-messages.ts";
import { context, fallback, header, lineSections, type SlackMessage, section } from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { type Stage, stageInWords } from "./step-words.ts";
import { durationOf, timeOf } from "./times.ts";

/**
 * The one message of a run that is updated in place. The same facts make the same message, whoever makes it and when
 * (but for an end that is expected and does not come): so an update is needed only where it differs. All text of
 * strangers is escaped and cut.
 */

/** Where a run is: the state of the top level that it is in, or has been in last. */
export type Phase =
  | "InspectAndPlan"
  | "AskApproval"
  | "AwaitPostponement"
  | "AnnounceStart"
  | "InspectBaseline"
  | "Promote"
  | "FollowBuilds"
  | "PinMonorepo"
  | "AwaitObjects"
  | "ImportImages"
  | "AwaitRollout"
  | "AwaitSoak"
  | "InspectProduction"
  | "RepairPods"
  | "AskRollback"
  | "RollBack"
  | "RestoreTopics";

const phases: Record<Phase, string> = {
  InspectAndPlan: "Looking at staging, and planning",
  AskApproval: "Waiting for an approval",
  AwaitPostponement: "Postponed",
  AnnounceStart: "Telling the chats",
  InspectBaseline: "Looking at production before anything moves",
  Promote: "Moving the stable branches",
  FollowBuilds: "Following the image builds",
  PinMonorepo: "Updating the monorepo",
  AwaitObjects: "Applying the Kubernetes objects",
  ImportImages: "Importing the images",
  AwaitRollout: "Rolling out",
  AwaitSoak: "Letting the new pods work for a while",
  InspectProduction: "Looking at production",
  RepairPods: "Repairing pods",
  AskRollback: "Waiting for a decision about production",
  RollBack: "Rolling back",
  RestoreTopics: "Putting the topics back",
};

/** For the eye alone: the words beside each say the same. */
const icons: Record<Stage, string> = {
  planned: "⚪",
  waiting: "⏳",
  moved: "➡️",
  rebuilding: "🔨",
  building: "🔨",
  built: "📦",
  pushed: "📦",
  imported: "🚚",
  deployed: "✅",
  failed: "❌",
  leftOut: "➖",
  rolledBack: "↩️",
};

export interface LiveRepository {
  name: string;
  stage: Stage;
  from: string;
  /** Null: it stays where it is, and its images are rebuilt. */
  to: string | null;
  note: string | null;
  /** ISO 8601: since when it waits for something outside; null: it does not. */
  waitsSince: string | null;
  buildUrl: string | null;
}

export interface LiveRun extends RunFacts {
  status: "running" | RunEnd;
  /** Why it ended so, when it is not plain. */
  reason: string | null;
  phase: Phase;
  /** ISO 8601: when the phase began. */
  since: string;
  startedAt: string;
  endedAt: string | null;
  duty: Who | null;
  /** ISO 8601; null before the approval. */
  expectedEnd: string | null;
  pausedBy: Who | null;
  /** Nobody has answered them yet. */
  questions: { title: string; askedAt: string }[];
  /** Those of the approved plan with something to do; empty before the approval. */
  repositories: LiveRepository[];
  github: GitHubPlace;
  /** Page of the run, of its execution; null where there is none. */
  runUrl: string | null;
  executionUrl: string | null;
  /** By which people pause, stop or veto it; none once it has ended. */
  buttons: ControlButtons;
}

export function liveMessage(run: LiveRun): SlackMessage {
  const where = whereText(run);
  const over = run.repositories.filter(({ stage }) => stage === "deployed").length;
  const done = run.repositories.length > 0 ? ` (${over} of ${run.repositories.length} deployed)` : "";
  return {
    text: fallback(`${run.service}, ${run.run}: ${where.plain}${done}`),
    blocks: [
      header(`${run.service}: ${kindOf(run.run)} ${run.run}`),
      section([where.told, ...waitLines(run)].join("\n")),
      ...lineSections(
        run.repositories.map((each) => repositoryLine(each, run)),
        6000,
        (left) => `… and ${left} more`,
      ),
      ...footBlocks(run),
      ...(run.status === "running" ? controlBlocks(run.buttons) : []),
    ],
  };
}

function whereText(run: LiveRun): { told: string; plain: string } {
  const at = (iso: string) => timeOf(iso, run.timeZone, run.startedAt);
  if (run.status === "running") {
    const end = run.expectedEnd
      ? ` It ${shouldBe(run.expectedEnd, run.now)} at about ${at(run.expectedEnd)}.`
      : "";
    const plain = phases[run.phase];
    return { plain, told: `▶️ *${plain}* since ${at(run.since)}.${end}` };
  }
  const endedAt = run.endedAt ?? run.since;
  const took = durationOf((Date.parse(endedAt) - Date.parse(run.startedAt)) / 60_000);
  const plain = endWords[run.status];
  const icon = run.status === "finished" ? "✅" : "⚠️";
  const reason = run.reason ? ` ${escapeWithin(oneLine(run.reason), 600)}` : "";
  return { plain, told: `${icon} *The run ${plain}* at ${at(endedAt)} after ${took}.${reason}` };
}

function shouldBe(expectedEnd: string, now: string): string {
  return expectedEnd > now ? "should be done" : "should have been done";
}

/** What it waits for people to do, and since when. */
function waitLines(run: LiveRun): string[] {
  if (run.status !== "running") return [];
  const at = (iso: string) => timeOf(iso, run.timeZone, run.startedAt);
  const shown = run.questions.slice(0, 10);
  const left = run.questions.length - shown.length;
  return [
    ...(run.pausedBy ? [`⏸️ Paused by ${escapeWithin(oneLine(run.pausedBy.name), 100)}.`] : []),
    ...shown.map(
      ({ title, askedAt }) =>
        `⚠️ *${escapeWithin(oneLine(title), 200)}*: waits for an answer since ${at(askedAt)}, see the thread.`,
    ),
    ...(left > 0 ? [`⚠️ … and ${left} more questions in the thread`] : []),
  ];
}

function repositoryLine(repository: LiveRepository, run: LiveRun): string {
  const { name, stage, from, to, note, waitsSince, buildUrl } = repository;
  const url = repositoryUrl(repository, run.github);
  const compare = `${url}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to ?? "")}`;
  const moves =
    to === null
      ? "rebuilt where it stands"
      : to === from
        ? `stays at ${code(from.slice(0, 7))}`
        : link(compare, `${from.slice(0, 7)} → ${to.slice(0, 7)}`);
  const since = waitsSince ? ` since ${timeOf(waitsSince, run.timeZone, run.startedAt)}` : "";
  const why = note ? `: ${escapeWithin(oneLine(note), 300)}` : "";
  const build = buildUrl ? ` · ${link(buildUrl, "build")}` : "";
  const title = `*${escapeWithin(oneLine(name), 100)}*`;
  return `${icons[stage]} ${title} ${moves} · ${stageInWords(stage)}${since}${why}${build}`;
}

function footBlocks(run: LiveRun) {
  const duty = run.duty ? [`On duty: ${escapeWithin(oneLine(run.duty.name), 100)}`] : [];
  const links = [
    ...(run.runUrl ? [link(run.runUrl, "Page of the run")] : []),
    ...(run.executionUrl ? [link(run.executionUrl, "Execution")] : []),
  ];
  const parts = [...duty, ...links];
  return parts.length > 0 ? [context(parts.join(" · "))] : [];
}
