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
import {
  type Chat,
  chats,
  noteSet,
  type RememberedTopic,
  recallTopic,
  rememberTopic,
  topicBeforeRuns,
  wasSet,
} from "./chats.ts";
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
  const current = await chat.topic();
  const remembered = (await recallTopic(run, chat)) ?? (await lookAtTopic(run, chat, current));
  const isOurs = sameTopic(current, remembered.ours);
  const found = remembered.leftBehind ?? remembered.original;
  if (!isOurs && (!sameTopic(current, found) || (await wasSet(run, chat)))) {
    // An earlier attempt set ours, and a person set another one since, or put theirs back: that one stays.
    log("announce-start.edited", { chat: chat.name });
    return;
  }
  if (!isOurs) await chat.setTopic(remembered.ours);
  await noteSet(run, chat);
  const shown = await chat.showsChange(remembered.ours, remembered.at);
  if (!shown) await chat.say(remembered.ours, `${run}/topic`);
  log("announce-start.topic", { chat: chat.name, shownByItself: shown });
}

/** The first look, before anything is changed. */
async function lookAtTopic(run: string, chat: Chat, current: string): Promise<RememberedTopic> {
  const { topic: template, service } = config();
  const original = await topicBeforeRuns(run, chat, current);
  const ours = topicDuring(template, { service, topic: original });
  const leftBehind = original === current ? null : current;
  return await rememberTopic(run, chat, { original, ours, leftBehind, at: now() });
}
