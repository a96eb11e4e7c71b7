import type { Toot } from "../domain/mastodon-thread.ts";
import { RequestRefused } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { type Mastodon, mastodon, type PostedToot } from "../services/mastodon.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { newestQuestion } from "./question-number.ts";
import { tellRole } from "./role-issue.ts";
import { minutesAfter, now } from "./run-context.ts";
import { askingState, type MastodonSettings, tootsOf } from "./toots.ts";

/** Mastodon takes nothing that is less than 5 minutes ahead. */
const leadMinutes = 6;

/**
 * Posts the toots that were approved, the later ones as scheduled toots. Never twice: what was posted stands in the
 * store; an attempt stands there before it is made, with its time, and where one was made before, the account itself is
 * looked at first; and each toot has a key under which the instance knows it for an hour.
 *
 * @throws RequestRefused when nobody approved them, or the instance refuses one; PermissionDenied
 */
export const handler = step("publish-toots", runInput, async ({ run }) => {
  await assertApproved(run);
  const found = await tootsOf(run);
  if (!found) return { published: 0 };
  const { settings, toots } = found;
  const client = await mastodon();
  const { value: begun } = await runs().remember(run, "toots-begun", now());
  for (const [index, toot] of toots.entries()) await publish(client, { run, index, toot, begun, settings });
  await runs().record(run, {
    code: "publish-toots.published",
    text: `${toots.length} toots are published or scheduled`,
    key: "publish-toots",
  });
  await tellRole(run);
  return { published: toots.length };
});

/** The state machine comes here after an approval only; what cannot be taken back is looked at once more. */
async function assertApproved(run: string): Promise<void> {
  const question = await newestQuestion(run, askingState, null);
  const decision = question && (await questions().answerTo(run, question.id));
  if (decision?.answer === "publish") return;
  throw new RequestRefused(`${run}: nobody approved the toots, so none is published.`);
}

interface Publishing {
  run: string;
  index: number;
  toot: Toot;
  /** ISO 8601: when the first attempt at any of them was made. */
  begun: string;
  settings: MastodonSettings;
}

const postedKey = (index: number) => `toot/${index}`;

async function publish(client: Mastodon, publishing: Publishing): Promise<void> {
  const { run, index, toot } = publishing;
  if ((await runs().recall<PostedToot>(run, postedKey(index))) !== null) return;
  const { first, value: since } = await runs().remember(run, `toot-attempt/${index}`, now());
  const there = first ? null : await client.findOwn(toot.text, since);
  const posted = there ?? (await post(client, publishing));
  await runs().remember<PostedToot>(run, postedKey(index), posted);
  log("publish-toots.posted", { index, id: posted.id, scheduled: posted.scheduled, found: there !== null });
}

async function post(
  client: Mastodon,
  { run, index, toot, begun, settings }: Publishing,
): Promise<PostedToot> {
  const { visibility, language } = settings;
  const before = toot.replyTo === null ? null : await runs().recall<PostedToot>(run, postedKey(toot.replyTo));
  const due = minutesAfter(begun, toot.afterMinutes);
  const earliest = minutesAfter(now(), leadMinutes);
  return await client.post({
    text: toot.text,
    key: `${run}/toot/${index}`,
    visibility,
    language,
    ...(before && { replyTo: before.id }),
    // What came too late for its time comes soon, and still in order.
    ...(toot.afterMinutes > 0 && { scheduledAt: due > earliest ? due : earliest }),
  });
}
