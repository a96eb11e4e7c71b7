import { z } from "zod";
import { accessRequestMessage, notBlockedMessage } from "../domain/firewall-messages.ts";
import {
  accessGroups,
  allReachable,
  type ClusterResults,
  newlyBlocked,
  requestText,
  resultLines,
} from "../domain/firewall-request.ts";
import { personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { slack } from "../services/slack.ts";
import { firewallLedger } from "../store/firewall.ts";
import { type Run, runs } from "../store/runs.ts";
import {
  firewallConfig,
  roundResults,
  sourceClusters,
  type WantedAccess,
  wantedAccess,
} from "./firewall-context.ts";
import { keepAccessComment } from "./firewall-told.ts";
import { assertNotHeld, now } from "./run-context.ts";

const input = runInput.extend({ round: z.number().int().nonnegative() });

/** Under this fact a run keeps the text of its last request. */
const textKey = (round: number) => `firewall/text/${round}`;

/**
 * Compares what was found with what was asked before, and gives the person on duty a request for what is newly blocked.
 * The ledger is written after that: dying between the two repeats a message that is posted once.
 *
 * @returns `state`: `granted` when everything can be reached, `over` when its days are, else `open`.
 */
export const handler = step("request-access", input, async ({ run: id, round }) => {
  await assertNotHeld(id);
  const [run, wanted, results] = [
    await runs().get(id),
    await wantedAccess(id),
    await roundResults(id, round),
  ];
  if (!run || !results) throw new NotFound(`${id} has no results of round ${round}.`);
  if (allReachable(results)) return { state: "granted" };
  const text = await newRequest(id, round, wanted, results);
  if (text !== null) await giveToDuty(run, { round, wanted, results, text });
  else if (round === 0) await tellNotBlocked(run, wanted, results);
  await keepAccessComment(id, wanted, {
    results,
    text: text ?? (await lastText(id, round)),
    state: "Not everything can be reached yet. Stablehand looks again every day.",
  });
  if (text !== null) await writeLedger(id, results);
  return { state: now() >= run.windowEnd ? "over" : "open" };
});

/** The text of a request, the same however often this runs; null: there is nothing new to ask for. */
async function newRequest(
  run: string,
  round: number,
  { targets }: WantedAccess,
  results: ClusterResults,
): Promise<string | null> {
  const known = await runs().recall<string>(run, textKey(round));
  if (known !== null) return known;
  const blocked = newlyBlocked(results, await firewallLedger().asked());
  if (blocked.length === 0) return null;
  const groups = accessGroups(blocked, targets, sourceClusters());
  const text = requestText(groups, firewallConfig().justification);
  log("request-access.needed", { round, blocked });
  return (await runs().remember(run, textKey(round), text)).value;
}

async function lastText(run: string, round: number): Promise<string | null> {
  for (let earlier = round; earlier >= 0; earlier--) {
    const text = await runs().recall<string>(run, textKey(earlier));
    if (text !== null) return text;
  }
  return null;
}

async function giveToDuty(
  run: Run,
  {
    round,
    wanted,
    results,
    text,
  }: { round: number; wanted: WantedAccess; results: ClusterResults; text: string },
): Promise<void> {
  const facts = { ...runFacts(run.id), by: wanted.origin.by, results: resultLines(results), text };
  const duty = run.duty && personOf(run.duty.login);
  const message = accessRequestMessage({ ...facts, duty });
  const key = `${run.id}/request-${round}`;
  await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
  if (duty?.slack) await (await slack()).directMessage(duty.slack, { key, ...message });
  await runs().record(run.id, { code: "firewall.requested", text, key });
}

async function tellNotBlocked(run: Run, { origin }: WantedAccess, results: ClusterResults): Promise<void> {
  const message = notBlockedMessage({ ...runFacts(run.id), by: origin.by, results: resultLines(results) });
  const key = `${run.id}/not-blocked`;
  await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
}

async function writeLedger(run: string, results: ClusterResults): Promise<void> {
  const before = await firewallLedger().asked();
  const askedAt = now();
  for (const { cluster, host, port } of newlyBlocked(results, before)) {
    const entry = (await firewallLedger().asked()).find((each) => each.host === host && each.port === port);
    const clusters = [...new Set([...(entry?.clusters ?? []), cluster])];
    await firewallLedger().setAsked({ host, port, clusters, askedAt });
  }
  log("request-access.asked", { run });
}
