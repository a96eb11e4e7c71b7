import { z } from "zod";
import { podRepairs, type Repair, type Repairs } from "../domain/pod-repair.ts";
import { repairMessage } from "../domain/rollback-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { type OpenShift, openshift } from "../services/openshift.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { imagesWithStream } from "./images.ts";
import { showProgress } from "./live-message.ts";
import { repairRound, repairsDone } from "./repair-rounds.ts";
import { anyStuck, wantedDigests } from "./rollout-watch.ts";
import { assertMayChange, now } from "./run-context.ts";

const input = runInput.extend({
  /** What InspectProduction found; `stuck` or `late` when the rollout is not over, so that nobody has looked yet. */
  production: z.string(),
});

/**
 * Does what a person on duty would do about pods that do not come right by themselves: a pod that is stuck in
 * Terminating is deleted, an image that cannot be pulled is imported again. At most `recovery.repairs` rounds a run, each
 * told in Slack. A crash loop is not repaired.
 *
 * A round is written down before it begins, and what it does may be done twice, so dying in the middle costs a round.
 * @returns `next`: `rollout` after a repair, and when what was stuck has come right; `inspect` when there is nothing to
 *   repair and nobody has looked at production yet; `ask` when production is not well all the same.
 */
export const handler = step("repair-pods", input, async ({ run, production }) => {
  await assertMayChange(run);
  await showProgress(run, "RepairPods");
  const round = await repairsDone(run);
  const cluster = await openshift("production");
  const pods = await cluster.pods();
  const { actions, leave } = podRepairs({
    pods,
    now: now(),
    terminatingMinutes: config().limits.terminatingMinutes,
    streams: Object.fromEntries(imagesWithStream().map(({ name, stream }) => [name, stream])),
    deletedBefore: await deletedBefore(run, round),
  });
  const mayRepair = round < config().recovery.repairs && actions.length > 0;
  if (!mayRepair) {
    if (actions.length + leave.length > 0) await tell(run, round, { actions: [], leave }, false);
    if (production === "stuck" && !anyStuck(pods, await wantedDigests(run))) return { next: "rollout" };
    return { next: ["stuck", "late"].includes(production) ? "inspect" : "ask" };
  }
  await runs().remember(run, repairRound(round), actions);
  for (const action of actions) await repair(cluster, action);
  for (const { kind, pod, why } of actions) {
    const text = `${why}: ${kind === "import" ? "its image is imported again" : kind === "delete" ? "deleted" : "deleted by force"}`;
    await runs().record(run, { code: `repair-pods.${kind}`, text, key: `repair/${round}/${kind}/${pod}` });
  }
  await tell(run, round, { actions, leave }, true);
  return { next: "rollout" };
});

async function deletedBefore(run: string, rounds: number): Promise<string[]> {
  const uids: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const actions = (await runs().recall<Repair[]>(run, repairRound(round))) ?? [];
    uids.push(...actions.flatMap((each) => (each.kind === "delete" ? [each.uid] : [])));
  }
  return uids;
}

/** One repair that fails leaves the others their chance: what is left of it shows in the next look. */
async function repair(cluster: OpenShift, action: Repair): Promise<void> {
  try {
    if (action.kind === "import") await importAgain(cluster, action.stream);
    else await cluster.deletePod({ name: action.pod, uid: action.uid }, action.kind === "forceDelete");
    log("repair-pods.repaired", { ...action });
  } catch (thrown) {
    log("repair-pods.in-vain", { ...action, reason: messageOf(thrown) }, "warn");
  }
}

async function importAgain(cluster: OpenShift, name: string): Promise<void> {
  const { tag } = config().clusters.production;
  const stream = (await cluster.streams()).find((each) => each.name === name);
  const from = stream?.tags.find((each) => each.tag === tag)?.from;
  if (from) await cluster.importStream(name, tag, from);
}

/** Slack being away keeps nobody from repairing. */
async function tell(run: string, round: number, repairs: Repairs, repaired: boolean): Promise<void> {
  try {
    const message = repairMessage({ ...runFacts(run), ...repairs, repaired });
    const { channel } = config().slack;
    await (await slack()).postOnce({
      channel,
      key: `${run}/repair-${round}${repaired ? "" : "-left"}`,
      ...message,
    });
  } catch (thrown) {
    log("repair-pods.not-told", { reason: messageOf(thrown) }, "warn");
  }
}
