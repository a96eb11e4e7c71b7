import { activeTasksMessage } from "../domain/run-messages.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { activeTasks } from "./health-sources.ts";
import { importedAt } from "./production-streams.ts";
import { now } from "./run-context.ts";

/**
 * Called before the first image is imported: writes down when that was, and tells how many tasks the workers work on.
 * They get seconds to finish, and what they do not finish runs again.
 */
export async function noteRollout(run: string): Promise<void> {
  await runs().remember(run, importedAt, now());
  if ((await runs().recall(run, "active-tasks-told")) !== null || !(await restartsWorkers(run))) return;
  try {
    const tasks = await activeTasks();
    if (tasks === null) return;
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

async function restartsWorkers(run: string): Promise<boolean> {
  const { workerImage } = config().health.queues;
  const built = (await runs().repositories(run)).flatMap((each) => Object.keys(each.images ?? {}));
  return workerImage === null ? built.length > 0 : built.includes(workerImage);
}
