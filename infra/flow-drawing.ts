import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Graph, layout } from "@dagrejs/dagre";
import { parse } from "yaml";
import type { DrawnArrow, DrawnState, FlowDrawing } from "../functions/domain/flow-drawing.ts";

/** A state of the Amazon States Language, as far as it is drawn. */
interface State {
  Type: string;
  Comment?: string;
  Resource?: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string }[];
  Branches?: Scope[];
  ItemProcessor?: Scope;
}

interface Scope {
  StartAt: string;
  States: Record<string, State>;
}

interface Drawn {
  width: number;
  height: number;
  boxes: DrawnState[];
  arrows: DrawnArrow[];
}

const extension = ".asl.yaml";
const statemachines = fileURLToPath(new URL("../statemachine/", import.meta.url));

/** Of the text in a box; the page's stylesheet sets the same font. */
const characterWidth = 7;
const boxHeight = 28;
/** Of a box that also says where it goes without an arrow. */
const tallBox = 42;
const padding = { side: 12, top: 34, bottom: 12, gap: 14 };

/** Every flow, drawn from its definition. */
export function drawFlows(): FlowDrawing[] {
  return readdirSync(statemachines)
    .filter((file) => file.endsWith(extension))
    .sort()
    .map((file) => ({
      flow: basename(file, extension),
      ...drawScope(parse(readFileSync(`${statemachines}${file}`, "utf8")) as Scope, null, false),
    }));
}

/**
 * One scope: what is inside its Map and Parallel states is drawn first, and they are boxes of that size. Left out are
 * the ways from a state that failed to the question of its scope, and back from the answer to a state: each would cross
 * the whole drawing.
 */
function drawScope(scope: Scope, parent: string | null, onFailure: boolean): Drawn {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  const main = withoutCatches(scope);
  const drawnWays = chooseWays(scope, main);
  const inner = new Map<string, Drawn>();
  for (const [name, state] of Object.entries(scope.States)) {
    const drawn = drawInside(name, state, onFailure || !main.has(name));
    if (drawn) inner.set(name, drawn);
    const width = Math.max(boxWidth(name, state), drawn?.width ?? 0);
    const height = drawn?.height ?? (drawnWays.also.has(name) ? tallBox : boxHeight);
    graph.setNode(name, { width, height });
  }
  for (const { from, to, weight } of drawnWays.arrows) graph.setEdge(from, to, { weight });
  layout(graph);
  const boxes = Object.entries(scope.States).flatMap(([name, state]): DrawnState[] => {
    const node = graph.node(name);
    const width = node.width ?? 0;
    const height = node.height ?? 0;
    const x = round((node.x ?? 0) - width / 2);
    const y = round((node.y ?? 0) - height / 2);
    const box: DrawnState = {
      name,
      type: state.Type,
      waits: state.Type === "Wait" || (state.Resource ?? "").endsWith(".waitForTaskToken"),
      parent,
      onFailure: onFailure || !main.has(name),
      also: drawnWays.also.get(name) ?? [],
      comment: (state.Comment ?? "").trim(),
      x,
      y,
      width,
      height,
    };
    const inside = inner.get(name);
    const shift = inside ? round((width - inside.width) / 2) : 0;
    return [box, ...(inside?.boxes ?? []).map((each) => moved(each, x + shift, y))];
  });
  const arrows = (graph.edges() as { v: string; w: string }[]).map(({ v, w }): DrawnArrow => {
    const { points = [] } = graph.edge(v, w) as { points?: { x: number; y: number }[] };
    return { points: points.map((point) => [round(point.x), round(point.y)]) };
  });
  const inside = [...inner].flatMap(([name, drawn]) => {
    const at = boxes.find((each) => each.name === name) as DrawnState;
    const shift = round((at.width - drawn.width) / 2);
    return drawn.arrows.map(({ points }) => ({
      points: points.map(([x, y]): [number, number] => [x + at.x + shift, y + at.y]),
    }));
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width: Math.ceil(width), height: Math.ceil(height), boxes, arrows: [...arrows, ...inside] };
}

/** The branches or the iterator of a state, side by side, with room for its frame and its name. */
function drawInside(name: string, state: State, onFailure: boolean): Drawn | null {
  const scopes = [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])];
  if (scopes.length === 0) return null;
  let x = padding.side;
  let height = 0;
  const boxes: DrawnState[] = [];
  const arrows: DrawnArrow[] = [];
  for (const scope of scopes) {
    const drawn = drawScope(scope, name, onFailure);
    boxes.push(...drawn.boxes.map((each) => moved(each, x, padding.top)));
    for (const { points } of drawn.arrows) {
      const left = x;
      arrows.push({ points: points.map(([px, py]) => [round(px + left), round(py + padding.top)]) });
    }
    x += drawn.width + padding.gap;
    height = Math.max(height, drawn.height);
  }
  const width = x - padding.gap + padding.side;
  return { width, height: height + padding.top + padding.bottom, boxes, arrows };
}

/** The states that a scope comes to while nothing fails. */
function withoutCatches({ StartAt, States }: Scope): Set<string> {
  const found = new Set<string>();
  const left = [StartAt];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    left.push(...nextsOf(States[name]));
  }
  return found;
}

interface Ways {
  /** The heavier, the straighter. */
  arrows: { from: string; to: string; weight: number }[];
  /** What a box says instead of an arrow: each would cross the whole drawing. */
  also: Map<string, string[]>;
}

/** So many states further down the long way an arrow still leads. */
const nearby = 4;

/**
 * Arrows are drawn along the long way through the flow, to what leaves it (once), back to it as a loop, and over a few
 * states. A question's ways back to every state that may fail are not even told: its answer chooses one.
 */
function chooseWays(scope: Scope, main: Set<string>): Ways {
  const line = longestWay(scope);
  const ways: Ways = { arrows: [], also: new Map() };
  const leftAt = new Map(line.map((name, index) => [name, index]));
  const names = [...line, ...Object.keys(scope.States).filter((name) => !line.includes(name))];
  const reached = new Set(line);
  for (const from of names) {
    const state = scope.States[from] as State;
    for (const to of drawnNexts(state, main.has(from))) {
      const [start, end] = [leftAt.get(from) ?? 0, line.indexOf(to)];
      const drawn = end >= 0 ? end - start <= nearby : !reached.has(to);
      if (!drawn) {
        ways.also.set(from, [...(ways.also.get(from) ?? []), to]);
        continue;
      }
      if (end < 0) {
        reached.add(to);
        if (main.has(to)) leftAt.set(to, start);
      }
      const straight = line.includes(from) && end === start + 1;
      ways.arrows.push({ from, to, weight: straight ? 20 : 2 });
    }
  }
  return ways;
}

/** The way from the start to an end that comes by the most states: what a run does when it does everything. */
function longestWay({ StartAt, States }: Scope): string[] {
  const known = new Map<string, string[]>();
  const from = (name: string, way: readonly string[]): string[] => {
    const found = known.get(name);
    if (found) return found;
    const nexts = nextsOf(States[name]).filter((next) => next !== name && !way.includes(next));
    const rests = nexts.map((next) => from(next, [...way, name]));
    const longest = rests.reduce((one, other) => (other.length > one.length ? other : one), []);
    known.set(name, [name, ...longest]);
    return [name, ...longest];
  };
  return from(StartAt, []);
}

function nextsOf(state: State | undefined): string[] {
  const nexts = [state?.Next, state?.Default, ...(state?.Choices ?? []).map((each) => each.Next)];
  return nexts.filter((each) => each !== undefined);
}

/** Where an arrow goes to. Of the answer to a question that is the way out alone. */
function drawnNexts(state: State, isMain: boolean): string[] {
  if (isMain || state.Type !== "Choice") return [...new Set(nextsOf(state))];
  return state.Default ? [state.Default] : [];
}

function boxWidth(name: string, { Type }: State): number {
  return Math.max(name.length * characterWidth + (Type === "Choice" ? 30 : 20), 64);
}

function moved(box: DrawnState, x: number, y: number): DrawnState {
  return { ...box, x: round(box.x + x), y: round(box.y + y) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
