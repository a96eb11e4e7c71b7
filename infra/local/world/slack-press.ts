import { createHmac, randomUUID } from "node:crypto";
import type { SlackWorldMessage } from "./slack.ts";
import { channelName, slackBot, slackTeam } from "./slack-inner.ts";
import { asReturned, buttonsOf, type JsonObject } from "./slack-rules.ts";

export const signingSecret = "local-slack-signing-secret";

/** What Slack sends when a person presses a button, from the message's own blocks. */
export function blockActions(
  message: SlackWorldMessage | undefined,
  pressed: { userId: string; channel: string; ts: string; actionId: string },
  userName: string | undefined,
): JsonObject {
  const all = (message?.blocks ?? []).flatMap((block) => buttonsOf(block));
  const button = all.find((each) => each.action_id === pressed.actionId);
  if (!message || !button) {
    throw new Error(`The message ${pressed.ts} in ${pressed.channel} has no button ${pressed.actionId}.`);
  }
  return {
    type: "block_actions",
    user: { id: pressed.userId, username: userName, name: userName, team_id: slackTeam.id },
    api_app_id: slackBot.appId,
    container: {
      type: "message",
      message_ts: message.ts,
      channel_id: pressed.channel,
      is_ephemeral: false,
    },
    trigger_id: `${Date.now()}.${randomUUID()}`,
    team: slackTeam,
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: pressed.channel, name: pressed.channel.startsWith("D") ? "directmessage" : channelName },
    message: asReturned(message),
    state: { values: {} },
    actions: [{ ...button, action_ts: (Date.now() / 1000).toFixed(6) }],
  };
}

/** Sends an interaction with Slack's signature; waits 3 s for the answer, as Slack does. Returns its status. */
export async function send(target: string, payload: JsonObject): Promise<number> {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", signingSecret).update(`v0:${timestamp}:${body}`).digest("hex");
  const response = await fetch(target, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${signature}`,
    },
    body,
    signal: AbortSignal.timeout(3000),
  });
  await response.arrayBuffer();
  return response.status;
}
