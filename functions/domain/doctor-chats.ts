import { about, type Finding } from "./doctor.ts";
import { slackScopes } from "./needs.ts";
import { list } from "./words.ts";

export interface ChannelFacts {
  name: string;
  isMember: boolean;
  isArchived: boolean;
  isPrivate: boolean;
}

/** @param granted null: Slack did not say. */
export function judgeScopes(granted: readonly string[] | null, channelIsPrivate: boolean): Finding {
  const finding = about("slack.scopes", "Scopes of the Slack bot");
  if (!granted) return finding.unknown({ summary: "Slack did not tell the bot's scopes." });
  const needed = slackScopes(channelIsPrivate);
  const missing = needed.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return finding.ok(`${needed.length} scopes, all granted.`);
  return finding.failed({
    summary: `Not granted: ${list(missing)}.`,
    remedy: "Add it under OAuth & Permissions of the Slack app, and install the app again.",
  });
}

export function judgeChannel({ name, isMember, isArchived }: ChannelFacts): Finding {
  const finding = about("slack.channel", "Slack channel");
  if (isArchived) {
    return finding.failed({
      summary: `#${name} is archived.`,
      remedy: "Unarchive it, or set slack.channel to another one.",
    });
  }
  if (!isMember) {
    return finding.failed({
      summary: `The bot is not in #${name}.`,
      remedy: "Invite it there: /invite @stablehand.",
    });
  }
  return finding.ok(`The bot is in #${name}.`);
}

export function judgeMatrixUser(actual: string, expected: string): Finding {
  const finding = about("matrix.token", "Matrix account");
  if (actual === expected) return finding.ok(`The token is ${actual}'s.`);
  return finding.failed({
    summary: `The token is ${actual}'s, not ${expected}'s.`,
    remedy: "Put userId and accessToken of the same account into the secret matrix.",
  });
}

/** @param power of the bot, and what a new topic takes. */
export function judgeTopicPower(power: { has: number; needed: number }, user: string, room: string): Finding {
  const finding = about("matrix.power", "Power level in the Matrix room");
  if (power.has >= power.needed) return finding.ok(`${power.has}; the topic needs ${power.needed}.`);
  return finding.failed({
    summary: `${user} has power level ${power.has} in ${room}, and the topic needs ${power.needed}.`,
    remedy: `An admin of the room grants it power level ${power.needed}.`,
  });
}
