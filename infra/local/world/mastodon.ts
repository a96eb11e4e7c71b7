import { randomBytes } from "node:crypto";
import { createEmulator, defineEmulator } from "emulate";
import type { WorldContext } from "./context.ts";
import { stateFile } from "./state-file.ts";

/**
 * A Mastodon instance with our account: the part of its API that toots. It counts as Mastodon 4 does
 * (`status_length_validator.rb`), keeps an `Idempotency-Key` for an hour, schedules nothing that is less than 5 minutes
 * ahead, and words its errors as Mastodon does.
 */

export interface MastodonStatus {
  id: string;
  text: string;
  /** ISO 8601. */
  createdAt: string;
  visibility: string;
  inReplyToId: string | null;
}

export interface ScheduledMastodonStatus extends Omit<MastodonStatus, "createdAt"> {
  /** ISO 8601. */
  scheduledAt: string;
}

export interface MastodonEmulator {
  url: string;
  accessToken: string;
  /** Oldest first. */
  statuses(): MastodonStatus[];
  scheduled(): ScheduledMastodonStatus[];
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface MastodonOptions {
  /** Characters of a toot. */
  limit?: number;
}

interface MastodonState {
  statuses: MastodonStatus[];
  scheduled: ScheduledMastodonStatus[];
  /** Idempotency-Key → id of what it made. */
  keys: Record<string, string>;
  ids: number;
}

const urlCharacters = 23;
const keptMinutes = 60;
const leadMs = 5 * 60_000;
const accountId = "109000000000000001";
const visibilities = ["public", "unlisted", "private", "direct"];

/** Starts the instance on a free port. */
export async function startMastodon(
  ctx: WorldContext,
  { limit = 500 }: MastodonOptions = {},
): Promise<MastodonEmulator> {
  const accessToken = `local-${randomBytes(16).toString("hex")}`;
  const file = stateFile<MastodonState>(ctx.stateDir, "mastodon");
  let state: MastodonState = file.load() ?? { statuses: [], scheduled: [], keys: {}, ids: 0 };
  const keep = () => file.save(state);
  const nextId = () => String(110_000_000_000_000_000n + BigInt(++state.ids));

  function publish(status: Omit<MastodonStatus, "createdAt">): MastodonStatus {
    const published = { ...status, createdAt: new Date().toISOString() };
    state.statuses.push(published);
    return published;
  }

  /** As long ahead as it says, at the speed of this world. */
  function publishLater({ id, scheduledAt }: ScheduledMastodonStatus): void {
    ctx.timers.after(Math.max(0, Date.parse(scheduledAt) - Date.now()) / 60_000, () => {
      const due = state.scheduled.find((each) => each.id === id);
      if (!due) return;
      state.scheduled = state.scheduled.filter((each) => each.id !== id);
      publish({ id: nextId(), text: due.text, visibility: due.visibility, inReplyToId: due.inReplyToId });
      keep();
    });
  }

  function remember(key: string | undefined, id: string): void {
    if (!key) return;
    state.keys[key] = id;
    ctx.timers.after(keptMinutes, () => {
      delete state.keys[key];
      keep();
    });
  }

  function show(status: MastodonStatus) {
    return {
      id: status.id,
      created_at: status.createdAt,
      in_reply_to_id: status.inReplyToId,
      visibility: status.visibility,
      url: `${emulator.url}/@stablehand/${status.id}`,
      uri: `${emulator.url}/users/stablehand/statuses/${status.id}`,
      content: `<p>${escapeHtml(status.text).replaceAll("\n\n", "</p><p>").replaceAll("\n", "<br />")}</p>`,
      account: { id: accountId, username: "stablehand", acct: "stablehand" },
    };
  }

  function showScheduled({ id, text, scheduledAt, visibility, inReplyToId }: ScheduledMastodonStatus) {
    const params = { text, visibility, in_reply_to_id: inReplyToId, scheduled_at: null };
    return { id, scheduled_at: scheduledAt, params, media_attachments: [] };
  }

  /** What is wrong with a new status, in Mastodon's words. */
  function refusal(text: string, scheduledAt: string | null, inReplyToId: string | null, visibility: string) {
    if (text === "") return "Validation failed: Text can't be blank";
    if (countCharacters(text) > limit) return `Validation failed: Text character limit of ${limit} exceeded`;
    if (!visibilities.includes(visibility))
      return "Validation failed: Visibility is not included in the list";
    if (inReplyToId && !state.statuses.some((each) => each.id === inReplyToId)) {
      return "The post you are trying to reply to does not appear to exist.";
    }
    const early = scheduledAt !== null && !(Date.parse(scheduledAt) - Date.now() >= leadMs);
    return early ? "Validation failed: Scheduled at The scheduled date must be in the future" : null;
  }

  const definition = defineEmulator({
    name: "mastodon",
    state: () => state,
    cors: false,
    setup({ app, state: live }) {
      state = live;
      app.get("/api/v2/instance", (c) =>
        c.json({
          domain: "mastodon.local",
          version: "4.5.0",
          configuration: {
            statuses: { max_characters: limit, characters_reserved_per_url: urlCharacters },
          },
        }),
      );
      app.use("/api/v1/:rest{.+}", async (c, next) => {
        if (c.req.header("authorization") === `Bearer ${accessToken}`) return await next();
        return c.json({ error: "The access token is invalid" }, 401);
      });
      app.get("/api/v1/accounts/verify_credentials", (c) =>
        c.json({ id: accountId, username: "stablehand", acct: "stablehand" }),
      );

      app.post("/api/v1/statuses", async (c) => {
        const body = await c.req.json<Record<string, string | null>>();
        const key = c.req.header("idempotency-key");
        const known = key === undefined ? undefined : state.keys[key];
        if (known) {
          const status = state.statuses.find((each) => each.id === known);
          const scheduled = state.scheduled.find((each) => each.id === known);
          if (status) return c.json(show(status));
          if (scheduled) return c.json(showScheduled(scheduled));
        }
        const text = (body.status ?? "").trim();
        const scheduledAt = body.scheduled_at ?? null;
        const inReplyToId = body.in_reply_to_id ?? null;
        const visibility = body.visibility ?? "public";
        const refused = refusal(text, scheduledAt, inReplyToId, visibility);
        if (refused) return c.json({ error: refused }, 422);
        const id = nextId();
        remember(key, id);
        if (scheduledAt !== null) {
          const scheduled = { id, text, visibility, inReplyToId, scheduledAt };
          state.scheduled.push(scheduled);
          publishLater(scheduled);
          keep();
          return c.json(showScheduled(scheduled));
        }
        const status = publish({ id, text, visibility, inReplyToId });
        keep();
        return c.json(show(status));
      });

      app.get("/api/v1/statuses/:id/source", (c) => {
        const status = state.statuses.find((each) => each.id === c.req.param("id"));
        if (!status) return c.json({ error: "Record not found" }, 404);
        return c.json({ id: status.id, text: status.text, spoiler_text: "" });
      });

      app.get(`/api/v1/accounts/${accountId}/statuses`, (c) => {
        const page = pageOf(state.statuses.toReversed(), c.req.query("max_id"), c.req.query("limit"));
        return answer(c.req.url, page.items.map(show), page.next);
      });
      app.get("/api/v1/scheduled_statuses", (c) => {
        const page = pageOf(state.scheduled.toReversed(), c.req.query("max_id"), c.req.query("limit"));
        return answer(c.req.url, page.items.map(showScheduled), page.next);
      });
    },
  });

  const emulator = await createEmulator({ service: definition, port: 0, inspector: true });
  for (const scheduled of state.scheduled) publishLater(scheduled);

  return {
    url: emulator.url,
    accessToken,
    statuses: () => [...state.statuses],
    scheduled: () => [...state.scheduled],
    save: async () => keep(),
    async close() {
      keep();
      await emulator.close();
    },
  };
}

/** The items after `max_id`, newest first, and the id under which the next page begins. */
function pageOf<T extends { id: string }>(items: T[], maxId: string | undefined, limit: string | undefined) {
  const size = Math.min(40, Math.max(1, Number(limit ?? 20) || 20));
  const older = maxId ? items.filter(({ id }) => BigInt(id) < BigInt(maxId)) : items;
  const page = older.slice(0, size);
  return { items: page, next: older.length > size ? (page.at(-1)?.id ?? null) : null };
}

function answer(requested: string, body: unknown, next: string | null): Response {
  const headers = new Headers({ "content-type": "application/json; charset=utf-8" });
  if (next) {
    const url = new URL(requested);
    url.searchParams.set("max_id", next);
    headers.set("link", `<${url}>; rel="next"`);
  }
  return new Response(JSON.stringify(body), { headers });
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * As Mastodon's validator counts. twitter-text finds the URLs there; this is its pattern for plain domains, with a list
 * of top-level domains that is short here and long there.
 */
export function countCharacters(text: string): number {
  const countable = text
    .replace(
      /(^|[^A-Za-z0-9@＠$#＃/._\u202A-\u202E-])(https?:\/\/(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|dev|io|eu|cz|social|software)(?![a-z0-9@-])(?::\d+)?(?:\/[\w\p{L}!*';:=+,.$%#[\]\-~&|@/]*[\w\p{L}=#/+-]|\/)?(?:\?[\w!?*'();:&=+$/%#[\]\-.,~|@]*[\w&=#/-])?)/giu,
      (_, before: string) => `${before}${"x".repeat(urlCharacters)}`,
    )
    .replace(
      /(?<![=/\p{L}\p{N}_])@([a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)@[\p{L}\p{N}_.-]+[\p{L}\p{N}_]+/giu,
      "@$1",
    );
  return [...graphemes.segment(countable)].length;
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
