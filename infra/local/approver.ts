import { WebClient } from "@slack/web-api";
import { parse } from "node-html-parser";
import { z } from "zod";
import type { Person } from "../../functions/runtime/config.ts";

/** A personal link that came by direct message. */
export interface PersonalMessage {
  /** What the link leads to: the approval of a plan, of a registry cleanup, or a question about a step. */
  page: "approval" | "cleanup" | "question";
  /** `approval-1`, or the id of the step's question: `MoveStable/packit-1`. */
  question: string;
  reminder: boolean;
  link: string;
}

/** A person's Slack, read over Slack's API as the person's own client would. All throw when Slack does not answer. */
export interface Approver {
  person: Person;
  /** The messages with a personal link, of this run alone, that were not taken yet; oldest first. */
  newMessages(run: string): Promise<PersonalMessage[]>;
  /** The oldest personal link of any run that was not taken yet; null: none. */
  nextLink(): Promise<string | null>;
}

const direct = z.object({
  ts: z.string(),
  text: z.string().default(""),
  blocks: z.array(z.unknown()).default([]),
  metadata: z.object({ event_payload: z.object({ key: z.string() }) }),
});

/** @param since milliseconds since the epoch: messages of earlier seconds are none of its business. */
export function createApprover(
  person: Person,
  { slackApiUrl, token, since = 0 }: { slackApiUrl: string; token: string; since?: number },
): Approver {
  const client = new WebClient(token, { slackApiUrl: `${slackApiUrl}/`, retryConfig: { retries: 0 } });
  const seen = new Set<string>();

  /** What was not taken yet, oldest first. */
  async function unread(): Promise<z.output<typeof direct>[]> {
    const { channel } = await client.conversations.open({ users: person.slack });
    const { messages = [] } = await client.conversations.history({
      channel: channel?.id ?? "",
      oldest: String(Math.floor(since / 1000)),
      include_all_metadata: true,
      limit: 50,
    });
    return messages.toReversed().flatMap((message) => {
      const parsed = direct.safeParse(message);
      return parsed.success && !seen.has(parsed.data.ts) ? [parsed.data] : [];
    });
  }

  return {
    person,
    async newMessages(run) {
      const all = await unread();
      for (const { ts } of all) seen.add(ts);
      return all.flatMap((message) => read(message, run));
    },
    async nextLink() {
      for (const message of await unread()) {
        seen.add(message.ts);
        const link = linkIn(message);
        if (link) return link[0];
      }
      return null;
    },
  };
}

/** The link, and the page that it leads to. */
function linkIn({ text, blocks }: z.output<typeof direct>): RegExpExecArray | null {
  return /https?:\/\/[^\s<>|"\\]+\/(approval|cleanup|question)\?token=[\w.-]+/.exec(
    JSON.stringify(blocks) + text,
  );
}

function read(message: z.output<typeof direct>, run: string): PersonalMessage[] {
  const { key } = message.metadata.event_payload;
  const [link, page] = linkIn(message) ?? [];
  if (!link || !page || !key.startsWith(`${run}/`)) return [];
  const rest = key.slice(run.length + 1).replace(/^question\//, "");
  const [, question = rest, kind = ""] = /^(.+)\/(link|reminder-\d+)$/.exec(rest) ?? [];
  return [{ page: page as PersonalMessage["page"], question, reminder: kind !== "link", link }];
}

/** The answers that the page of a link offers: the values of its buttons. Empty once it was answered. */
export async function offeredAnswers(link: string): Promise<string[]> {
  const document = parse(await (await fetch(link)).text());
  const buttons = document.querySelectorAll('form button[name="answer"]');
  return [...new Set(buttons.map((button) => button.getAttribute("value") ?? ""))].filter(Boolean);
}

/**
 * Opens a personal link and presses the page's button, as a browser without scripts would: the form's own fields, its
 * own address.
 * @param chosen fields that the person fills in otherwise than the page has them.
 * @returns `late`: somebody else was first, and the page says so.
 * @throws Error when the page offers no such answer, or refuses it.
 */
export async function answerByLink(
  link: string,
  answer: string,
  chosen: Record<string, string> = {},
): Promise<{ late: boolean }> {
  const page = await fetch(link);
  const document = parse(await page.text());
  const button = document.querySelector(`form button[name="answer"][value="${answer}"]`);
  const form = button?.closest("form");
  if (!form) throw new Error(`the page of the link offers no “${answer}” (HTTP ${page.status})`);
  const fields = new URLSearchParams({ answer });
  for (const input of form.querySelectorAll('input[type="hidden"]')) {
    fields.append(input.getAttribute("name") ?? "", input.getAttribute("value") ?? "");
  }
  for (const [name, value] of Object.entries(chosen)) {
    const offered = form.querySelector(`input[name="${name}"][value="${value}"]`);
    if (!offered) throw new Error(`the page of the link offers no ${name} “${value}”`);
    fields.append(name, value);
  }
  const result = await fetch(new URL(form.getAttribute("action") ?? "", link), {
    method: "POST",
    body: fields,
  });
  if (!result.ok && result.status !== 409) throw new Error(`the answer was refused (HTTP ${result.status})`);
  return { late: result.status === 409 };
}
