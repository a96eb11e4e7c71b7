import type { Decision } from "../domain/decision.ts";
import { escapeSlack } from "../domain/slack-text.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { verifyCleanupButton } from "../runtime/links.ts";
import { cleanupStanding, decideCleanup } from "./cleanup-standing.ts";
import { resume } from "./decide.ts";
import { personBySlackId } from "./people.ts";
import { notApprover, type Press, readButton } from "./slack-press.ts";

/** A press on a button of a registry cleanup. @returns what the person has to be told, or null when it was stored. */
export async function pressCleanup(press: Press): Promise<string | null> {
  const button = readButton(await verifyCleanupButton(press.value), ({ answer }) => answer === press.name);
  if ("problem" in button) return button.problem;
  const { claims } = button;
  const person = personBySlackId(press.slackId);
  if (!person?.approver) return notApprover(press, { run: claims.run, question: claims.question });
  const stands = await cleanupStanding(claims);
  switch (stands.is) {
    case "decided":
      await resume(claims.run, stands.decision);
      return alreadyDecided(stands.decision);
    case "unknown":
      return "This cleanup is not known any more, so nothing was done.";
    case "over":
      return "This question is not asked any more, so nothing was done.";
    case "changed":
      return "The plan has changed since this message, so nothing was done. Look for a newer message of Stablehand.";
    case "open": {
      const given = { answer: claims.answer, by: person.github, via: "slack", comment: null } as const;
      const { won, decision } = await decideCleanup(claims, given);
      return won ? null : alreadyDecided(decision);
    }
  }
}

function alreadyDecided(decision: Decision): string {
  const at = timeOf(decision.at, config().schedule.timeZone, new Date().toISOString());
  if (decision.answer === "expired")
    return `Nobody answered in time: this expired at ${at}. Nothing was done.`;
  const done = decision.answer === "approve" ? "approved" : "declined";
  return `${escapeSlack(personOf(decision.by).name)} already ${done} this at ${at}. Your press changed nothing.`;
}
