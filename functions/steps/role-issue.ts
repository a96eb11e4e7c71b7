import { createHash } from "node:crypto";
import { type RoleTask, roleComment, tickChecklist, tickedItems } from "../domain/role-checklist.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { github } from "../services/github.ts";
import { newsStore } from "../store/news.ts";
import { questions } from "../store/questions.ts";
import { type Run, runs } from "../store/runs.ts";
import { issues } from "./news-context.ts";
import { approvedPlan } from "./run-context.ts";

/** GitHub may take no longer: the steps that tell it have something else to do. */
const patienceMs = 8000;
const mostAttempts = 3;

/**
 * Ticks what the run has done in the issue of the weekly role, and keeps one comment below it up to date. Called by
 * steps along the way. What stands in the store is what is done, so a call that failed is made good by the next one;
 * nothing that goes wrong here goes on to the caller.
 */
export async function tellRole(id: string): Promise<void> {
  if (!config().duty.report) return;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), patienceMs);
  });
  try {
    const outcome = await Promise.race([report(id), patience]);
    if (outcome === "late") log("role-issue.late", {}, "warn");
  } catch (thrown) {
    log("role-issue.not-told", { reason: messageOf(thrown) }, "warn");
  } finally {
    clearTimeout(timer);
  }
}

async function report(id: string): Promise<void> {
  const run = await runs().get(id);
  if (run?.kind !== "weekly") return;
  const number = await issueOf(run);
  if (number === null) return;
  const done = await tasksDone(run);
  if (!(await tick(run, number, done))) return;
  const news = await newsStore().get(id);
  const text = roleComment({
    run: id,
    ended: run.status === "running" ? null : run.status,
    done,
    post: news?.postUrl ?? news?.pullRequest?.url ?? null,
  });
  await (await issues()).keepComment(config().duty.repository, number, { key: id, text });
}

/** The issue of the week in which the run began; null: there was none. */
async function issueOf({ id }: Run): Promise<number | null> {
  const known = await runs().recall<number>(id, "role-issue");
  if (known !== null) return known;
  const issue = await (await github()).newestIssue(config().duty);
  return issue ? (await runs().remember(id, "role-issue", issue.number)).value : null;
}

/**
 * GitHub knows no conditional change of a text. So it is read just before, and once more afterwards: where somebody
 * saved an older text over it, the ticks are set again in that one.
 * @returns false when there is no such open issue.
 */
async function tick({ id }: Run, number: number, done: ReadonlySet<RoleTask>): Promise<boolean> {
  const { repository } = config().duty;
  const client = await issues();
  const mine = new Set<string>();
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const issue = await client.issue(repository, number);
    if (!issue?.open) return false;
    if (attempt === 1) await noteTicked(id, tickedItems(issue.body));
    const wanted = tickChecklist(issue.body, done).ticked;
    const taken = await takenBack(
      id,
      wanted.filter((item) => !mine.has(item)),
    );
    const { body, ticked } = tickChecklist(issue.body, done, taken);
    if (ticked.length === 0) break;
    await client.setBody(repository, number, body);
    for (const item of ticked) mine.add(item);
    log("role-issue.ticked", { number, items: ticked.length, attempt });
  }
  return true;
}

/** What stood ticked once and is open now: whoever took the tick back means it. */
async function takenBack(id: string, items: readonly string[]): Promise<Set<string>> {
  const known = await Promise.all(items.map((item) => runs().recall<boolean>(id, tickKey(item))));
  return new Set(items.filter((_, index) => known[index]));
}

async function noteTicked(id: string, items: readonly string[]): Promise<void> {
  await Promise.all(items.map((item) => runs().remember(id, tickKey(item), true)));
}

function tickKey(item: string): string {
  return `ticked/${createHash("sha256").update(item).digest("hex").slice(0, 32)}`;
}

async function tasksDone(run: Run): Promise<Set<RoleTask>> {
  const [events, news, production, staging, { stop }] = await Promise.all([
    runs().events(run.id),
    newsStore().get(run.id),
    runs().report(run.id, "production"),
    runs().report(run.id, "staging"),
    questions().control(run.id),
  ]);
  const happened = (code: string) => events.some((each) => each.code === code);
  const done = new Set<RoleTask>();
  if (run.approvedAt) done.add("approval");
  if (run.approvedAt && staging) done.add("staging");
  if (happened("announce-start.announced")) done.add("topics set");
  if (happened("restore-topics.restored")) done.add("topics back");
  if (production && ["ok", "warning"].includes(production.verdict)) done.add("production");
  if (run.status === "finished" && run.approvedAt) done.add("deployment");
  if (news?.pullRequest) done.add("post drafted");
  if (news?.status === "published") done.add("post published");
  if (happened("publish-toots.published")) done.add("toots");
  if (run.approvedAt && !stop) for (const task of await buildTasks(run.id)) done.add(task);
  return done;
}

const moved = ["moved", "rebuilding", "building", "built", "pushed", "imported", "deployed"];
const pushed = ["pushed", "imported", "deployed"];

/** A repository that was left out on purpose does not keep an item open. */
async function buildTasks(id: string): Promise<RoleTask[]> {
  const plan = await approvedPlan(id);
  const stages = new Map((await runs().repositories(id)).map(({ repository, stage }) => [repository, stage]));
  const active = plan.repositories.filter(
    ({ name, action }) => (action === "move" || action === "rebuild") && stages.get(name) !== "leftOut",
  );
  const all = (those: typeof active, reached: string[]) =>
    those.length > 0 && those.every(({ name }) => reached.includes(stages.get(name) ?? ""));
  const building = active.filter(({ buildsImages }) => buildsImages);
  return [
    ...(all(
      active.filter(({ action }) => action === "move"),
      moved,
    )
      ? ["branches moved" as const]
      : []),
    ...(all(building, pushed) ? ["images built" as const] : []),
  ];
}
