import { escapeSlack } from "../domain/slack-text.ts";
import { approvers } from "../facts.ts";
import type { Verified } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";

/** A press on a button whose id is `<kind>.<name>`. */
export interface Press {
  slackId: string;
  /** What the id says that it does. What counts is the signed value, which has to say the same. */
  name: string;
  value: string;
}

/** Why a button does nothing, as mrkdwn. */
export function refusedButton(why: "expired" | "invalid" | "name"): string {
  log("slack.button-refused", { why }, "warn");
  return why === "expired"
    ? "This button has expired, so nothing was done. Look for a newer message of Stablehand."
    : "This button is not one of Stablehand's, so nothing was done.";
}

/** The claims of a button whose name says the same as they do, or why it does nothing. */
export function readButton<C>(
  button: Verified<C>,
  isNamed: (claims: C) => boolean,
): { claims: C } | { problem: string } {
  if (!button.ok) return { problem: refusedButton(button.why) };
  return isNamed(button.claims) ? { claims: button.claims } : { problem: refusedButton("name") };
}

/** Why somebody may not answer, as mrkdwn. */
export function notApprover(press: Press, about: { run: string; question: string }): string {
  log("slack.not-approver", { ...about, slackId: press.slackId }, "warn");
  return `Only approvers can answer this: ${escapeSlack(namesOfApprovers().join(", "))}. Nothing was done.`;
}

export function namesOfApprovers(): string[] {
  return approvers().map((each) => each.name);
}
