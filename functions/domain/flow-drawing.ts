/**
 * A state machine as it is drawn: laid out from its definition when the functions are bundled (infra/flow-drawing.ts),
 * coloured by a run's history when a page is made. Lengths are in pixels of the drawing.
 */
export interface FlowDrawing {
  /** As its file: `weekly-deployment`. */
  flow: string;
  width: number;
  height: number;
  /** Outer boxes before the ones inside them. */
  boxes: DrawnState[];
  /** The corners of each arrow, in the direction of the flow. */
  arrows: DrawnArrow[];
}

export interface DrawnState {
  name: string;
  /** Of the Amazon States Language: `Task`. */
  type: string;
  /** It waits for something outside: a task token, or a time. */
  waits: boolean;
  /** The Map or Parallel state that it is in. */
  parent: string | null;
  /** It is reached only when a state has failed. */
  onFailure: boolean;
  /** States that it goes to without an arrow. */
  also: string[];
  comment: string;
  /** Of the upper left corner. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface DrawnArrow {
  points: [x: number, y: number][];
}

/**
 * The drawing of an execution's state machine, whose name is the flow's, behind the name of the installation.
 * @param machine `stablehand-weekly-deployment`
 */
export function drawingOf(machine: string, drawings: readonly FlowDrawing[]): FlowDrawing | null {
  return drawings.find(({ flow }) => machine === flow || machine.endsWith(`-${flow}`)) ?? null;
}

/** The states that do something or wait; the others only route. */
export function works({ type }: DrawnState): boolean {
  return ["Task", "Wait", "Map", "Parallel"].includes(type);
}
