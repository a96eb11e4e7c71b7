import { randomBytes } from "node:crypto";
import { createEmulator, defineEmulator } from "emulate";
import type { WorldContext } from "./context.ts";
import { stateFile } from "./state-file.ts";

/**
 * A Matrix homeserver with one room: the part of the client-server API (v3) that a bot needs which reads and sets the
 * topic and sends messages. Errors have the protocol's form; an unchanged topic makes no new event, and a transaction id
 * that comes again no second message, as with Synapse.
 */

export interface MatrixEvent {
  type: string;
  event_id: string;
  room_id: string;
  sender: string;
  /** Milliseconds. */
  origin_server_ts: number;
  content: Record<string, unknown>;
  /** Only state events have one. */
  state_key?: string;
}

export interface MatrixEmulator {
  url: string;
  userId: string;
  accessToken: string;
  room: string;
  /** The values that the topic held, in order and with the first. */
  topics(): string[];
  /** Messages in the timeline, oldest first. */
  messages(): { eventId: string; sender: string; body: string; html: string | null }[];
  /** A person with enough power sets the topic. */
  setTopicAs(userId: string, topic: string): void;
  /** An admin of the room gives the bot this power level. */
  grantPower(level: number): void;
  /** Somebody takes the bot out of the room, or invites it and it joins. */
  setJoined(joined: boolean): void;
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface MatrixOptions {
  /** The room's topic in a new world; null: it never had one. */
  topic?: string | null;
  /** The bot's power level; the topic needs 50. */
  powerLevel?: number;
  /** Whether the bot is in the room. */
  joined?: boolean;
}

interface MatrixState {
  /** In the order of their arrival; the newest of a type and state key is the room's state. */
  timeline: MatrixEvent[];
  /** Type and transaction id → the event that it made. */
  transactions: Record<string, string>;
}

const founder = "@founder:local";
const topicLevel = 50;

/** Starts the homeserver on a free port. */
export async function startMatrix(ctx: WorldContext, options: MatrixOptions = {}): Promise<MatrixEmulator> {
  const room = ctx.config.matrix?.room ?? "!none:local";
  const userId = `@stablehand:${room.split(":")[1] ?? "local"}`;
  const accessToken = `local-${randomBytes(16).toString("hex")}`;
  const file = stateFile<MatrixState>(ctx.stateDir, "matrix");
  const saved = file.load();
  let state: MatrixState = saved ?? { timeline: [], transactions: {} };

  function add(
    sender: string,
    type: string,
    content: Record<string, unknown>,
    stateKey?: string,
  ): MatrixEvent {
    const event: MatrixEvent = {
      type,
      event_id: `$${randomBytes(24).toString("base64url")}`,
      room_id: room,
      sender,
      origin_server_ts: Date.now(),
      content,
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
    };
    state.timeline.push(event);
    file.save(state);
    return event;
  }

  const current = (type: string, stateKey: string) =>
    state.timeline.findLast((each) => each.type === type && each.state_key === stateKey);

  /** Sets state; the same content again is no new event. */
  function setState(
    sender: string,
    type: string,
    content: Record<string, unknown>,
    stateKey = "",
  ): MatrixEvent {
    const before = current(type, stateKey);
    const unchanged = before?.sender === sender && JSON.stringify(before.content) === JSON.stringify(content);
    return unchanged ? before : add(sender, type, content, stateKey);
  }

  function level(sender: string): number {
    const levels = current("m.room.power_levels", "")?.content as
      | { users?: Record<string, number>; users_default?: number }
      | undefined;
    return levels?.users?.[sender] ?? levels?.users_default ?? 0;
  }

  function setPower(powerLevel: number): void {
    setState(founder, "m.room.power_levels", {
      users: { [founder]: 100, [userId]: powerLevel },
      users_default: 0,
      events: { "m.room.topic": topicLevel },
      events_default: 0,
      state_default: 50,
    });
  }

  function seed(): void {
    const {
      topic = `${ctx.config.service}: questions and news`,
      powerLevel = topicLevel,
      joined = true,
    } = options;
    setState(founder, "m.room.create", { room_version: "11" });
    setState(founder, "m.room.member", { membership: "join" }, founder);
    setPower(powerLevel);
    if (topic !== null) setState(founder, "m.room.topic", { topic });
    if (joined) setState(userId, "m.room.member", { membership: "join" }, userId);
  }

  const definition = defineEmulator({
    name: "matrix",
    state: () => state,
    cors: false,
    setup({ app, state: live }) {
      state = live;
      app.get("/_matrix/client/versions", (c) => c.json({ versions: ["v1.11"], unstable_features: {} }));

      // emulate's routes know no `/*` at the end.
      app.use("/_matrix/client/v3/:rest{.+}", async (c, next) => {
        const given = c.req.header("authorization");
        if (!given) return c.json(problem("M_MISSING_TOKEN", "Missing access token"), 401);
        if (given !== `Bearer ${accessToken}`) {
          return c.json(
            { ...problem("M_UNKNOWN_TOKEN", "Invalid access token passed."), soft_logout: false },
            401,
          );
        }
        return await next();
      });
      app.use("/_matrix/client/v3/rooms/:room/:rest{.+}", async (c, next) => {
        const inRoom = current("m.room.member", userId)?.content.membership === "join";
        if (c.req.param("room") === room && inRoom) return await next();
        return c.json(problem("M_FORBIDDEN", `User ${userId} not in room ${c.req.param("room")}`), 403);
      });

      app.get("/_matrix/client/v3/account/whoami", (c) => c.json({ user_id: userId, is_guest: false }));

      const base = "/_matrix/client/v3/rooms/:room";
      for (const path of [`${base}/state/:type`, `${base}/state/:type/`, `${base}/state/:type/:key`]) {
        app.get(path, (c) => {
          const { type = "", key = "" } = c.req.param() as { type?: string; key?: string };
          const event = current(type, key);
          return event ? c.json(event.content) : c.json(problem("M_NOT_FOUND", "Event not found."), 404);
        });
        app.put(path, async (c) => {
          const { type = "", key = "" } = c.req.param() as { type?: string; key?: string };
          if (level(userId) < topicLevel) {
            ctx.faults.note("matrix-no-power", "the bot may not set the Matrix topic");
            const text = `You don't have permission to post that to the room. user_level (${level(userId)}) < send_level (${topicLevel})`;
            return c.json(problem("M_FORBIDDEN", text), 403);
          }
          const content = await c.req.json<Record<string, unknown>>();
          return c.json({ event_id: setState(userId, type, content, key).event_id });
        });
      }

      app.put(`${base}/send/:type/:transaction`, async (c) => {
        const { type = "", transaction = "" } = c.req.param() as { type?: string; transaction?: string };
        const content = await c.req.json<Record<string, unknown>>();
        const key = `${type}/${transaction}`;
        if (!state.transactions[key]) {
          state.transactions[key] = add(userId, type, content).event_id;
          file.save(state);
        }
        return c.json({ event_id: state.transactions[key] });
      });

      app.get(`${base}/messages`, (c) => {
        const backwards = c.req.query("dir") !== "f";
        const limit = Math.min(Number(c.req.query("limit") ?? 10) || 10, 1000);
        const all = backwards ? state.timeline.toReversed() : state.timeline;
        const start = Number(c.req.query("from")?.replace(/^t/, "") ?? 0) || 0;
        const end = start + limit;
        return c.json({
          start: `t${start}`,
          ...(end < all.length ? { end: `t${end}` } : {}),
          chunk: all.slice(start, end),
        });
      });
    },
  });

  const emulator = await createEmulator({ service: definition, port: 0, inspector: true });
  if (!saved) seed();
  if (ctx.faults.lasts("matrix-no-power")) setPower(0);

  return {
    url: emulator.url,
    userId,
    accessToken,
    room,
    topics: () =>
      state.timeline
        .filter((each) => each.type === "m.room.topic")
        .map((each) => String(each.content.topic ?? "")),
    messages: () =>
      state.timeline
        .filter((each) => each.type === "m.room.message")
        .map(({ event_id: eventId, sender, content }) => ({
          eventId,
          sender,
          body: String(content.body ?? ""),
          html: typeof content.formatted_body === "string" ? content.formatted_body : null,
        })),
    setTopicAs(sender, topic) {
      setState(sender, "m.room.topic", { topic });
    },
    grantPower: setPower,
    setJoined(joined) {
      setState(userId, "m.room.member", { membership: joined ? "join" : "leave" }, userId);
    },
    save: async () => file.save(state),
    async close() {
      file.save(state);
      await emulator.close();
    },
  };
}

function problem(errcode: string, error: string): { errcode: string; error: string } {
  return { errcode, error };
}
