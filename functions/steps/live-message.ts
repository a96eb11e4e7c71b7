import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { hasMoved } from "../control.ts";
import { type LiveRepository, liveMessage, type Phase } from "../domain/live-message.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { SlackMessage } from "../domain/slack-blocks.ts";
import { questionTitle } from "../domain/step-words.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { executionPage } from "../runtime/environment.ts";
import { messageOf, RateLimited } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import type { StepHandler } from "../runtime/step.ts";
import { type SlackPlace, slack } from "../services/slack.ts";
import { type LiveRecord, live } from "../store/live.ts";
import { questions } from "../store/questions.ts";
import { deploys, type RepositoryProgress, type Run, runs } from "../store/runs.ts";
import type { WaitRecord } from "../store/waits.ts";
import { waits } from "../waits.ts";
import { now } from "./run-context.ts";
import { runPage } from "./run-page.ts";

/**
 * The one Slack message of a run that is updated in place, made from the store alone. Every step that changes what it
 * tells calls `showProgress`, also several at once (see store/live.ts). A run that deploys nothing has none, nor has one that ended
 * before it had one. No failure here is one of the step: the next call makes good what was missed.
 */

/** Longer than an update takes; a Lambda that dies with the lease holds the message up for so long. */
const leaseMs = 15_000;
/** Slack allows 50 updates a minute and more (Tier 3); some are for other messages. */
const updatesAMinute = 45;
/** After a failure Slack is left alone for so long, so that an outage does not slow every step down. */
const backOffMs = 30_000;
const mostRounds = 5;

/** @param phase the state of the top level that the run is in; left out: the one that it was in. */
export async function showProgress(run: string, phase?: Phase): Promise<void> {
  await attempt(run, async () => {
    if (phase) await live().enter(run, phase, now());
    await live().mark(run, randomUUID());
    await update(run, false);
  });
}

/** The last update: waits for a lease whose holder died, and keeps to no budget of ours. */
export async function showEnd(run: string): Promise<void> {
  await attempt(run, async () => {
    await live().mark(run, randomUUID());
    const lastTry = Date.now() + leaseMs + 1000;
    while (!(await update(run, true)) && Date.now() < lastTry) await pause(250);
  });
}

/** A step's handler that shows what became of the run after it, whether it returned or threw. */
export function thenShow<R>(handler: StepHandler<R>, phase?: Phase): StepHandler<R> {
  return async (event) => {
    try {
      return await handler(event);
    } finally {
      const { run } = event as { run?: unknown };
      if (typeof run === "string") await showProgress(run, phase);
    }
  };
}

async function attempt(run: string, work: () => Promise<void>): Promise<void> {
  try {
    const record = await runs().get(run);
    if (record && deploys(record)) await work();
  } catch (thrown) {
    log("live-message.not-updated", { run, reason: messageOf(thrown) }, "warn");
  }
}

/** @returns whether the message is up to date, or somebody else will see to it. False: the lease was not free. */
async function update(run: string, isLast: boolean): Promise<boolean> {
  const holder = randomUUID();
  for (let round = 1; round <= mostRounds; round++) {
    const at = Date.now();
    const record = await live().take(run, holder, iso(at), iso(at + leaseMs));
    if (!record) return !isLast;
    try {
      if (isLast || mayUpdate(record, at)) await show(run, record);
    } catch (thrown) {
      const wait = (thrown instanceof RateLimited && thrown.retryAfterSeconds) || backOffMs / 1000;
      await live().save(run, { notBefore: iso(Date.now() + wait * 1000) });
      await live().release(run, holder, null);
      throw thrown;
    }
    const mark = round < mostRounds ? (record.mark ?? null) : null;
    if (await live().release(run, holder, mark)) return true;
  }
  return true;
}

const iso = (time: number) => new Date(time).toISOString();
const minuteOf = (time: number) => iso(time).slice(0, 16);

function mayUpdate({ notBefore = "", minute, updates = 0 }: LiveRecord, at: number): boolean {
  if (iso(at) < notBefore) return false;
  return minute !== minuteOf(at) || updates < updatesAMinute;
}

async function show(id: string, record: LiveRecord): Promise<void> {
  const run = await runs().get(id);
  const place = record.channel && record.ts ? { channel: record.channel, ts: record.ts } : null;
  if (!run || (!place && run.status !== "running")) return;
  const message = await messageFor(run, record);
  const shown = createHash("sha256").update(JSON.stringify(message)).digest("hex");
  if (place && shown === record.shown) return;
  const minute = minuteOf(Date.now());
  const updates = (record.minute === minute ? (record.updates ?? 0) : 0) + 1;
  const client = await slack();
  if (place) {
    await client.update({ ...place, ...message });
    await live().save(id, { shown, minute, updates });
    return;
  }
  const { channel } = config().slack;
  const posted = await client.postOnce({ channel, key: `${id}/live`, ...message });
  // It may be the message of an earlier attempt, as it was then: that is looked at with the next update.
  await live().save(id, { ...posted, minute, updates });
}

async function messageFor(run: Run, { phase, since }: LiveRecord): Promise<SlackMessage> {
  const id = run.id;
  const [approved, progress, asked, { pause: paused }, waiting, control, veto] = await Promise.all([
    runs().approved(id),
    runs().repositories(id),
    questions().all(id),
    questions().control(id),
    waits().waitsOf(id),
    runs().recall<ControlValues>(id, controlValues),
    runs().recall<string>(id, vetoValue),
  ]);
  const open = await Promise.all(
    asked.map(async (each) => ((await questions().answerTo(id, each.id)) ? [] : [each])),
  );
  const buttons = control ?? (veto === null ? {} : { veto });
  const moved = control ? await hasMoved(id) : false;
  return liveMessage({
    ...runFacts(id),
    status: run.status,
    reason: run.reason === "deployed" ? null : run.reason,
    // What was written there is what `showProgress` took.
    phase: (phase as Phase | undefined) ?? "InspectAndPlan",
    since: since ?? run.openedAt,
    startedAt: run.openedAt,
    endedAt: run.endedAt,
    duty: run.duty && personOf(run.duty.login),
    expectedEnd: run.approvedAt && run.expectedEnd,
    pausedBy: paused && personOf(paused.by),
    questions: open
      .flat()
      .filter(({ kind }) => kind !== "toots")
      .toSorted((one, other) => one.askedAt.localeCompare(other.askedAt))
      .map((each) => ({ title: questionTitle(each), askedAt: each.askedAt })),
    repositories: approved ? repositoriesOf(id, approved, progress, waiting) : [],
    github: config().github,
    runUrl: await runPage(run.id),
    executionUrl: executionPage(run.execution),
    buttons: { ...buttons, veto: moved ? undefined : buttons.veto },
  });
}

function repositoriesOf(
  run: string,
  approved: PromotionPlan,
  progress: readonly RepositoryProgress[],
  waiting: readonly WaitRecord[],
): LiveRepository[] {
  const byName = new Map(progress.map((each) => [each.repository, each]));
  return approved.repositories
    .filter(({ action }) => action !== "none")
    .map(({ name, action, from, to }) => {
      const { stage = "planned", note = null, buildRun } = byName.get(name) ?? {};
      const wait = waiting.find(
        (each) =>
          each.status === "waiting" && waitStates.some((state) => each.id === `${run}/${state}/${name}`),
      );
      return {
        name,
        stage: action === "leftOut" ? "leftOut" : stage,
        from,
        to: action === "rebuild" ? null : to,
        note,
        waitsSince: wait?.firstRegisteredAt ?? null,
        buildUrl: buildRun?.url ?? null,
      };
    });
}

const waitStates = ["AwaitDependencies", "AwaitBuild", "AwaitPush"];

/** The fact that holds the signed values of the run's buttons, so that a step need not be able to sign. */
export const controlValues = "control-buttons";
export type ControlValues = Record<"pause" | "stop" | "veto", string>;

/** The fact that holds the signed value of the only button that there is before the approval. */
export const vetoValue = "veto-button";

/** Where a reply stands; `threadTs` is its parent, null where it stands in the channel itself. */
export interface ReplyPlace extends SlackPlace {
  threadTs: string | null;
}

/**
 * Says something in the thread of the run's message, or in the channel where there is none. Once per key: which of the
 * two it is stands before the first attempt.
 */
export async function replyOnce(run: string, key: string, message: SlackMessage): Promise<ReplyPlace> {
  const current = (await live().get(run))?.ts ?? null;
  const { value: threadTs } = await runs().remember(run, `thread/${key}`, current);
  const { channel } = config().slack;
  const place = { channel, ...(threadTs && { threadTs }), key: `${run}/${key}`, ...message };
  return { ...(await (await slack()).postOnce(place)), threadTs };
}
