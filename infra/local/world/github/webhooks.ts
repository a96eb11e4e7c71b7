import { createHmac, randomUUID } from "node:crypto";
import type { Faults } from "../faults.ts";
import type { AppSettings } from "./app.ts";
import type { Backend, Identity } from "./backend.ts";

/** Sends the App's webhooks: signed, each with an id of its own. GitHub sends a failed one never again by itself. */
export interface Webhooks {
  /**
   * Delivers an event about a repository (`owner/name`). Resolves when the receiver answered or failed to: a failure
   * is logged, never thrown.
   */
  deliver(event: string, repository: string, payload: Record<string, unknown>): Promise<void>;
  /** Gives up on what is under way. */
  close(): Promise<void>;
}

export interface WebhookOptions {
  identity: Identity;
  backend: Backend;
  /** What is sent at all, where to, and by which secret; and the record of it. */
  settings: AppSettings;
  /** Asked at each delivery: the receiver may start after GitHub. */
  target(): string;
  faults: Faults;
  log(text: string): void;
}

/** GitHub waits this long for an answer. */
const timeoutMs = 10_000;
const deliveriesKept = 100;

export function createWebhooks({
  identity,
  backend,
  settings,
  target,
  faults,
  log,
}: WebhookOptions): Webhooks {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function send(event: string, repository: string, payload: Record<string, unknown>): Promise<void> {
    const about = (await backend.read(`/repos/${repository}`)) as { owner?: unknown } | null;
    const body = JSON.stringify({
      ...payload,
      repository: about,
      organization: about?.owner,
      sender: appUser(identity),
      installation: { id: identity.installationId, node_id: nodeId("Installation", identity.installationId) },
    });
    const delivery = randomUUID();
    await post(event, delivery, body);
    if (!faults.has("webhook-twice")) return;
    faults.note("webhook-twice", "GitHub sends every webhook again");
    await post(event, delivery, body);
  }

  async function post(event: string, delivery: string, body: string): Promise<void> {
    const { url, secret } = settings.hook;
    const signature = secret === null ? null : createHmac("sha256", secret).update(body).digest("hex");
    const record = (status: number) => {
      const { action = null } = JSON.parse(body) as { action?: string };
      settings.deliveries.unshift({ event, action, status, at: new Date().toISOString() });
      settings.deliveries.splice(deliveriesKept);
    };
    try {
      const response = await fetch(url ?? target(), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "GitHub-Hookshot/stablehand",
          "x-github-delivery": delivery,
          "x-github-event": event,
          "x-github-hook-id": "1",
          "x-github-hook-installation-target-id": String(identity.appId),
          "x-github-hook-installation-target-type": "integration",
          ...(signature === null ? {} : { "x-hub-signature-256": `sha256=${signature}` }),
        },
        body,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.arrayBuffer();
      record(response.status);
      if (!response.ok) log(`the receiver answered ${response.status} to the webhook ${event}`);
    } catch (error) {
      record(0);
      if (!closing.signal.aborted) log(`the webhook ${event} was not delivered: ${String(error)}`);
    }
  }

  function isLost(event: string, { action }: Record<string, unknown>): boolean {
    if (!faults.has("webhook-lost") || event !== "workflow_run" || action !== "completed") return false;
    faults.note("webhook-lost", "GitHub does not tell that a run has ended");
    return true;
  }

  return {
    deliver(event, repository, payload) {
      // Pushes are sent although nobody subscribed to them: what we do not know, we must leave alone.
      const unsubscribed = event === "workflow_run" && !settings.events.includes(event);
      if (closing.signal.aborted || settings.suspended || unsubscribed || isLost(event, payload))
        return Promise.resolve();
      const delivery = send(event, repository, payload)
        .catch((error: unknown) => log(`the webhook ${event} was not sent: ${String(error)}`))
        .finally(() => underWay.delete(delivery));
      underWay.add(delivery);
      return delivery;
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

/** Stablehand's own account: everything that happens here, it started. */
export function appUser({ appId }: Identity): Record<string, unknown> {
  const login = "stablehand[bot]";
  return { login, id: appId, node_id: nodeId("Bot", appId), type: "Bot", site_admin: false };
}

export function nodeId(type: string, id: number): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}
