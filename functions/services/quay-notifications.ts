import { z } from "zod";
import type { QuayNotification } from "../domain/doctor-images.ts";
import { config } from "../runtime/config.ts";
import { PermissionDenied, ServiceUnavailable } from "../runtime/errors.ts";
import { fetchJson } from "./http.ts";

/**
 * The notifications of the images of one namespace at Quay. Quay shows and changes them only by a token that may
 * administer repositories. Errors never quote an address: it holds a secret.
 */
export interface QuayNotifications {
  /** Null: the token may not see them. @throws NotFound when there is no such image. */
  list(image: string): Promise<QuayNotification[] | null>;
  /** One more, about pushes, to a webhook. */
  create(image: string, url: string): Promise<void>;
  /** Counts its failures from 0 again, which switches it on. */
  reset(image: string, uuid: string): Promise<void>;
  remove(image: string, uuid: string): Promise<void>;
}

const notification = z
  .object({
    uuid: z.string(),
    event: z.string(),
    method: z.string(),
    config: z.object({ url: z.string().catch("") }).catch({ url: "" }),
    number_of_failures: z.number().catch(0),
  })
  .transform(
    ({ uuid, event, method, config: { url }, number_of_failures: failures }): QuayNotification => ({
      uuid,
      event,
      method,
      url,
      failures,
    }),
  );
const answer = z.object({ notifications: z.array(notification) });

export function createQuayNotifications(options: {
  apiUrl: string;
  namespace: string;
  token: string;
  fetch?: typeof fetch;
}): QuayNotifications {
  const { apiUrl, namespace, token, fetch } = options;
  const ask = async (image: string, path: string, method: string, body?: unknown): Promise<unknown> => {
    const name = [namespace, ...image.split("/")].map(encodeURIComponent).join("/");
    return await fetchJson("Quay", `${apiUrl}/api/v1/repository/${name}/notification/${path}`, {
      what: `the notifications of ${namespace}/${image}`,
      method,
      headers: { authorization: `Bearer ${token}` },
      body,
      fetch,
    });
  };

  return {
    async list(image) {
      let found: unknown;
      try {
        found = await ask(image, "", "GET");
      } catch (thrown) {
        if (thrown instanceof PermissionDenied) return null;
        throw thrown;
      }
      const parsed = answer.safeParse(found);
      if (parsed.success) return parsed.data.notifications;
      throw new ServiceUnavailable(
        `Quay answered in an unknown shape (the notifications of ${namespace}/${image}): look whether its API changed.`,
      );
    },

    async create(image, url) {
      await ask(image, "", "POST", {
        event: "repo_push",
        method: "webhook",
        config: { url },
        eventConfig: {},
        title: "Stablehand",
      });
    },

    async reset(image, uuid) {
      await ask(image, encodeURIComponent(uuid), "POST");
    },

    async remove(image, uuid) {
      await ask(image, encodeURIComponent(uuid), "DELETE");
    },
  };
}

/** Quay as configured, by a token of the caller's. */
export function quayNotifications(token: string): QuayNotifications {
  const { apiUrl, namespace } = config().quay;
  return createQuayNotifications({ apiUrl, namespace, token });
}
