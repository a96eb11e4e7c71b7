import { setTimeout as after } from "node:timers/promises";
import { type ControlAction, controlMessage } from "./domain/control-messages.ts";
import { controlExpiry, runFacts } from "./facts.ts";
import type { ControlOutcome } from "./requests.ts";
import { config } from "./runtime/config.ts";
import { messageOf } from "./runtime/errors.ts";
import { controlButton } from "./runtime/links.ts";
import { log } from "./runtime/logger.ts";
import { slack } from "./services/slack.ts";

/** Slack waits 3 s for the answer to a press; this is the part that telling may take. */
const timeoutMs = 1000;

/**
 * Tells the channel what a person did to a run. It is a courtesy: what was done is stored before, and the run tells of
 * it too, at its next change or at its end. So a failure is logged and no more.
 *
 * @returns whether Slack took it in time.
 */
export async function tellControl(
  action: ControlAction,
  outcome: Extract<ControlOutcome, { done: true }>,
  comment: string | null,
): Promise<boolean> {
  const { run } = outcome;
  const late = new AbortController();
  try {
    const gaveUp = after(timeoutMs, "late" as const, { signal: late.signal });
    const told = await Promise.race([gaveUp, post(action, outcome, comment)]);
    if (told === "late")
      log("control.not-told", { run: run.id, action, reason: "no answer in time" }, "warn");
    return told !== "late";
  } catch (thrown) {
    log("control.not-told", { run: run.id, action, reason: messageOf(thrown) }, "warn");
    return false;
  } finally {
    late.abort();
  }
}

async function post(
  action: ControlAction,
  { run, by, at, moved }: Extract<ControlOutcome, { done: true }>,
  comment: string | null,
): Promise<void> {
  const resume = { run: run.id, action: "resume", expiresAt: controlExpiry() } as const;
  const buttons = action === "pause" ? { resume: await controlButton(resume) } : {};
  const who = { name: by.name, slack: by.slack };
  const message = controlMessage({ ...runFacts(run.id), action, by: who, at, comment, moved, buttons });
  await (await slack()).post({ channel: config().slack.channel, ...message });
}
