import { randomUUID } from "node:crypto";
import { createEmulator, defineEmulator } from "emulate";
import type { ImageContents, QuayWorld, WorldContext } from "./context.ts";
import { type BuiltManifest, imageManifest, manifestList } from "./quay-manifests.ts";
import {
  createDeliveries,
  failuresAllowed,
  type NotificationRecord,
  newNotification,
  ourNotification,
  showNotification,
} from "./quay-notifications.ts";
import { stateFile } from "./state-file.ts";

/**
 * Quay: tags with their history, manifests, and the notifications of each image. Answers have the shapes of Quay's own
 * `endpoints/api`.
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
  notifications: NotificationRecord[];
}

interface QuayState {
  images: Record<string, ImageRecord>;
  /** By digest. */
  manifests: Record<string, BuiltManifest & { image: string; contents: ImageContents }>;
  pushes: number;
}

export interface QuayEmulator extends QuayWorld {
  settings: QuaySettings;
  /** An admin changes an image's notifications. */
  changeNotifications(image: string, change: (kept: NotificationRecord[]) => NotificationRecord[]): void;
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

/** What an admin of the organisation can change about the token. */
export interface QuaySettings {
  /** "Administer Repositories": else it sees no notifications. */
  administers: boolean;
}

const tagPattern = /^\w[\w.-]{0,127}$/;

/**
 * Starts Quay on a free port. An image exists from its first push on.
 *
 * `push` puts the tags in place at once and sends one notification a tag in the background; with `at` it does neither
 * notify nor emit `tagged` nor save, and must be called in the order of time. Everything else is saved at once.
 */
export async function startQuay(ctx: WorldContext): Promise<QuayEmulator> {
  const token = randomUUID();
  const { namespace } = ctx.config.quay;
  const settings: QuaySettings = { administers: true };
  const file = stateFile<QuayState>(ctx.stateDir, "quay");
  let state: QuayState = file.load() ?? { images: {}, manifests: {}, pushes: 0 };
  const keep = () => file.save(state);
  const deliveries = createDeliveries(ctx, keep);
  const immutable = new Set<string>();

  function imageNamed(name: string): ImageRecord {
    const image = state.images[name];
    if (!image) throw new Error(`the emulated Quay has no image ${name}`);
    return image;
  }

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

      app.use(`${base}/notification/:rest{.*}`, async (c, next) => {
        if (settings.administers) return await next();
        return c.json(problem(403, "insufficient_scope", "Unauthorized"), 403);
      });

      app.get(`${base}/notification/`, (c) => {
        const image = state.images[c.req.param("image")];
        if (!image) return c.json(lost, 404);
        const notifications = image.notifications.map((each) => showNotification(each, ctx.targets.quay));
        return c.json({ notifications, additional: false });
      });

      app.post(`${base}/notification/`, async (c) => {
        const image = state.images[c.req.param("image")];
        if (!image) return c.json(lost, 404);
        const parsed = newNotification.safeParse(await c.req.json());
        if (!parsed.success) return c.json(problem(400, "invalid_request", "Missing required field"), 400);
        image.notifications.push(parsed.data);
        keep();
        return c.json(showNotification(parsed.data, ctx.targets.quay), 201);
      });

      app.delete(`${base}/notification/:uuid`, (c) => {
        const image = state.images[c.req.param("image")];
        const uuid = c.req.param("uuid");
        if (!image?.notifications.some((each) => each.uuid === uuid)) return c.json(lost, 404);
        image.notifications = image.notifications.filter((each) => each.uuid !== uuid);
        keep();
        return c.body(null, 204);
      });

      app.post(`${base}/notification/:uuid`, (c) => {
        const uuid = c.req.param("uuid");
        const image = state.images[c.req.param("image")];
        const notification = image?.notifications.find((each) => each.uuid === uuid);
        if (!notification) {
          return c.json(
            problem(400, "invalid_request", `No repository notification found for: ${uuid}`),
            400,
          );
        }
        notification.failures = 0;
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
    settings,
    changeNotifications(name, change) {
      const image = imageNamed(name);
      image.notifications = change(image.notifications);
      keep();
    },

    async push({ image: name, tags, architectures, contents, at }) {
      const start = at?.getTime() ?? Date.now();
      const digest = build(name, architectures, contents, start);
      state.images[name] ??= { tags: [], notifications: [ourNotification()] };
      for (const tag of tags) setTag(tag, state.images[name], digest, start);
      if (at) return digest;
      keep();
      for (const tag of tags) ctx.events.emit("tagged", { image: name, tag, digest });
      ctx.timers.after(0, async () => {
        for (const tag of tags) await deliveries.tell(name, tag, state.images[name]?.notifications ?? []);
      });
      return digest;
    },

    switchOffNotification(name) {
      for (const each of imageNamed(name).notifications) each.failures = failuresAllowed;
      keep();
    },
    tagNames: (name) =>
      (state.images[name]?.tags ?? []).filter((tag) => tag.end === null).map((tag) => tag.name),
    refuseToDelete: (image, tag) => void immutable.add(`${image}:${tag}`),

    contents: (digest) => state.manifests[digest]?.contents ?? null,
    isEmpty: () => state.pushes === 0,
    save: async () => keep(),

    async close() {
      deliveries.close();
      keep();
      await emulator.close();
    },
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
