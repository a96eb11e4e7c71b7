import { z } from "zod";
import type { WorldContext } from "./context.ts";
import type { Answer } from "./slack-api.ts";

/** Minutes for which Slack does not answer, where a fault says so. */
const outageMinutes = 20;

const metadata = z.object({ event_payload: z.object({ key: z.string() }) });

/** Tells the rest of the world what our bot did in Slack, and knows when Slack is down. */
export interface News {
  /** @param body arguments of the call, as a form holds them. */
  tell(method: string, body: Record<string, string>, answer: Answer): void;
  isDown(): boolean;
}

export function createNews({ events, faults, timers, log }: WorldContext, channelId: string): News {
  /** Message → what makes it be posted once. */
  const keys = new Map<unknown, string>();
  let down = false;

  function goDown(): void {
    down = true;
    log("slack", "answers 503 from now on");
    timers.after(outageMinutes, () => {
      down = false;
      log("slack", "answers again");
    });
  }

  return {
    tell(method, body, answer) {
      if (method === "chat.postMessage" && answer.ok) {
        const parsed = metadata.safeParse(body.metadata ? JSON.parse(body.metadata) : null);
        const key = parsed.success ? parsed.data.event_payload.key : null;
        if (key) keys.set(answer.ts, key);
        events.emit("posted", { channel: String(answer.channel ?? body.channel), key });
      }
      // The approval's message is changed once somebody has decided.
      const decided = method === "chat.update" && /\/approval-\d+$/.test(keys.get(body.ts) ?? "");
      if (decided && faults.strikes("slack-down", `Slack answers 503 for ${outageMinutes} minutes`)) goDown();
      if (method === "conversations.setTopic" && body.channel === channelId) events.emit("topicSet");
    },
    isDown: () => down,
  };
}
