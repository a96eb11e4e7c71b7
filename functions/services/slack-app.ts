import type { ChannelFacts } from "../domain/doctor-chats.ts";
import { config } from "../runtime/config.ts";
import { secret } from "../runtime/secrets.ts";
import { asked, createSlackClient } from "./slack.ts";

/** The bot itself. Errors are those of `Slack`. */
export interface SlackApp {
  /** Who the token belongs to, and what it may do; scopes null: Slack did not say. */
  identity(): Promise<{ user: string; team: string; scopes: string[] | null }>;
  channel(id: string): Promise<ChannelFacts>;
}

export function createSlackApp(options: { apiUrl: string; botToken: string }): SlackApp {
  const client = createSlackClient(options);
  return {
    async identity() {
      const answer = await asked("the bot's token", () => client.auth.test());
      return {
        user: answer.user ?? "",
        team: answer.team ?? "",
        scopes: answer.response_metadata?.scopes ?? null,
      };
    },

    async channel(id) {
      const { channel } = await asked(`the channel ${id}`, () => client.conversations.info({ channel: id }));
      return {
        name: channel?.name ?? id,
        isMember: channel?.is_member ?? false,
        isArchived: channel?.is_archived ?? false,
        isPrivate: channel?.is_private ?? false,
      };
    },
  };
}

/** The bot of the configuration, with its token from the secret `slack`. */
export async function slackApp(): Promise<SlackApp> {
  const { botToken } = await secret("slack");
  return createSlackApp({ apiUrl: config().slack.apiUrl, botToken });
}
