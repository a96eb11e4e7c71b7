import { sameTopic, topicToRestore } from "../domain/topic.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { type Chat, chats, recallTopic } from "./chats.ts";
import { releaseImports } from "./imports.ts";
import { showProgress } from "./live-message.ts";

/**
 * Puts back the topics that the run changed (checklist: "Revert the topic change"), never over one that a person set
 * meanwhile, and switches the cluster's periodic imports on again. A run that changed none has nothing to do.
 */
export const handler = step("restore-topics", runInput, async ({ run }) => {
  await showProgress(run, "RestoreTopics");
  await restoreAll(run);
  return {};
});

/** What every way out puts back, whoever closes the run. Each part is tried, then the first failure is thrown. */
export async function restoreAll(run: string): Promise<void> {
  const results = await Promise.allSettled([
    ...chats().map((chat) => restore(run, chat)),
    releaseImports(run),
  ]);
  const failed = results.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
  const text = "the chat topics are as they were, or as somebody set them meanwhile";
  const changed = (await Promise.all(chats().map((chat) => recallTopic(run, chat)))).some(Boolean);
  if (changed)
    await runs().record(run, { code: "restore-topics.restored", text, key: "restore-topics.restored" });
}

async function restore(run: string, chat: Chat): Promise<void> {
  const remembered = await recallTopic(run, chat);
  if (!remembered) return;
  const now = await chat.topic();
  const topic = topicToRestore({ ...remembered, now });
  if (topic !== null) await chat.setTopic(topic);
  const kept = topic === null && !sameTopic(now, remembered.original);
  log("restore-topics.topic", { chat: chat.name, restored: topic !== null, kept });
  if (kept) {
    const text = `somebody changed the ${chat.name} topic meanwhile: it stays as it is`;
    await runs().record(run, { code: "restore-topics.kept", text });
  }
}
