import { createHmac, randomUUID } from "node:crypto";
import type { Faults } from "../faults.ts";
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
  /** Asked at each delivery: the receiver may start after GitHub. */
  target(): string;
  faults: Faults;
  log(text: string): void;
}

/** GitHub waits this long for an answer. */
const timeoutMs = 10_000;

export function createWebhooks({ identity, backend, target, faults, log }: WebhookOptions): Webhooks {
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
    const signature = createHmac("sha256", identity.webhookSecret).update(body).digest("hex");
    try {
      const response = await fetch(target(), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "GitHub-Hookshot/stablehand",
          "x-github-delivery": delivery,
          "x-github-event": event,
          "x-github-hook-id": "1",
          "x-github-hook-installation-target-id": String(identity.appId),
          "x-github-hook-installation-target-type": "integration",
          "x-hub-signature-256": `sha256=${signature}`,
        },
        body,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.arrayBuffer();
      if (!response.ok) log(`the receiver answered ${response.status} to the webhook ${event}`);
    } catch (error) {
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
      if (closing.signal.aborted || isLost(event, payload)) return Promise.resolve();
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
