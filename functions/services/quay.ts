import { z } from "zod";
import { config } from "../runtime/config.ts";
import { ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { fetchJson } from "./http.ts";

/** A tag as it is now; what it named before is history. */
export interface QuayTag {
  name: string;
  /** Of the manifest, or of the manifest list, that the tag names. */
  digest: string;
  /** ISO 8601, in whole seconds (Quay tells no more): since when the tag names this manifest. */
  startedAt: string;
  isList: boolean;
  /** Compressed bytes; Quay does not know it for a manifest list. */
  size: number | null;
}

export interface QuayManifest {
  digest: string;
  /** The manifests of a list, one an architecture; null when this is a plain manifest. */
  architectures: { architecture: string; digest: string }[] | null;
}

/** What stands in a manifest, or in a list of them. */
export interface QuayContents {
  digest: string;
  /** Digests of the manifests in a list, attestations included; empty for a plain manifest. */
  manifests: string[];
  /** Of a plain manifest, in compressed bytes. */
  layers: { digest: string; size: number }[];
}

export interface QuayNotification {
  uuid: string;
  event: string;
  /** Where it goes, when that is a webhook. */
  url: string | null;
  /** In a row. After the third one Quay switches the notification off until it is reset. */
  failures: number;
}

/** The images of one namespace at Quay. Image names are short: `dashboard`. */
export interface Quay {
  /** The tag as it is now, or null. @throws NotFound when there is no such image. */
  tag(image: string, tag: string): Promise<QuayTag | null>;
  /** The tags that begin with `prefix`, newest first. @throws NotFound when there is no such image. */
  tagsLike(image: string, prefix: string): Promise<QuayTag[]>;
  /** @throws NotFound when the image has no such manifest. */
  manifest(image: string, digest: string): Promise<QuayManifest>;
  /** Lets a tag name a manifest that is there. @throws NotFound when the image has no such manifest. */
  setTag(image: string, tag: string, digest: string): Promise<void>;
  /** All tags, newest change first. A tag that moves meanwhile may be listed twice. @throws NotFound without such an image. */
  tags(image: string): Promise<QuayTag[]>;
  /** @throws NotFound when the image has no such manifest. */
  contents(image: string, digest: string): Promise<QuayContents>;
  /** Quay can bring it back for 14 days, unless the organisation set another time. @throws NotFound when it is gone. */
  deleteTag(image: string, tag: string): Promise<void>;
  notifications(image: string): Promise<QuayNotification[]>;
  /** Forgets its failures, which switches it on again. */
  resetNotification(image: string, uuid: string): Promise<void>;
}

export interface QuayOptions {
  /** `https://quay.io` */
  apiUrl: string;
  namespace: string;
  /** OAuth access token of an application: robot accounts can only push and pull. */
  token: string;
  fetch?: typeof fetch;
}

const tagAnswer = z
  .object({
    name: z.string(),
    manifest_digest: z.string(),
    /** Seconds. Some versions of Quay leave it out and give the date only. */
    start_ts: z.number().optional(),
    /** RFC 2822. */
    last_modified: z.string().optional(),
    is_manifest_list: z.boolean(),
    size: z.number().nullish(),
  })
  .transform((tag, context): QuayTag => {
    const started = tag.start_ts ? tag.start_ts * 1000 : Date.parse(tag.last_modified ?? "");
    if (Number.isNaN(started)) {
      context.addIssue({ code: "custom", message: `the tag ${tag.name} has no time` });
      return z.NEVER;
    }
    return {
      name: tag.name,
      digest: tag.manifest_digest,
      startedAt: new Date(started).toISOString(),
      isList: tag.is_manifest_list,
      size: tag.size ?? null,
    };
  });

const tagsAnswer = z.object({ tags: z.array(tagAnswer), has_additional: z.boolean() });

const manifestAnswer = z.object({
  digest: z.string(),
  is_manifest_list: z.boolean(),
  /** The manifest itself: JSON in a string. */
  manifest_data: z.string(),
  /** Null for a list. */
  layers: z.array(z.object({ blob_digest: z.string(), compressed_size: z.number().nullable() })).nullish(),
});

const notificationsAnswer = z.object({
  notifications: z.array(
    z.object({
      uuid: z.string(),
      event: z.string(),
      config: z.object({ url: z.string().optional() }).nullish().catch(null),
      number_of_failures: z.number().default(0),
    }),
  ),
});

const manifestList = z.object({
  manifests: z.array(z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }) })),
});

const anyList = z.object({ manifests: z.array(z.object({ digest: z.string() })) });

const pageSize = 100;

export function createQuay({ apiUrl, namespace, token, fetch }: QuayOptions): Quay {
  const ask = (
    image: string,
    path: string,
    what: string,
    change: { method?: string; body?: unknown } = {},
  ): Promise<unknown> => {
    const name = [namespace, ...image.split("/")].map(encodeURIComponent).join("/");
    return fetchJson("Quay", `${apiUrl}/api/v1/repository/${name}/${path}`, {
      what,
      headers: { authorization: `Bearer ${token}` },
      fetch,
      ...change,
    });
  };

  const tagsPage = async (image: string, filter: Record<string, string>, page: number) => {
    const query = new URLSearchParams({
      ...filter,
      onlyActiveTags: "true",
      limit: String(pageSize),
      page: String(page),
    });
    const what = `the tags of ${namespace}/${image}`;
    return read(tagsAnswer, await ask(image, `tag/?${query}`, what), what);
  };

  return {
    async tag(image, tag) {
      const { tags } = await tagsPage(image, { specificTag: tag }, 1);
      return tags.find((each) => each.name === tag) ?? null;
    },

    async tagsLike(image, prefix) {
      const found: QuayTag[] = [];
      for (let page = 1; ; page++) {
        const { tags, has_additional } = await tagsPage(image, { filter_tag_name: `like:${prefix}` }, page);
        // Quay's "like" finds the text anywhere in a name, in any case.
        found.push(...tags.filter((each) => each.name.startsWith(prefix)));
        if (!has_additional || tags.length === 0) return found;
      }
    },

    async setTag(image, tag, digest) {
      const what = `the tag ${tag} of ${namespace}/${image} to ${digest}`;
      const body = { manifest_digest: digest };
      await ask(image, `tag/${encodeURIComponent(tag)}`, what, { method: "PUT", body });
    },

    async manifest(image, digest) {
      const what = `the manifest ${digest} of ${namespace}/${image}`;
      const answer = await ask(image, `manifest/${encodeURIComponent(digest)}`, what);
      const manifest = read(manifestAnswer, answer, what);
      if (!manifest.is_manifest_list) return { digest: manifest.digest, architectures: null };
      const list = read(manifestList, parseJson(manifest.manifest_data), what);
      const architectures = list.manifests
        .map((each) => ({ architecture: each.platform.architecture, digest: each.digest }))
        // Attestations stand in the list as manifests for no machine.
        .filter((each) => each.architecture !== "unknown");
      return { digest: manifest.digest, architectures };
    },

    async tags(image) {
      const found: QuayTag[] = [];
      for (let page = 1; ; page++) {
        const { tags, has_additional } = await tagsPage(image, {}, page);
        found.push(...tags);
        if (!has_additional || tags.length === 0) return found;
      }
    },

    async contents(image, digest) {
      const what = `the manifest ${digest} of ${namespace}/${image}`;
      const answer = await ask(image, `manifest/${encodeURIComponent(digest)}`, what);
      const manifest = read(manifestAnswer, answer, what);
      if (manifest.is_manifest_list) {
        const list = read(anyList, parseJson(manifest.manifest_data), what);
        return { digest, manifests: list.manifests.map((each) => each.digest), layers: [] };
      }
      const layers = (manifest.layers ?? []).map((layer) => ({
        digest: layer.blob_digest,
        size: layer.compressed_size ?? 0,
      }));
      return { digest, manifests: [], layers };
    },

    async deleteTag(image, tag) {
      const what = `the tag ${tag} of ${namespace}/${image}`;
      await ask(image, `tag/${encodeURIComponent(tag)}`, what, { method: "DELETE" });
    },

    async notifications(image) {
      const what = `the notifications of ${namespace}/${image}`;
      const { notifications } = read(notificationsAnswer, await ask(image, "notification/", what), what);
      return notifications.map(({ uuid, event, config, number_of_failures: failures }) => ({
        uuid,
        event,
        url: config?.url ?? null,
        failures,
      }));
    },

    async resetNotification(image, uuid) {
      const what = `a notification of ${namespace}/${image}`;
      await ask(image, `notification/${encodeURIComponent(uuid)}`, what, { method: "POST" });
    },
  };
}

function read<S extends z.ZodType>(schema: S, answer: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new ServiceUnavailable(
    `Quay answered in an unknown shape (${what}): ${z.prettifyError(parsed.error)}. Look whether its API changed.`,
  );
}

/** Undefined for what is not JSON: the schema then says what is missing. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Quay as configured. */
export const quay = lazy(async (): Promise<Quay> => {
  const { apiUrl, namespace } = config().quay;
  const { token } = await secret("quay");
  return createQuay({ apiUrl, namespace, token });
});
