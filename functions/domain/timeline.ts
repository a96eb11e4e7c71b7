import type { DrawnState, FlowDrawing } from "./flow-drawing.ts";
import { works } from "./flow-drawing.ts";
import type { StateVisit } from "./state-visits.ts";

/** How a state is, or was: `waiting` and `waited` for something outside. */
export type Look = "running" | "waiting" | "done" | "waited" | "failed" | "stopped";

/** One visit of a state, or several of a wait that only asked again. */
export interface Bar {
  state: string;
  /** Milliseconds since the epoch; `to` is null while it goes on. */
  from: number;
  to: number | null;
  look: Look;
  /** More than one: it was tried again. */
  attempts: number;
  /** Name of the error that it failed by. */
  error: string | null;
}

export interface Row {
  /** Name of a state, or of what a Map's iterations are about: a repository. */
  name: string;
  /** In a branch of the state above. */
  inner: boolean;
  bars: Bar[];
}

export interface Timeline {
  /** The states of the flow in its order, those ahead included, and of failures those that came to pass. */
  states: Row[];
  /** In the order in which they were begun, after those that `items` names. */
  items: Row[];
}

/**
 * What happened when, from the visits of states.
 * @param items what the Maps are about, as far as it is known before: their rows are there from the beginning.
 */
export function timelineOf(
  visits: readonly StateVisit[],
  { boxes }: FlowDrawing,
  items: readonly string[],
): Timeline {
  const drawn = new Map(boxes.map((each) => [each.name, each]));
  const rows = new Map<string, Bar[]>();
  const ofItems = new Map<string, Bar[]>(items.map((name) => [name, []]));
  for (const visit of visits) {
    const box = drawn.get(visit.name);
    if (!box || !works(box)) continue;
    const into = visit.item === null ? rows : ofItems;
    const key = visit.item ?? visit.name;
    const bars = into.get(key) ?? [];
    into.set(key, bars);
    addVisit(bars, visit, box);
  }
  const maps = new Set(boxes.filter((each) => each.type === "Map").map((each) => each.name));
  const states = boxes
    .filter((box) => works(box) && !maps.has(box.parent ?? ""))
    .filter((box) => !box.onFailure || rows.has(box.name))
    .map((box) => ({ name: box.name, inner: box.parent !== null, bars: rows.get(box.name) ?? [] }));
  return { states, items: [...ofItems].map(([name, bars]) => ({ name, inner: false, bars })) };
}

function addVisit(bars: Bar[], visit: StateVisit, box: DrawnState): void {
  const look = lookOf(visit, box);
  const to = visit.endedAt?.getTime() ?? null;
  const last = bars.at(-1);
  // A wait whose time is up asks its source and waits on: for people that is one wait.
  if (last?.state === visit.name && last.look === "waited" && box.waits) {
    Object.assign(last, { to, look, error: errorOf(visit, look) });
    return;
  }
  bars.push({
    state: visit.name,
    from: visit.startedAt.getTime(),
    to,
    look,
    attempts: Math.max(1, visit.attempts),
    error: errorOf(visit, look),
  });
}

function lookOf({ outcome, endedAt }: StateVisit, { waits }: DrawnState): Look {
  if (endedAt === null) return waits ? "waiting" : "running";
  if (outcome === "failed") return "failed";
  if (outcome === "timedOut") return waits ? "waited" : "failed";
  if (outcome === "aborted") return "stopped";
  return waits ? "waited" : "done";
}

function errorOf({ error }: StateVisit, look: Look): string | null {
  return look === "failed" ? (error?.error ?? null) : null;
}

/** How each state of the drawing is now: over all iterations of a Map, what needs a look comes first. */
export function looksOf(
  visits: readonly StateVisit[],
  { boxes }: FlowDrawing,
): Map<string, { look: Look; times: number }> {
  const drawn = new Map(boxes.map((each) => [each.name, each]));
  const last = new Map<string, Map<string, Look>>();
  const times = new Map<string, number>();
  for (const visit of visits) {
    const box = drawn.get(visit.name);
    if (!box) continue;
    const ofState = last.get(visit.name) ?? new Map<string, Look>();
    last.set(visit.name, ofState.set(visit.item ?? "", lookOf(visit, box)));
    times.set(visit.name, (times.get(visit.name) ?? 0) + 1);
  }
  return new Map(
    [...last].map(([name, ofState]) => {
      const looks = new Set(ofState.values());
      const look = order.find((each) => looks.has(each)) ?? "done";
      return [name, { look, times: times.get(name) ?? 0 }];
    }),
  );
}

const order: readonly Look[] = ["failed", "running", "waiting", "stopped", "waited", "done"];

/** `AwaitRollout` as people read it: `Await rollout`. */
export function stateTitle(name: string): string {
  const words = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, " ").split(" ");
  return words.map((word, index) => (index === 0 ? word : word.toLowerCase())).join(" ");
}
