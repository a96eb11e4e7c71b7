import { targetName } from "../domain/firewall-target.ts";
import { escapeSlack } from "../domain/slack-text.ts";
import { log } from "../runtime/logger.ts";
import { startFirewall } from "../start-firewall.ts";
import { type Form, field } from "./form.ts";
import { personBySlackId } from "./people.ts";

/** What Slack shows to the person who typed the command, and to nobody else. */
export interface CommandAnswer {
  response_type: "ephemeral";
  text: string;
}

const usage = "Write `/stablehand firewall example.org` with one or more domains, or addresses for SSH.";

/** `/stablehand firewall example.org …`. Anyone of the team may. The request was proved before. */
export async function receiveCommand(form: Form): Promise<CommandAnswer> {
  const person = personBySlackId(field(form, "user_id"));
  if (!person) return privately("This is for the team alone, so nothing was done.");
  const [verb, ...domains] = field(form, "text")
    .trim()
    .split(/[\s,]+/)
    .map(plainAddress);
  if (verb !== "firewall" || domains.length === 0) return privately(usage);
  try {
    const origin = { by: person.name, slack: person.slack, issue: null };
    const { run, targets, refused } = await startFirewall({ domains: domains.slice(0, 100), origin });
    log("slack.command", { run, by: person.github });
    const names = targets.map(targetName).join(", ");
    const lines = [
      run
        ? `Stablehand looks whether ${names} can be reached from the clusters (${run}), and tells you when it is.`
        : "Nothing was started.",
      ...refused.map(({ text, why }) => `• ${escapeSlack(text)} ${why}.`),
    ];
    return privately(lines.join("\n"));
  } catch (thrown) {
    log("slack.command-failed", { error: thrown instanceof Error ? thrown.name : "unknown" }, "error");
    return privately("Stablehand could not start this. Please try again in a moment.");
  }
}

/** Where Slack made a link of what was typed: `<http://example.org|example.org>`. */
function plainAddress(word: string): string {
  return /^<(?:[^|>]*\|)?([^|>]*)>$/.exec(word)?.[1] ?? word;
}

function privately(text: string): CommandAnswer {
  return { response_type: "ephemeral", text };
}
