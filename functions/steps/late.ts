import { lateMessage } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { now } from "./run-context.ts";
import { runPage } from "./run-page.ts";

const over = ["deployed", "rolledBack", "failed", "leftOut"];

/** Tells once, in Slack, when the window has passed and the run still works. Slack being away stops nothing. */
export async function tellWhenLate(run: string, what: string): Promise<void> {
  const record = await runs().get(run);
  if (!record?.approvedAt || now() <= record.windowEnd) return;
  try {
    const working = (await runs().repositories(run))
      .filter((each) => !over.includes(each.stage))
      .map(({ repository: name, stage, note }) => ({ name, stage, note }));
    const { windowEnd, expectedEnd } = record;
    const runUrl = await runPage(run);
    const message = lateMessage({ ...runFacts(run), windowEnd, working, expectedEnd, runUrl });
    await (await slack()).postOnce({ channel: config().slack.channel, key: `${run}/late`, ...message });
  } catch (thrown) {
    log("late.not-told", { what, reason: messageOf(thrown) }, "warn");
  }
}
