import { refusalText } from "../domain/control-messages.ts";
import { escapeSlack } from "../domain/slack-text.ts";
import { personOf, runFacts } from "../facts.ts";
import { controlRun } from "../requests.ts";
import { verifyControlButton } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { tellControl } from "../tell-control.ts";
import { personBySlackId } from "./people.ts";
import { namesOfApprovers, type Press, readButton } from "./slack-press.ts";

/**
 * A press on a button that pauses, resumes, stops or vetoes a run. What it did is told to the channel.
 * @returns what the person has to be told, or null when it was done.
 */
export async function pressControl(press: Press): Promise<string | null> {
  const button = readButton(await verifyControlButton(press.value), ({ action }) => action === press.name);
  if ("problem" in button) return button.problem;
  const { run, action } = button.claims;
  const person = personBySlackId(press.slackId);
  const outcome = await controlRun({ run, action, person, via: "slack", comment: null });
  if (outcome.done) {
    await tellControl(action, outcome, null);
    return null;
  }
  const { why, by, at } = outcome;
  log("slack.control-refused", { run, action, why, slackId: press.slackId }, "warn");
  const facts = { ...runFacts(run), approvers: namesOfApprovers() };
  return escapeSlack(refusalText({ why, action, by: by === null ? null : personOf(by), at }, facts));
}
