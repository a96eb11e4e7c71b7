import type { Context } from "hono";
import { z } from "zod";
import { secret } from "../runtime/secrets.ts";
import { largestWebhook, parseJson, Refusal, rawBody } from "./errors.ts";
import { field, parseForm } from "./form.ts";
import { exactText, isFromSlack } from "./signatures.ts";
import { pressApproval } from "./slack-approval.ts";
import { pressCleanup } from "./slack-cleanup.ts";
import { receiveCommand } from "./slack-command.ts";
import { pressControl } from "./slack-control.ts";
import type { Press } from "./slack-press.ts";
import { pressQuestion } from "./slack-question.ts";
import { tellPrivately } from "./slack-reply.ts";

const interaction = z.object({
  type: z.string(),
  user: z.object({ id: z.string().min(1) }).optional(),
  response_url: z.string().optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).optional(),
});

/** By the first part of the button's id. Each returns what the person has to be told, or null when it was done. */
const presses: Record<string, (press: Press) => Promise<string | null>> = {
  approval: pressApproval,
  question: pressQuestion,
  run: pressControl,
  cleanup: pressCleanup,
};

/**
 * A slash command, or a press on a button of ours in Slack. The answer to the request itself shows nowhere, so people are told by the
 * `response_url`, and all within Slack's 3 seconds.
 * @throws Refusal
 */
export async function receiveFromSlack(c: Context): Promise<Response> {
  const bytes = await rawBody(c, largestWebhook);
  const { signingSecrets } = await secret("slack");
  const signature = c.req.header("x-slack-signature");
  const timestamp = c.req.header("x-slack-request-timestamp");
  if (!isFromSlack(bytes, { signature, timestamp }, signingSecrets, Date.now())) {
    throw new Refusal(401, "signature");
  }
  const form = parseForm(exactText(bytes) ?? "");
  if (field(form, "command") !== "") return c.json(await receiveCommand(form), 200);
  const payload = field(form, "payload");
  const parsed = interaction.safeParse(parseJson(new TextEncoder().encode(payload)));
  if (!parsed.success) throw new Refusal(400, "shape");
  const { type, user, actions = [], response_url: replyTo } = parsed.data;
  if (type !== "block_actions" || !user) return c.body(null, 200);
  for (const { action_id: id, value = "" } of actions) {
    const [kind = "", name = ""] = id.split(".");
    const press = Object.hasOwn(presses, kind) ? presses[kind] : undefined;
    if (!press) continue;
    const problem = await press({ slackId: user.id, name, value });
    if (problem && replyTo) await tellPrivately(replyTo, problem);
    break;
  }
  return c.body(null, 200);
}
