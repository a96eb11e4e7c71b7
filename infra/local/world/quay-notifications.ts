import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { WorldContext } from "./context.ts";

/**
 * What Quay tells of pushes. It follows Quay's worker: a delivery that fails is tried again 30 s later, five times at
 * most, and three failures in a row switch a notification off until somebody resets it.
 */

export interface NotificationRecord {
  uuid: string;
  event: string;
  method: string;
  title: string;
  /** Null: where our HTTP API is now. */
  url: string | null;
  failures: number;
}

export interface Deliveries {
  /** Tells of one pushed tag. Never throws. */
  tell(image: string, tag: string, notifications: readonly NotificationRecord[]): Promise<void>;
  /** Gives up on what is under way. */
  close(): void;
}

export const failuresAllowed = 3;
const attemptsAllowed = 5;
const retryMinutes = 0.5;
const deliveryTimeoutMs = 10_000;

/** @param keep saves what changed. */
export function createDeliveries(ctx: WorldContext, keep: () => void): Deliveries {
  const { namespace, registry } = ctx.config.quay;
  const closing = new AbortController();

  async function deliver(
    image: string,
    tag: string,
    notification: NotificationRecord,
    attempt = 1,
  ): Promise<void> {
    if (notification.failures >= failuresAllowed || closing.signal.aborted) return;
    const target = notification.url ?? ctx.targets.quay;
    const body = pushEvent(registry, namespace, image, tag);
    const failed = await post(target, body);
    if (failed === null && ctx.faults.has("webhook-twice")) {
      ctx.faults.note("webhook-twice", "Quay sends every webhook again");
      await post(target, body);
    }
    if (closing.signal.aborted) return;
    notification.failures = failed === null ? 0 : notification.failures + 1;
    keep();
    if (failed === null) return;
    const off = notification.failures >= failuresAllowed;
    ctx.log("quay", `${image}:${tag} not delivered (${failed})${off ? ", the notification is off now" : ""}`);
    if (attempt < attemptsAllowed) {
      ctx.timers.after(retryMinutes, () => deliver(image, tag, notification, attempt + 1));
    }
  }

  /** Null when the webhook took it, else why not. */
  async function post(url: string, body: Record<string, unknown>): Promise<string | null> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      });
      await response.arrayBuffer();
      return response.ok ? null : `it answered ${response.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  return {
    async tell(image, tag, notifications) {
      if (ctx.faults.has("quay-silent")) return ctx.faults.note("quay-silent", "Quay tells of no push");
      const pushes = notifications.filter((each) => each.event === "repo_push" && each.method === "webhook");
      for (const each of pushes) await deliver(image, tag, each);
    },
    close: () => closing.abort(),
  };
}

/** The body of a request that makes a notification. */
export const newNotification = z
  .object({
    event: z.string(),
    method: z.string(),
    config: z.object({ url: z.url() }),
    title: z.string().default(""),
  })
  .transform(
    ({ config, ...rest }): NotificationRecord => ({
      uuid: randomUUID(),
      ...rest,
      url: config.url,
      failures: 0,
    }),
  );

/** The one that an admin made for us when the image was new. */
export function ourNotification(): NotificationRecord {
  const title = "Stablehand";
  return { uuid: randomUUID(), title, event: "repo_push", method: "webhook", url: null, failures: 0 };
}

export function showNotification(
  { uuid, title, event, method, url, failures }: NotificationRecord,
  ours: string,
): Record<string, unknown> {
  return {
    ...{ uuid, title, event, method },
    config: { url: url ?? ours },
    event_config: {},
    number_of_failures: failures,
  };
}

function pushEvent(registry: string, namespace: string, image: string, tag: string): Record<string, unknown> {
  const repository = `${namespace}/${image}`;
  return {
    repository,
    namespace,
    name: image,
    docker_url: `${registry}/${repository}`,
    homepage: `https://${registry}/repository/${repository}`,
    updated_tags: [tag],
  };
}
