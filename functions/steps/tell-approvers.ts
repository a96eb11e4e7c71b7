import type { SlackMessage } from "../domain/slack-blocks.ts";
import { approvers } from "../facts.ts";
import type { Person } from "../runtime/config.ts";
import { isRetryable, messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";

/**
 * Sends a direct message to each approver who is here, once by its key. One whom Slack cannot reach (the account is
 * deactivated, the id is wrong) keeps nobody else from being asked: the channel has the buttons for all of them.
 *
 * @throws ServiceUnavailable, RateLimited: another try sends what is missing.
 */
export async function tellApprovers(
  run: string,
  key: string,
  messageFor: (person: Person) => Promise<SlackMessage>,
): Promise<void> {
  const client = await slack();
  for (const person of approvers()) {
    const message = await messageFor(person);
    try {
      await client.directMessage(person.slack, { key, ...message });
    } catch (thrown) {
      if (isRetryable(thrown)) throw thrown;
      const reason = messageOf(thrown);
      log("approvers.not-told", { login: person.github, key, reason }, "warn");
      const text = `${person.name} got no direct message. ${reason}`;
      await runs().record(run, { code: "approvers.not-told", text, key: `not-told#${person.github}` });
    }
  }
}
