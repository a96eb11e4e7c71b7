import type { EventEmitter } from "node:events";
import type { Config } from "../../../functions/runtime/config.ts";

/** What the emulated systems tell each other. Everything that Stablehand sees of it goes over HTTP. */
export interface WorldEvents {
  /** A branch moved at GitHub (any branch of any repository). */
  push: [{ repository: string; branch: string; before: string; after: string }];
  /** Somebody dispatched a workflow; GitHub has made the run, the builder now works on it. */
  workflowRequested: [{ repository: string; runId: number }];
  /** A tag at Quay now names this manifest. */
  tagged: [{ image: string; tag: string; digest: string }];
}

/** Timers whose delays are given in minutes of the emulated world and run `speed` times faster. */
export interface WorldTimers {
  /** Runs `work` once. Errors of `work` end up in the world's log. */
  after(minutes: number, work: () => void | Promise<void>): void;
  every(minutes: number, work: () => void | Promise<void>): void;
  /** Cancels all. */
  close(): void;
}

/** What each emulated system gets. */
export interface WorldContext {
  /** Names and shapes (repositories, images, streams, people); its URLs are the emulators' own once they are up. */
  config: Config;
  /** How many times faster than life machines work here: 300 makes a 40-minute build 8 s. */
  speed: number;
  /** Folder that keeps the world between runs, one JSON file a system; null: nothing is kept. */
  stateDir: string | null;
  events: EventEmitter<WorldEvents>;
  timers: WorldTimers;
  /** Where the systems send what they send: full URLs of our HTTP API. */
  targets: { github: string; quay: string; slack: string };
  log(system: string, text: string): void;
}
