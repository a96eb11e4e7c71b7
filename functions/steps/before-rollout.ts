import { activeTasksMessage } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { createFlower } from "../services/flower.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { importedAt } from "./production-streams.ts";
import { now } from "./run-context.ts";

/**
 * Called before the first image is imported: writes down when that was, and tells how many tasks the workers work on.
 * They get seconds to finish, and what they do not finish runs again.
 */
export async function noteRollout(run: string): Promise<void> {
  await runs().remember(run, importedAt, now());
  const { flowerUrl } = config().clusters.production;
  if (!flowerUrl || (await runs().recall(run, "active-tasks-told")) !== null) return;
  try {
    const tasks = await createFlower({ flowerUrl }).activeTasks();
    log("before-rollout.active-tasks", { tasks });
    const message = activeTasksMessage({ ...runFacts(run), tasks });
    await (await slack()).postOnce({
      channel: config().slack.channel,
      key: `${run}/active-tasks`,
      ...message,
    });
    await runs().remember(run, "active-tasks-told", tasks);
  } catch (thrown) {
    // It changes nothing about the rollout, so nobody waits for it.
    log("before-rollout.active-tasks-unknown", { reason: messageOf(thrown) }, "warn");
  }
}
