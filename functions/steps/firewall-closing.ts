import { accessEndedMessage } from "../domain/firewall-messages.ts";
import { allReachable, type ClusterResults, resultLines } from "../domain/firewall-request.ts";
import type { Who } from "../domain/messages.ts";
import type { RunEnd } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import type { FirewallOrigin } from "../start-firewall.ts";
import { type Run, runs } from "../store/runs.ts";
import { whoAborted } from "./closing.ts";
import { roundResults, wantedAccess } from "./firewall-context.ts";
import { keepAccessComment } from "./firewall-told.ts";

/**
 * Closes a firewall request, whoever calls, and tells who asked. Running twice: the first end stands, and it is told once.
 */
export async function closeFirewall(id: string, ending: { status: RunEnd; reason: string }): Promise<Run> {
  const reason = ending.reason || (ending.status === "aborted" ? await whoAborted(id) : "");
  const { run } = await runs().end(id, { status: ending.status, reason });
  log("close-firewall.closed", { status: run.status }, run.status === "failed" ? "error" : "info");
  const wanted = await wantedAccess(id);
  const results = await lastResults(id);
  const granted = run.status === "finished" && results !== null && allReachable(results);
  const reporter = reporterOf(wanted.origin);
  const message = accessEndedMessage({
    ...runFacts(id),
    by: wanted.origin.by,
    results: results ? resultLines(results) : [],
    reporter,
    granted,
    reason: run.reason ?? run.status,
  });
  const key = `${id}/closed`;
  await (await slack()).postOnce({ channel: config().slack.channel, key, ...message });
  if (reporter.slack) await (await slack()).directMessage(reporter.slack, { key, ...message });
  const thanks = wanted.origin.issue ? `@${wanted.origin.by}: ` : "";
  await keepAccessComment(id, wanted, {
    results,
    text: null,
    state: granted
      ? `${thanks}everything can be reached from both clusters.`
      : `${thanks}nobody looks any more whether this can be reached: ${run.reason ?? run.status}.`,
  });
  return run;
}

/** A login of GitHub may be one of the team, whom Slack can call. */
function reporterOf({ by, slack: id, issue }: FirewallOrigin): Who {
  const person = config().people.find((each) =>
    id ? each.slack === id : issue && each.github.toLowerCase() === by.toLowerCase(),
  );
  return { name: person?.name ?? by, slack: person?.slack ?? id };
}

async function lastResults(run: string): Promise<ClusterResults | null> {
  let last: ClusterResults | null = null;
  for (let round = 0; ; round++) {
    const results = await roundResults(run, round);
    if (!results) return last;
    last = results;
  }
}
