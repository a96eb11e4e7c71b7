import { createHash } from "node:crypto";

/** What the emulated GitHub starts with: the state of one week. */
export interface WorldSeed {
  /** In the configuration's order. */
  repositories: SeedRepository[];
  /** What was made up, or left out, one sentence each, for people. */
  notes: string[];
}

/**
 * One repository: `base` is what both branches share, `ahead` what only the main branch has, `behind` what only the
 * stable branch has. Parents stand before their children, and every parent is in the same list or is the base.
 */
export interface SeedRepository {
  name: string;
  base: SeedCommit;
  ahead: SeedCommit[];
  behind: SeedCommit[];
  /** Heads of the branches: shas of commits above. */
  main: string;
  stable: string;
}

export interface SeedCommit {
  /** In the real repository, or made up; the emulated GitHub computes its own. */
  sha: string;
  message: string;
  /** ISO 8601, UTC. */
  date: string;
  parents: string[];
  /** Login of a person of the configuration, or any name; null: to be made up. */
  author: string | null;
  /** Path → content of the files that it adds or changes. Absent: to be made up from the message. */
  files?: Record<string, string>;
}

/** A sha that is always the same for the same words. */
export function madeUpSha(...words: string[]): string {
  return createHash("sha1").update(words.join("\0")).digest("hex");
}

/** The first line of a message. */
export function titleOf(message: string): string {
  return (message.split(/\r?\n/, 1)[0] ?? "").trim();
}

/** A repository whose branches are at the same commit. */
export function evenRepository(name: string, sha: string, date: string): SeedRepository {
  const base = { sha, date, message: baseMessage, parents: [], author: null };
  return { name, base, ahead: [], behind: [], main: sha, stable: sha };
}

/** Of a commit that the data does not hold. */
export const baseMessage = "State of the last deployment\n\nStands for everything before it.";
