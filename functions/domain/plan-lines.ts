import type { HealthCheck, HealthReport, Verdict } from "./health-report.ts";
import type { OwnCommit, PlannedRepository, PromotionPlan } from "./promotion-plan.ts";
import { pinLines } from "./rollback-messages.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { count } from "./words.ts";

/** What the lines of our messages say of a plan and a report, in mrkdwn. All text of strangers is escaped. */

/** Where people look at the code: the configuration's `github` fits. */
export interface GitHubPlace {
  webUrl: string;
  owner: string;
}

const shownPullRequests = 8;
const shownOwnCommits = 5;
const shownFiles = 3;

/** `3 repositories move, 1 is rebuilt, 2 have nothing to do.` */
export function planSummary(plan: PromotionPlan): string {
  const number = (action: PlannedRepository["action"]) =>
    plan.repositories.filter((each) => each.action === action).length;
  const parts = [
    counted(number("move"), "repository moves", "repositories move"),
    counted(number("rebuild"), "is rebuilt where it stands", "are rebuilt where they stand"),
    counted(number("leftOut"), "is left out", "are left out"),
    counted(number("none"), "has nothing to do", "have nothing to do"),
  ].filter((each) => each !== null);
  return parts.length > 0 ? `${parts.join(", ")}.` : "No repository is planned.";
}

/** One line per repository that moves, is rebuilt or left out. */
export function repositoryLines(plan: PromotionPlan, github: GitHubPlace): string[] {
  return plan.repositories
    .filter((each) => each.action !== "none")
    .map((each) => repositoryLine(each, github));
}

function repositoryLine(repository: PlannedRepository, github: GitHubPlace): string {
  const name = `*${escapeWithin(oneLine(repository.name), 100)}*`;
  const from = code(repository.from.slice(0, 7));
  const to = code(repository.to.slice(0, 7));
  const reason = sentence(repository.reason);
  if (repository.action === "rebuild") return `${name} stays at ${from}, its images are rebuilt${reason}`;
  if (repository.action === "leftOut" && repository.from === repository.to) {
    return `${name} is left out${reason} (${from})`;
  }
  const commits = link(compareUrl(repository, github), count(repository.commits.length, "commit"));
  const move = [`${name} ${from} → ${to}`, commits, ...pullRequests(repository, github)].join(" · ");
  if (repository.action === "leftOut") return `${name} is left out${reason} (${from} → ${to} · ${commits})`;
  return repository.force ? `${move} · *forced*` : move;
}

function pullRequests(repository: PlannedRepository, github: GitHubPlace): string[] {
  const all = repository.pullRequests;
  if (all.length === 0) return [];
  const links = all
    .slice(0, shownPullRequests)
    .map(({ number }) => link(`${repositoryUrl(repository, github)}/pull/${number}`, `#${number}`));
  const rest = all.length > shownPullRequests ? ` and ${all.length - shownPullRequests} more` : "";
  return [`${links.join(", ")}${rest}`];
}

/** What an approver must not miss: diverged branches, migrations, builds that nobody starts. */
export function warningLines(plan: PromotionPlan, github: GitHubPlace): string[] {
  const { main, stable } = plan.branches;
  const branches = { main: code(main), stable: code(stable) };
  const pinned = pinLines(plan.pins ?? []);
  const warnings = plan.repositories.flatMap((each) => [
    ...divergedLines(each, github, branches),
    ...migrationLines(each),
    ...buildLines(each),
  ]);
  return [...pinned, ...warnings];
}

/** Names of the two branches, as mrkdwn. */
type Branches = PromotionPlan["branches"];

function divergedLines(repository: PlannedRepository, github: GitHubPlace, branches: Branches): string[] {
  const own = repository.ownCommits;
  if (own.length === 0) return [];
  const lost = own.filter((each) => !each.containedInMain).length;
  const { main, stable } = branches;
  const plain = repository.force
    ? `It is forced: ${lost === 0 ? "nothing is lost" : `${count(lost, "commit")} will be lost from ${stable}`}.`
    : "A plain approval leaves it out: it moves only where an approver forces it, on the page.";
  const head = `⚠️ *${escapeWithin(oneLine(repository.name), 100)}* diverged: ${stable} has ${count(own.length, "commit")} that ${main} lacks. ${plain}`;
  const shown = own
    .slice(0, shownOwnCommits)
    .map((each) => ownCommitLine(each, repository, github, branches));
  const left = own.length - shown.length;
  return [head, ...shown, ...(left > 0 ? [`   … and ${left} more`] : [])];
}

function ownCommitLine(
  commit: OwnCommit,
  repository: PlannedRepository,
  github: GitHubPlace,
  branches: Branches,
): string {
  const url = `${repositoryUrl(repository, github)}/commit/${encodeURIComponent(commit.sha)}`;
  const where = commit.containedInMain
    ? `the same patch is in ${branches.main}`
    : `only in ${branches.stable}: forcing loses it`;
  const title = escapeWithin(oneLine(commit.title), 120);
  return `   • ${link(url, commit.sha.slice(0, 7))} ${title} (${escapeWithin(oneLine(commit.author), 60)}): ${where}`;
}

function migrationLines(repository: PlannedRepository): string[] {
  const { migrations } = repository;
  if (migrations.length === 0 || repository.action === "none" || repository.action === "leftOut") return [];
  const files = migrations.slice(0, shownFiles).map((path) => code(fileName(path)));
  const rest = migrations.length > shownFiles ? ` and ${migrations.length - shownFiles} more` : "";
  const brings = count(migrations.length, "database migration");
  return [
    `⚠️ *${escapeWithin(oneLine(repository.name), 100)}* brings ${brings} (${files.join(", ")}${rest}): after it, an image rollback of the service will not work.`,
  ];
}

/** GitHub starts nothing by itself there: without this line nobody would know why the run waits. */
function buildLines(repository: PlannedRepository): string[] {
  if (repository.buildBy !== "person") return [];
  const name = escapeWithin(oneLine(repository.name), 100);
  return [`⚠️ *${name}* needs a person to start the build of its images: nothing else does.`];
}

function fileName(path: string): string {
  return (path.split("/").at(-1) ?? path).slice(0, 100);
}

const verdictWords: Record<Verdict, string> = {
  ok: "fine",
  warning: "fine, with warnings",
  unknown: "not known for sure: something could not be asked",
  failed: "not fine",
};
const checkWords: Record<Verdict, string> = {
  ok: "fine",
  warning: "warning",
  unknown: "unknown",
  failed: "failed",
};

/** The verdict, then one line for every check that is not fine, worst first. */
export function reportLines(report: HealthReport): string[] {
  const name = report.environment === "staging" ? "Staging" : "Production";
  const order: Verdict[] = ["failed", "unknown", "warning"];
  const bad = order.flatMap((verdict) => report.checks.filter((check) => check.verdict === verdict));
  const fine = report.checks.filter((check) => check.verdict === "ok").map((check) => oneLine(check.name));
  const head = `*${name} is ${verdictWords[report.verdict]}.*`;
  const last = fine.length > 0 ? [`Fine: ${escapeWithin(fine.join(", "), 300)}.`] : [];
  return [head, ...bad.map(checkLine), ...last];
}

function checkLine(check: HealthCheck): string {
  const name = escapeWithin(oneLine(check.name), 100);
  const look = check.link ? ` ${link(check.link, "Look")}` : "";
  return `• ${name}, ${checkWords[check.verdict]}: ${escapeWithin(oneLine(check.summary), 300)}${look}`;
}

function counted(number: number, one: string, many: string): string | null {
  return number === 0 ? null : count(number, one, many);
}

function sentence(reason: string): string {
  return reason ? `: ${escapeWithin(oneLine(reason), 200)}` : "";
}

function compareUrl(repository: PlannedRepository, github: GitHubPlace): string {
  const [from, to] = [repository.from, repository.to].map(encodeURIComponent);
  return `${repositoryUrl(repository, github)}/compare/${from}...${to}`;
}

export function repositoryUrl(repository: { name: string }, github: GitHubPlace): string {
  return `${github.webUrl}/${github.owner}/${encodeURIComponent(repository.name)}`;
}
