import { longestSeconds } from "./compile.ts";

/** As in the API's answer, times in seconds. */
export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestamp: number;
  type: string;
  [details: string]: unknown;
}

/** Fields that `includeExecutionData: false` leaves out. */
const data = new Set(["input", "output", "parameters", "inputDetails", "outputDetails"]);

/** An event without what went in and out. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  const entries = Object.entries(event).map(([key, value]) => {
    if (typeof value !== "object" || value === null) return [key, value];
    return [key, Object.fromEntries(Object.entries(value).filter(([field]) => !data.has(field)))];
  });
  return Object.fromEntries(entries) as HistoryEvent;
}

/** The kind of details of each event type: `TaskStateEntered` has `stateEnteredEventDetails`. */
export function detailsKey(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

const whole = { truncated: false };

/** The details of an event that carries `input` or `output`, marked as complete. */
export function dataDetails(field: "input" | "output", value: unknown): Record<string, unknown> {
  return { [field]: JSON.stringify(value ?? null), [`${field}Details`]: whole };
}

/** The events of one execution, numbered from 1. */
export class History {
  readonly events: HistoryEvent[] = [];

  /** Adds an event and returns its id. */
  add(type: string, previousEventId: number, details?: Record<string, unknown>, at = Date.now()): number {
    const id = this.events.length + 1;
    const event: HistoryEvent = { id, previousEventId, timestamp: at / 1000, type };
    if (details) event[detailsKey(type)] = details;
    this.events.push(event);
    return id;
  }
}

/** Runs `work` after any number of seconds; returns what cancels it. */
export function after(seconds: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const schedule = (left: number) => {
    const part = Math.min(left, longestSeconds);
    timer = setTimeout(() => (left > part ? schedule(left - part) : work()), part * 1000);
  };
  schedule(seconds);
  return () => clearTimeout(timer);
}
