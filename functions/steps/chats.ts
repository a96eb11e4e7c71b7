import { escapeSlack } from "../domain/slack-text.ts";
import { sameTopic } from "../domain/topic.ts";
import { config } from "../runtime/config.ts";
import { matrix } from "../services/matrix.ts";
import { slack, slackTimestamp } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { earlierRuns } from "./run-context.ts";

/** A chat whose topic tells users of the deployment. */
export interface Chat {
  name: "slack" | "matrix";
  topic(): Promise<string>;
  setTopic(topic: string): Promise<void>;
  /** A message with our topic, for a chat that did not show the change by itself. Sending twice sends one. */
  say(text: string, key: string): Promise<void>;
  /** Whether the chat shows the topic's change as a message of its own. */
  showsChange(topic: string, since: string): Promise<boolean>;
}

export function chats(): Chat[] {
  const { slack: slackSettings, matrix: matrixSettings } = config();
  const channel = slackSettings.channel;
  const all: Chat[] = [
    {
      name: "slack",
      topic: async () => await (await slack()).topic(channel),
      setTopic: async (topic) => await (await slack()).setTopic(channel, topic),
      say: async (text, key) => {
        await (await slack()).postOnce({ channel, key, text: escapeSlack(text) });
      },
      showsChange: async (topic, since) => {
        // Slack's clock and ours may differ a little.
        const from = new Date(Date.parse(since) - 60_000);
        return await (await slack()).topicMessageShown(channel, topic, slackTimestamp(from));
      },
    },
  ];
  if (matrixSettings) {
    const { room } = matrixSettings;
    all.push({
      name: "matrix",
      topic: async () => await (await matrix()).topic(room),
      setTopic: async (topic) => await (await matrix()).setTopic(room, topic),
      say: async (text, key) => {
        await (await matrix()).send(room, { text, key });
      },
      // A topic is a state event, and state events stand in the room's timeline.
      showsChange: async (topic) => sameTopic(await (await matrix()).topic(room), topic),
    });
  }
  return all;
}

/** What a chat's topic was before this run, and what the run made of it. */
export interface RememberedTopic {
  original: string;
  ours: string;
  /** An earlier run's announcement that was found instead of the original; null or absent: none was. */
  leftBehind?: string | null;
  /** Just before the first change, ISO 8601. */
  at: string;
}

const key = (chat: Chat) => `topic/${chat.name}`;

/** Durable before the first change: what is remembered first stands, so a second look cannot take ours for theirs. */
export async function rememberTopic(
  run: string,
  chat: Chat,
  topic: RememberedTopic,
): Promise<RememberedTopic> {
  return (await runs().remember(run, key(chat), topic)).value;
}

/** Null when the run never changed this chat. */
export async function recallTopic(run: string, chat: Chat): Promise<RememberedTopic | null> {
  return await runs().recall<RememberedTopic>(run, key(chat));
}

/**
 * The topic as people left it: an announcement that an earlier run never took back is not theirs, and what stood before
 * that run is.
 */
export async function topicBeforeRuns(run: string, chat: Chat, topic: string): Promise<string> {
  const earlier = await earlierRuns(run);
  const remembered = await Promise.all(earlier.map(({ id }) => recallTopic(id, chat)));
  return remembered.find((each) => each && sameTopic(topic, each.ours))?.original ?? topic;
}

const setKey = (chat: Chat) => `topic-set/${chat.name}`;

/** From now on the topic is ours, and what differs from it is a person's. */
export async function noteSet(run: string, chat: Chat): Promise<void> {
  await runs().remember(run, setKey(chat), true);
}

export async function wasSet(run: string, chat: Chat): Promise<boolean> {
  return (await runs().recall(run, setKey(chat))) !== null;
}
