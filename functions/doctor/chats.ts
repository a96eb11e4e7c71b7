import { about, type Finding } from "../domain/doctor.ts";
import { judgeChannel, judgeMatrixUser, judgeScopes, judgeTopicPower } from "../domain/doctor-chats.ts";
import { config } from "../runtime/config.ts";
import { secret } from "../runtime/secrets.ts";
import { matrix } from "../services/matrix.ts";
import { slackApp } from "../services/slack-app.ts";
import { attempt, attemptSecret, type Examination, restOf, secretIsThere } from "./attempt.ts";

/** The bot in Slack: its token, its scopes, and its channel. */
export async function examineSlack(examination: Examination): Promise<Finding[]> {
  const rest = restOf("slack", "Slack");
  const stored = await attemptSecret(examination, "slack");
  if (!stored.ok) return [stored.finding, rest];
  const app = await slackApp();
  const token = { id: "slack.token", name: "Token of the Slack bot" };
  const identity = await attempt(examination, token, () => app.identity());
  const there = secretIsThere("slack");
  if (!identity.ok) return [there, identity.finding, rest];
  const { user, team, scopes } = identity.value;
  const known = about(token.id, token.name).ok(`It is ${user}'s in ${team}.`);
  const room = { id: "slack.channel", name: "Slack channel" };
  const channel = await attempt(examination, room, () => app.channel(config().slack.channel));
  const granted = judgeScopes(scopes, channel.ok && channel.value.isPrivate);
  if (channel.ok) return [there, known, granted, judgeChannel(channel.value)];
  // Without the scope to read channels the channel is not to blame.
  return [there, known, granted, granted.verdict === "failed" ? rest : channel.finding];
}

/** The bot's account in Matrix, where the configuration has a room. */
export async function examineMatrix(examination: Examination): Promise<Finding[]> {
  const settings = config().matrix;
  if (!settings) return [];
  const rest = restOf("matrix", "Matrix");
  const stored = await attemptSecret(examination, "matrix");
  if (!stored.ok) return [stored.finding, rest];
  const there = secretIsThere("matrix");
  const client = await matrix();
  const { userId } = await secret("matrix");
  const who = await attempt(examination, { id: "matrix.token", name: "Matrix account" }, () =>
    client.whoAmI(),
  );
  if (!who.ok) return [there, who.finding, rest];
  const account = judgeMatrixUser(who.value, userId);
  if (account.verdict !== "ok") return [there, account, rest];
  const place = {
    id: "matrix.room",
    name: "Matrix room",
    remedy: `Invite ${userId} to ${settings.room}, and let it join.`,
  };
  const power = await attempt(examination, place, () => client.topicPower(settings.room));
  if (!power.ok) return [there, account, power.finding, rest];
  const member = about(place.id, place.name).ok(`${userId} is in ${settings.room}.`);
  return [there, account, member, judgeTopicPower(power.value, userId, settings.room)];
}
