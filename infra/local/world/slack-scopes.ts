import { slackScopes } from "../../../functions/domain/needs.ts";

/** What an admin of the workspace can change about the bot, and about who is in the workspace. */
export interface BotSettings {
  /** Granted when the app was installed: what the manifest asks for. */
  scopes: Set<string>;
  revoked: boolean;
  /** Ids of members whose accounts are deactivated: nobody can write to them. */
  deactivated: Set<string>;
}

export function newBotSettings(): BotSettings {
  return { scopes: new Set(slackScopes(false)), revoked: false, deactivated: new Set() };
}

/** The scope that a method takes, as https://docs.slack.dev/reference/methods says; null: any token may call it. */
export function scopeOf(method: string, channel = ""): string | null {
  const direct = channel.startsWith("D");
  switch (method) {
    case "chat.postMessage":
    case "chat.update":
      return "chat:write";
    case "conversations.history":
    case "conversations.replies":
      return direct ? "im:history" : "channels:history";
    case "conversations.info":
      return direct ? "im:read" : "channels:read";
    case "conversations.setTopic":
      return "channels:manage";
    case "conversations.open":
      return "im:write";
    default:
      return null;
  }
}
