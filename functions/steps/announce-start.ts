import { controlLinkMessage } from "../domain/control-messages.ts";
import { startedNotice } from "../domain/matrix-messages.ts";
import { runStartedMessage } from "../domain/run-messages.ts";
import { sameTopic, topicDuring } from "../domain/topic.ts";
import { approvers, controlExpiry, personOf, runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { controlButton, controlLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { slack } from "../services/slack.ts";
import { runs } from "../store/runs.ts";
import { type Chat, chats, recallTopic, rememberTopic } from "./chats.ts";
import { type ControlValues, controlValues, replyOnce, showProgress } from "./live-message.ts";
import { tellMatrix } from "./matrix-notice.ts";
import { announced } from "./open-run.ts";
import { approvedPlan, assertMayChange, now } from "./run-context.ts";
import { runPage } from "./run-page.ts";

/**
 * Tells the users (checklist: "Change the channel topic on both chats"): remembers each topic durably, sets ours, and
 * sends a message where the change does not show by itself. And tells the team: from now on the run's message has the
 * buttons by which they pause, stop or veto it, and each approver gets a link.
 *
 * Running twice: the remembered topic stands, an unchanged one is not set again, messages have keys.
 * @throws PermissionDenied with what to grant, RunSuperseded
 */
export const handler = step("announce-start", runInput, async ({ run }) => {
  await runs().remember(run, announced, now());
  await showProgress(run, "AnnounceStart");
  await assertMayChange(run);
  for (const chat of chats()) await announce(run, chat);
  await tellTeam(run);
  await runs().record(run, {
    code: "announce-start.announced",
    text: "the chat topics tell of the deployment",
  });
  return {};
});

async function tellTeam(run: string): Promise<void> {
  const [plan, record] = await Promise.all([approvedPlan(run), runs().get(run)]);
  const decision = await runs().decision(run, `approval-${plan.version}`);
  const expiresAt = controlExpiry();
  await runs().remember<ControlValues>(run, controlValues, {
    pause: await controlButton({ run, action: "pause", expiresAt }),
    stop: await controlButton({ run, action: "stop", expiresAt }),
    veto: await controlButton({ run, action: "veto", expiresAt }),
  });
  await showProgress(run);
  const expectedEnd = record?.expectedEnd ?? now();
  const message = runStartedMessage({
    ...runFacts(run),
    plan,
    approvedBy: personOf(decision?.by ?? "stablehand"),
    expectedEnd,
    runUrl: await runPage(run),
  });
  const client = await slack();
  await replyOnce(run, "started", message);
  await tellMatrix(run, "started", startedNotice({ ...runFacts(run), expectedEnd }));
  for (const person of approvers()) {
    const url = await controlLink({ login: person.github, run, expiresAt });
    const link = controlLinkMessage({ ...runFacts(run), url, expiresAt });
    try {
      await client.directMessage(person.slack, { key: `${run}/started/link`, ...link });
    } catch (thrown) {
      // The buttons in the channel do the same: no reason to hold the run up.
      log("announce-start.no-link", { login: person.github, reason: messageOf(thrown) }, "warn");
    }
  }
}

async function announce(run: string, chat: Chat): Promise<void> {
  const { topic: template, service } = config();
  const current = await chat.topic();
  const ours = topicDuring(template, { service, topic: current });
  const remembered =
    (await recallTopic(run, chat)) ??
    (await rememberTopic(run, chat, { original: current, ours, at: now() }));
  const edited = !sameTopic(current, remembered.original) && !sameTopic(current, remembered.ours);
  if (edited) {
    // An earlier attempt set ours, and a person set another one since: that one stays.
    log("announce-start.edited", { chat: chat.name });
    return;
  }
  if (!sameTopic(current, remembered.ours)) await chat.setTopic(remembered.ours);
  const shown = await chat.showsChange(remembered.ours, remembered.at);
  if (!shown) await chat.say(remembered.ours, `${run}/topic`);
  log("announce-start.topic", { chat: chat.name, shownByItself: shown });
}
