import type { EventEmitter } from "node:events";
import type { Config } from "../../../functions/runtime/config.ts";
import type { Faults } from "./faults.ts";

/** What the emulated systems tell each other. Everything that Stablehand sees of it goes over HTTP. */
export interface WorldEvents {
  /** A branch moved at GitHub (any branch of any repository). */
  push: [{ repository: string; branch: string; before: string; after: string }];
  /** Somebody asked for a run; GitHub has made it, the builder now works on it. `again`: its failed jobs alone, or all. */
  workflowRequested: [{ repository: string; runId: number; again?: "failed" | "all" }];
  /** A tag at Quay now names this manifest. */
  tagged: [{ image: string; tag: string; digest: string }];
  /** Somebody asked a cluster to import images. */
  importAsked: [{ namespace: string; stream: string }];
  /** Our bot posted a message in Slack. `key`: what makes it be posted once. */
  posted: [{ channel: string; key: string | null }];
  /** Our bot set the topic of the channel in Slack. */
  topicSet: [];
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
  faults: Faults;
  /** Where the systems send what they send: full URLs of our HTTP API. */
  targets: { github: string; quay: string; slack: string };
  log(system: string, text: string): void;
}

/** What GitHub's emulator offers to the builder, in process: the part of GitHub that runs workflows. */
export interface GitHubWorld {
  url: string;
  head(repository: string, branch: string): string | null;
  /** Message of a commit, or null where the repository lacks it. */
  message(repository: string, sha: string): string | null;
  /** Paths of the files below a folder at a commit; none where there is no such commit or folder. */
  filesBelow(repository: string, sha: string, folder: string): Promise<string[]>;
  /** A run that begins now; sends the signed `workflow_run` events `requested` and `in_progress`. */
  startRun(run: { repository: string; workflow: string; branch: string; event: string }): Promise<number>;
  /** Ends a run; sends the signed `workflow_run` event `completed`. */
  finishRun(run: { repository: string; runId: number; conclusion: string }): Promise<void>;
  /** Records a run that ended in the past, without any event. */
  recordRun(run: {
    repository: string;
    workflow: string;
    branch: string;
    sha: string;
    event: string;
    startedAt: Date;
    endedAt: Date;
    conclusion: string;
  }): number;
  run(
    repository: string,
    runId: number,
  ): { branch: string; sha: string; path: string; status: string } | null;
  /** Runs that are not completed: what the builder goes on with after a restart. */
  unfinishedRuns(): { repository: string; runId: number }[];
}

/** What stands in an image, so that whoever runs it can say its versions: repository → commit. */
export type ImageContents = Record<string, string>;

export interface QuayWorld {
  url: string;
  token: string;
  /** Pushes one image (a manifest list when it has several architectures) under tags; returns its digest. */
  push(push: {
    image: string;
    tags: string[];
    architectures: string[];
    contents: ImageContents;
    /** In the past and without notifications, for last week's images. */
    at?: Date;
  }): Promise<string>;
  /** What stands in the image of a manifest or of a list that holds it. */
  contents(digest: string): ImageContents | null;
}

export interface CoprWorld {
  url: string;
  /** A succeeded build of a package whose version carries the commit's first 7 characters. */
  recordBuild(build: { package: string; sha: string; endedAt: Date }): void;
  /** The commit (7 characters) that the newest succeeded build of a package was made from. */
  newest(packageName: string): string | null;
}
