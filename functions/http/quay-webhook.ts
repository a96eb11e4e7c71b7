import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import { quayPushKey } from "../domain/keys.ts";
import { log } from "../runtime/logger.ts";
import { secret } from "../runtime/secrets.ts";
import { waits } from "../waits.ts";

import { largestWebhook, parseJson, Refusal, rawBody } from "./errors.ts";
import { isAnyOf } from "./signatures.ts";

/** The body of a `repo_push` notification. It holds no digest, and no id. */
const pushEvent = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1),
  updated_tags: z.array(z.string().min(1)).max(100),
});

/**
 * A notification of Quay, which signs nothing: the path holds a secret, and what the notification claims is confirmed
 * with Quay before anything depends on it.
 * @throws Refusal
 */
export async function receiveFromQuay(c: Context): Promise<Response> {
  const { webhookSecrets } = await secret("quay");
  if (!isAnyOf(c.req.param("secret") ?? "", webhookSecrets)) throw new Refusal(401, "secret");
  const parsed = pushEvent.safeParse(parseJson(await rawBody(c, largestWebhook)));
  if (!parsed.success) throw new Refusal(400, "shape");
  const { name, namespace, updated_tags: tags } = parsed.data;
  for (const tag of new Set(tags)) {
    const key = quayPushKey({ namespace, image: name, tag });
    // Quay names no delivery. The same push told twice makes two signals, which is harmless; two pushes told as one
    // would not be.
    const { resumed } = await waits().signal({
      key,
      id: `push/${randomUUID()}`,
      origin: "signal",
      body: { tag },
    });
    log("webhook.push", { key, resumed });
  }
  return c.body(null, 204);
}
