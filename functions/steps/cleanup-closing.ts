import { cleanupEndedMessage, type EndedCleanup } from "../domain/cleanup-messages.ts";
import { keepReasons, keptInWords } from "../domain/cleanup-plan.ts";
import type { KeepReason } from "../domain/registry-cleanup.ts";
import type { MeasuredTag } from "../domain/registry-space.ts";
import type { RunEnd } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { cleanups, type TagOutcome } from "../store/cleanups.ts";
import { type Run, runs } from "../store/runs.ts";
import { createSpaceMeter } from "./cleanup-space.ts";
import { whoAborted } from "./closing.ts";

/** What became of the approved tags of all images. */
interface Result {
  deleted: number;
  freed: number;
  stayed: EndedCleanup["stayed"];
}

/**
 * Closes a cleanup, whoever calls: the state machine, or what watches executions that died. Running twice: the first end
 * stands, and it is told once.
 */
export async function closeCleanup(id: string, ending: { status: RunEnd; reason: string }): Promise<Run> {
  const reason = ending.reason || (ending.status === "aborted" ? await whoAborted(id) : "");
  const { run } = await runs().end(id, { status: ending.status, reason });
  log("close-cleanup.closed", { status: run.status }, run.status === "failed" ? "error" : "info");
  const plan = await cleanups().plan(id);
  const result = await resultOf(id);
  const message = cleanupEndedMessage({
    ...runFacts(id),
    status: run.status === "running" ? "failed" : run.status,
    reason: run.reason ?? "",
    plan,
    ...result,
  });
  const { channel } = config().slack;
  await (await slack()).postOnce({ channel, key: `${id}/closed`, ...message });
  return run;
}

export async function resultOf(run: string): Promise<Result> {
  const plan = await cleanups().plan(run);
  const tags: MeasuredTag[] = [];
  const touched: string[] = [];
  const stayed = new Map<string, string[]>();
  let deleted = 0;
  for (const { image } of plan?.images ?? []) {
    const outcomes = new Map((await cleanups().outcomes(run, image)).map((each) => [each.name, each]));
    if (outcomes.size > 0) touched.push(image);
    for (const { name, digest } of (await cleanups().judged(run, image)) ?? []) {
      const outcome = outcomes.get(name);
      const gone = outcome?.outcome === "deleted" || outcome?.outcome === "gone";
      if (outcome?.outcome === "deleted") deleted += 1;
      tags.push({ digest, goes: gone });
      if (!outcome || gone) continue;
      const words = stayedInWords(outcome);
      stayed.set(words, [...(stayed.get(words) ?? []), `${image}:${name}`]);
    }
  }
  const spaceOf = await createSpaceMeter(touched);
  const { freed } = spaceOf(tags);
  return { deleted, freed, stayed: [...stayed].map(([words, names]) => ({ words, tags: names })) };
}

function stayedInWords({ outcome, reason }: TagOutcome): string {
  if (outcome === "changed") return "it changed after the plan was made";
  const kept = keepReasons.find((each): each is KeepReason => each === outcome);
  return kept ? keptInWords(kept) : (reason ?? "Quay refused it");
}
