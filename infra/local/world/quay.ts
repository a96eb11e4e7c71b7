import { randomUUID } from "node:crypto";
import { createEmulator, defineEmulator } from "emulate";
import type { ImageContents, QuayWorld, WorldContext } from "./context.ts";
import { type BuiltManifest, imageManifest, manifestList } from "./quay-manifests.ts";
import { stateFile } from "./state-file.ts";

/**
 * Quay: tags with their history, manifests, and the `repo_push` notification of each image. Answers have the shapes of
 * Quay's own `endpoints/api`; notifications follow its worker: a delivery that fails is tried again 30 s later, five
 * times at most, and three failures in a row switch the notification off until somebody resets it.
 */

interface TagRecord {
  name: string;
  digest: string;
  /** Milliseconds; the API tells whole seconds. */
  start: number;
  /** Null: the tag names this manifest now. */
  end: number | null;
}

interface ImageRecord {
  /** In the order of their pushes. */
  tags: TagRecord[];
  notification: { uuid: string; failures: number };
}

interface QuayState {
  images: Record<string, ImageRecord>;
  /** By digest. */
  manifests: Record<string, BuiltManifest & { image: string; contents: ImageContents }>;
  pushes: number;
}

export interface QuayEmulator extends QuayWorld {
  /** As after three deliveries in a row that failed. */
  switchOffNotification(image: string): void;
  /** Names of the tags that an image has now, oldest first. */
  tagNames(image: string): string[];
  /** From now on Quay refuses to delete that tag. */
  refuseToDelete(image: string, tag: string): void;
  /** Nothing was ever pushed: a world that is new. */
  isEmpty(): boolean;
  save(): Promise<void>;
  /** Saves, and stops deliveries that are under way. */
  close(): Promise<void>;
}

const failuresAllowed = 3;
const attemptsAllowed = 5;
const retryMinutes = 0.5;
const deliveryTimeoutMs = 10_000;
const tagPattern = /^\w[\w.-]{0,127}$/;

/**
 * Starts Quay on a free port. An image exists from its first push on.
 *
 * `push` puts the tags in place at once and sends one notification a tag in the background; with `at` it does neither
 * notify nor emit `tagged` nor save, and must be called in the order of time. Everything else is saved at once.
 */
export async function startQuay(ctx: WorldContext): Promise<QuayEmulator> {
  const token = randomUUID();
  const { namespace, registry } = ctx.config.quay;
  const closing = new AbortController();
  const file = stateFile<QuayState>(ctx.stateDir, "quay");
  let state: QuayState = file.load() ?? { images: {}, manifests: {}, pushes: 0 };
  const keep = () => file.save(state);
  const immutable = new Set<string>();

  const alive = (image: ImageRecord, name: string) =>
    image.tags.find((tag) => tag.name === name && tag.end === null);

  function setTag(name: string, image: ImageRecord, digest: string, start: number): void {
    const before = alive(image, name);
    if (before) before.end = start;
    image.tags.push({ name, digest, start, end: null });
  }

  // The API.

  const definition = defineEmulator({
    name: "quay",
    state: () => state,
    cors: false,
    setup({ app, state: live }) {
      state = live;
      app.use("*", async (c, next) => {
        if (c.req.header("authorization") === `Bearer ${token}`) return await next();
        return c.json(problem(401, "invalid_token", "Invalid bearer token"), 401);
      });
      const base = `/api/v1/repository/${namespace}/:image`;
      const lost = problem(404, "not_found", "Not Found");

      app.get(`${base}/tag/`, (c) => {
        const image = state.images[c.req.param("image")];
        if (!image) return c.json(lost, 404);
        const query = (name: string) => c.req.query(name);
        const filter = query("filter_tag_name");
        if (filter && !filter.includes(":")) {
          return c.json(problem(400, "invalid_request", "Unsupported syntax for filter_tag_name."), 400);
        }
        const tags = listTags(image, {
          name: query("specificTag"),
          filter,
          onlyActive: /^(true|1|yes)$/i.test(query("onlyActiveTags") ?? ""),
        });
        const limit = Math.min(100, Math.max(1, Number(query("limit") ?? 50) || 50));
        const page = Math.max(1, Number(query("page") ?? 1) || 1);
        return c.json({
          tags: tags.slice((page - 1) * limit, page * limit).map(showTag),
          page,
          has_additional: tags.length > page * limit,
        });
      });

      app.put(`${base}/tag/:tag`, async (c) => {
        const { image: name, tag } = c.req.param() as { image: string; tag: string };
        const { manifest_digest: digest } = await c.req.json<{ manifest_digest?: string }>();
        const image = state.images[name];
        if (!tagPattern.test(tag) || !digest) {
          return c.json(problem(400, "invalid_request", "A tag name and a manifest_digest are needed"), 400);
        }
        if (!image || state.manifests[digest]?.image !== name) return c.json(lost, 404);
        setTag(tag, image, digest, Date.now());
        keep();
        ctx.events.emit("tagged", { image: name, tag, digest });
        return c.json("Updated", 201);
      });

      app.delete(`${base}/tag/:tag`, (c) => {
        const image = state.images[c.req.param("image")];
        const tag = image && alive(image, c.req.param("tag"));
        if (!tag) return c.json(lost, 404);
        if (immutable.has(`${c.req.param("image")}:${tag.name}`)) {
          return c.json(problem(409, "invalid_request", "The tag is immutable"), 409);
        }
        tag.end = Date.now();
        keep();
        return c.body(null, 204);
      });

      app.get(`${base}/manifest/:digest`, (c) => {
        const manifest = state.manifests[c.req.param("digest")];
        if (!manifest || manifest.image !== c.req.param("image")) return c.json(lost, 404);
        return c.json(showManifest(manifest));
      });

      app.get(`${base}/notification/`, (c) => {
        const image = state.images[c.req.param("image")];
        if (!image) return c.json(lost, 404);
        return c.json({ notifications: [showNotification(image, ctx.targets.quay)] });
      });

      app.post(`${base}/notification/:uuid`, (c) => {
        const uuid = c.req.param("uuid");
        const image = state.images[c.req.param("image")];
        if (image?.notification.uuid !== uuid) {
          return c.json(
            problem(400, "invalid_request", `No repository notification found for: ${uuid}`),
            400,
          );
        }
        image.notification.failures = 0;
        keep();
        return c.body(null, 204);
      });
    },
  });

  function listTags(image: ImageRecord, wanted: { name?: string; filter?: string; onlyActive: boolean }) {
    const [operation, value = ""] = wanted.filter ? splitOnce(wanted.filter, ":") : [];
    return image.tags
      .filter((tag) => !wanted.name || tag.name === wanted.name)
      .filter((tag) => operation !== "eq" || tag.name === value)
      .filter((tag) => operation !== "like" || tag.name.toLowerCase().includes(value.toLowerCase()))
      .filter((tag) => !wanted.onlyActive || tag.end === null)
      .sort((a, b) => b.start - a.start || a.name.localeCompare(b.name));
  }

  function showTag(tag: TagRecord): Record<string, unknown> {
    const manifest = state.manifests[tag.digest];
    return {
      name: tag.name,
      reversion: false,
      start_ts: seconds(tag.start),
      manifest_digest: tag.digest,
      is_manifest_list: manifest?.list ?? false,
      size: manifest?.size ?? null,
      last_modified: rfc2822(tag.start),
      ...(tag.end === null ? {} : { end_ts: seconds(tag.end), expiration: rfc2822(tag.end) }),
    };
  }

  // Notifications.

  /** Delivers one event; keeps trying as Quay's worker does. Never throws. */
  async function deliver(imageName: string, tag: string, attempt = 1): Promise<void> {
    const image = state.images[imageName];
    if (ctx.faults.has("quay-silent")) return ctx.faults.note("quay-silent", "Quay tells of no push");
    if (!image || image.notification.failures >= failuresAllowed || closing.signal.aborted) return;
    const failed = await post(event(registry, namespace, imageName, tag));
    if (failed === null && ctx.faults.has("webhook-twice")) {
      ctx.faults.note("webhook-twice", "Quay sends every webhook again");
      await post(event(registry, namespace, imageName, tag));
    }
    if (closing.signal.aborted) return;
    image.notification.failures = failed === null ? 0 : image.notification.failures + 1;
    keep();
    if (failed === null) return;
    const off = image.notification.failures >= failuresAllowed;
    ctx.log(
      "quay",
      `${imageName}:${tag} not delivered (${failed})${off ? ", the notification is off now" : ""}`,
    );
    if (attempt < attemptsAllowed) ctx.timers.after(retryMinutes, () => deliver(imageName, tag, attempt + 1));
  }

  /** Null when the webhook took it, else why not. */
  async function post(body: Record<string, unknown>): Promise<string | null> {
    try {
      const response = await fetch(ctx.targets.quay, {
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

  // What the builder does.

  function build(image: string, architectures: string[], contents: ImageContents, at: number): string {
    const id = `${image}-${++state.pushes}`;
    const parts = architectures.map((architecture) => ({
      architecture,
      manifest: imageManifest(image, architecture, id, new Date(at)),
    }));
    const manifests = parts.map((part) => part.manifest);
    if (parts.length > 1) manifests.push(manifestList(parts));
    for (const each of manifests) state.manifests[each.digest] = { ...each, image, contents };
    const pushed = manifests.at(-1);
    if (!pushed) throw new Error(`${image} was pushed without any architecture`);
    return pushed.digest;
  }

  const emulator = await createEmulator({ service: definition, port: 0, inspector: true });

  return {
    url: emulator.url,
    token,

    async push({ image: name, tags, architectures, contents, at }) {
      const start = at?.getTime() ?? Date.now();
      const digest = build(name, architectures, contents, start);
      state.images[name] ??= { tags: [], notification: { uuid: randomUUID(), failures: 0 } };
      for (const tag of tags) setTag(tag, state.images[name], digest, start);
      if (at) return digest;
      keep();
      for (const tag of tags) ctx.events.emit("tagged", { image: name, tag, digest });
      ctx.timers.after(0, async () => {
        for (const tag of tags) await deliver(name, tag);
      });
      return digest;
    },

    switchOffNotification(name) {
      const image = state.images[name];
      if (!image) throw new Error(`There is no image ${name}`);
      image.notification.failures = failuresAllowed;
      keep();
    },
    tagNames: (name) =>
      (state.images[name]?.tags ?? []).filter((tag) => tag.end === null).map((tag) => tag.name),
    refuseToDelete: (image, tag) => void immutable.add(`${image}:${tag}`),

    contents: (digest) => state.manifests[digest]?.contents ?? null,
    isEmpty: () => state.pushes === 0,
    save: async () => keep(),

    async close() {
      closing.abort();
      keep();
      await emulator.close();
    },
  };
}

function event(registry: string, namespace: string, image: string, tag: string): Record<string, unknown> {
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

function showManifest(manifest: BuiltManifest): Record<string, unknown> {
  const layers = manifest.layers.map((layer, index) => ({
    index,
    compressed_size: layer.size,
    is_remote: false,
    urls: null,
    command: null,
    comment: null,
    author: null,
    blob_digest: layer.digest,
    created_datetime: null,
  }));
  return {
    digest: manifest.digest,
    is_manifest_list: manifest.list,
    manifest_data: manifest.data,
    config_media_type: null,
    layers: manifest.list ? null : layers,
  };
}

function showNotification({ notification }: ImageRecord, url: string): Record<string, unknown> {
  return {
    uuid: notification.uuid,
    title: "Stablehand",
    event: "repo_push",
    method: "webhook",
    config: { url },
    event_config: {},
    number_of_failures: notification.failures,
  };
}

function problem(status: number, type: string, detail: string): Record<string, unknown> {
  return { detail, error_message: detail, error_type: type, title: type, status };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** `Fri, 20 Nov 2026 12:00:00 -0000`, as Python's `email.utils` writes it. */
function rfc2822(milliseconds: number): string {
  return new Date(milliseconds).toUTCString().replace("GMT", "-0000");
}
