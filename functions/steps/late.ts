import { lateMessage } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { runPageLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { now } from "./run-context.ts";

const over = ["deployed", "failed", "leftOut"];

/** Tells once, in Slack, when the window has passed and the run still works. Slack being away stops nothing. */
export async function tellWhenLate(run: string, what: string): Promise<void> {
  const record = await runs().get(run);
  if (!record?.approvedAt || now() <= record.windowEnd) return;
  try {
    const working = (await runs().repositories(run))
      .filter((each) => !over.includes(each.stage))
      .map(({ repository: name, stage, note }) => ({ name, stage, note }));
    const { windowEnd, expectedEnd } = record;
    const runUrl = await runPageLink(run);
    const message = lateMessage({ ...runFacts(run), windowEnd, working, expectedEnd, runUrl });
    await (await slack()).postOnce({ channel: config().slack.channel, key: `${run}/late`, ...message });
  } catch (thrown) {
    log("late.not-told", { what, reason: messageOf(thrown) }, "warn");
  }
}
