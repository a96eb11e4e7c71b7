import { productionKey } from "../domain/keys.ts";
import { endedNotice } from "../domain/matrix-messages.ts";
import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import {
  type EndedRun,
  foreignImagesMessage,
  nothingToDoMessage,
  type RunEnd,
  runEndedMessage,
  skippedMessage,
} from "../domain/run-messages.ts";
import { sameTopic } from "../domain/topic.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { handler as startRun } from "../start-run.ts";
import { ledger } from "../store/ledger.ts";
import { lock } from "../store/lock.ts";
import { newsStore } from "../store/news.ts";
import { questions } from "../store/questions.ts";
import { type RepositoryProgress, type Run, runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { chats, recallTopic } from "./chats.ts";
import { showEnd } from "./live-message.ts";
import { tellMatrix } from "./matrix-notice.ts";
import { objectsEnd } from "./objects-end.ts";
import { announced } from "./open-run.ts";
import { importedAt, productionStreams, type StreamDigests, streamsAtStart } from "./production-streams.ts";
import { tellRole } from "./role-issue.ts";
import { now, stableAfter, stopWords } from "./run-context.ts";
import { runPage } from "./run-page.ts";

/**
 * Closes a run, whoever calls: the state machine, or what watches executions that died. What it built goes into the
 * ledger, its end into its record, the lock is freed, and Slack is told last, so that Slack being away blocks no run.
 *
 * Running twice: the first end stands, a lock of another run is left alone, messages have keys.
 * @returns the run as it ended.
 */
export async function closeRun(id: string, ending: { status: RunEnd; reason: string }): Promise<Run> {
  const progress = await runs().repositories(id);
  const approved = await runs().approved(id);
  // Once it has ended its ledger is written, and a later run may have written there since.
  if ((await runs().get(id))?.status === "running") await writeLedger(id, approved, progress);
  const reason = ending.reason || (ending.status === "aborted" ? await whoAborted(id) : "");
  const { run } = await runs().end(id, { status: ending.status, reason });
  log("close-run.closed", { status: run.status }, run.status === "failed" ? "error" : "info");
  await lock().release(id);
  await tellNews(run);
  if (run.supersedes) await planAgain(run);
  if (run.kind !== "dry-run") await tellEnd(run, approved, progress);
  return run;
}

async function tellEnd(
  run: Run,
  approved: PromotionPlan | null,
  progress: readonly RepositoryProgress[],
): Promise<void> {
  await showEnd(run.id);
  await tellRole(run.id);
  await tellForeignImages(run, progress);
  const message = await summary(run, approved, progress);
  const { channel } = config().slack;
  await (await slack()).postOnce({ channel, key: `${run.id}/closed`, ...message });
  await tellMatrixOfEnd(run);
}

/** The room heard of a run only where it began. */
async function tellMatrixOfEnd(run: Run): Promise<void> {
  if (run.status === "running" || (await runs().recall(run.id, announced)) === null) return;
  const facts = runFacts(run.id);
  const { status, openedAt: startedAt, endedAt } = run;
  const reason = run.reason === "deployed" ? null : run.reason;
  const message = endedNotice({ ...facts, status, reason, startedAt, endedAt: endedAt ?? facts.now });
  await tellMatrix(run.id, "closed", message);
}

/** Who ended an aborted run, and where. */
export async function whoAborted(run: string): Promise<string> {
  const { stop } = await questions().control(run);
  if (stop) return stopWords(stop);
  for (const question of await questions().all(run)) {
    const answer = await questions().answerTo(run, question.id);
    if (answer?.answer !== "abort") continue;
    const who =
      answer.via === "run" || answer.via === "deadline" ? (answer.comment ?? "") : `aborted by ${answer.by}`;
    const where = question.repository ? `${question.step} ${question.repository}` : question.step;
    return [who, `${where}: ${question.reason}`].filter((text) => text !== "").join("; ");
  }
  return "";
}

async function writeLedger(
  run: string,
  plan: PromotionPlan | null,
  progress: readonly RepositoryProgress[],
): Promise<void> {
  if (plan) await writeBuilt(run, plan, progress);
  const at = await runs().recall<string>(run, importedAt);
  if (at) await ledger().setLastDeployment({ run, at });
}

/**
 * What the images of each repository hold now: the next plan rebuilds what an unfinished run left behind. Of images
 * that were not built, and of which nothing is known yet, it is what they were made of before this run.
 */
async function writeBuilt(
  run: string,
  plan: PromotionPlan,
  progress: readonly RepositoryProgress[],
): Promise<void> {
  const built = new Set(
    progress
      .filter(({ stage }) => ["pushed", "imported", "deployed"].includes(stage))
      .map((each) => each.repository),
  );
  const byName = new Map(plan.repositories.map((each) => [each.name, each]));
  for (const repository of plan.repositories) {
    const done = built.has(repository.name);
    if (!repository.buildsImages || repository.action === "none") continue;
    if (!done && (await ledger().built(repository.name)) !== null) continue;
    const commitOf = (each: PlannedRepository) => (done ? stableAfter(each) : each.from);
    const dependencies = repository.waitsFor.flatMap((wait) => {
      const other = byName.get(wait.repository);
      return other ? [[other.name, commitOf(other)] as const] : [];
    });
    await ledger().setBuilt(repository.name, {
      commit: commitOf(repository),
      dependencies: Object.fromEntries(dependencies),
      run,
    });
  }
}

/** The weekly run that a hotfix took the place of starts anew. */
async function planAgain(run: Run): Promise<void> {
  const superseded = await runs().get(run.supersedes ?? "");
  const { first } = await runs().remember(run.id, "planned-again", now());
  if (!superseded || !first) return;
  const { scheduledFor } = superseded;
  const started = await startRun({
    scheduledFor,
    by: "person",
    kind: "weekly",
    purpose: `again after ${run.id}`,
  });
  log("close-run.planned-again", { started: started.run });
}

/** Wakes the news that wait for the run's end. They look by themselves now and then, so the run does not depend on it. */
async function tellNews({ id, status }: Run): Promise<void> {
  try {
    if (!(await newsStore().get(id))) return;
    await waits().signal({ key: productionKey(id), id: status, origin: "signal", body: { status } });
  } catch (thrown) {
    log("close-run.news-not-told", { reason: messageOf(thrown) }, "warn");
  }
}

/** The cluster imports by itself: what reached production although this run brought nothing is told. */
async function tellForeignImages(run: Run, progress: readonly RepositoryProgress[]): Promise<void> {
  if (run.status === "finished" || run.status === "skipped" || run.status === "running") return;
  // What it brought has gone back, and that was told.
  if (run.status === "rolledBack") return;
  if (progress.some(({ stage }) => stage === "imported" || stage === "deployed")) return;
  try {
    const before = await runs().recall<StreamDigests>(run.id, streamsAtStart);
    if (!before) return;
    const after = await productionStreams();
    const streams = Object.entries(after).flatMap(([name, to]) =>
      to && to !== before[name] ? [{ name, from: before[name] ?? null, to }] : [],
    );
    if (streams.length === 0) return;
    const message = foreignImagesMessage({ ...runFacts(run.id), status: run.status, streams });
    const key = `${run.id}/foreign-images`;
    await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
  } catch (thrown) {
    log("close-run.streams-unknown", { reason: messageOf(thrown) }, "warn");
  }
}

async function summary(run: Run, approved: PromotionPlan | null, progress: readonly RepositoryProgress[]) {
  const facts = runFacts(run.id);
  if (run.status === "skipped") return skippedMessage({ ...facts, reason: run.reason ?? "" });
  const plan = approved ?? (run.planVersion === null ? null : await runs().plan(run.id, run.planVersion));
  const idle = plan && !approved && run.decision === null && run.status === "finished";
  if (idle) return nothingToDoMessage({ ...facts, plan });

  const planned = new Map(approved?.repositories.map((each) => [each.name, each]));
  return runEndedMessage({
    ...facts,
    status: run.status === "running" ? "failed" : run.status,
    reason: run.reason === "deployed" ? null : run.reason,
    startedAt: run.openedAt,
    endedAt: run.endedAt ?? facts.now,
    github: config().github,
    repositories: progress.map(({ repository, stage, note, buildRun, notBuilt }) => ({
      name: repository,
      stage: notBuilt && stage === "deployed" ? "moved" : stage,
      from: planned.get(repository)?.from ?? null,
      to: planned.get(repository)?.action === "move" ? (planned.get(repository)?.to ?? null) : null,
      note: note ?? (notBuilt ? `knowingly not built: ${notBuilt}` : null),
      buildUrl: buildRun?.url ?? null,
    })),
    production: await productionEnd(run.id, progress),
    objectsEnd: await objectsEnd(run.id),
    topics: await topicsNow(run.id),
    mention: run.status === "failed" && run.duty ? [personOf(run.duty.login)] : [],
    runUrl: await runPage(run.id),
  });
}

async function productionEnd(
  run: string,
  progress: readonly RepositoryProgress[],
): Promise<EndedRun["production"]> {
  const comparison = await runs().comparison(run);
  return comparison && { comparison, proofs: progress.flatMap((each) => each.proof ?? []) };
}

/** What became of each topic, by looking at it: a chat that does not answer is no reason to leave the run open. */
async function topicsNow(run: string): Promise<EndedRun["topics"]> {
  const outcomes: EndedRun["topics"] = [];
  for (const chat of chats()) {
    const remembered = await recallTopic(run, chat);
    const name = chat.name === "slack" ? "Slack" : "Matrix";
    if (!remembered) continue;
    try {
      const topic = await chat.topic();
      const ours = sameTopic(topic, remembered.ours) ? "failed" : "kept";
      const outcome = sameTopic(topic, remembered.original) ? "restored" : ours;
      outcomes.push({ chat: name, outcome });
    } catch (thrown) {
      log("close-run.topic-unknown", { chat: chat.name, reason: messageOf(thrown) }, "warn");
      outcomes.push({ chat: name, outcome: "failed" });
    }
  }
  return outcomes;
}
