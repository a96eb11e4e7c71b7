import { z } from "zod";
import { minutes, name } from "./config-values.ts";

/** The monthly cleanup of the image repositories at Quay. Whatever it says, a person approves what goes. */
export const cleanup = z.strictObject({
  dayOfMonth: z.number().int().min(1).max(28).default(1),
  time: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "is no time of day, such as 13:00")
    .default("10:00"),
  /** Image repositories beside those that are deployed. */
  images: z.array(name).default([]),
  /** Tags that always stay, beside those that the clusters follow, `prod`, `stg` and `latest`. */
  keepTags: z.array(name).default([]),
  /**
   * Which tags may go at all: the first rule that a tag matches counts, and a tag that matches none stays. `{branch}`,
   * `{sha7}` and `{epoch}` stand for what builds put there; each branch counts by itself. `keep`: so many of the newest
   * images stay, however old they are.
   */
  rules: z.array(z.strictObject({ tags: name, keep: z.number().int().positive() })).min(1),
  /** What is younger stays. */
  keepDays: z.number().positive().default(60),
  /** What so many of the last runs built, or could go back to, stays. */
  keepRuns: z.number().int().positive().default(12),
  /** At most so many to Quay, reading and deleting. */
  requestsPerSecond: z.number().positive().default(10),
  /** Without an answer within this time nothing is deleted. */
  answerHours: z.number().positive().default(72),
});

/** Requests for connections from the clusters to the outside, where a firewall denies them by default. */
export const firewall = z.strictObject({
  /** curl, by its own name, as the image's command. */
  image: name.default("quay.io/curl/curl:8.11.1"),
  /** An issue with this label asks for the domains that stand in its code, or each as an item of a list. */
  label: name.default("firewall"),
  /** Stands in each request. */
  justification: name,
  /** Domains that are inside, and cannot be asked for. */
  internal: z.array(name).default([]),
  /** Days until nobody looks any more whether a request was granted. */
  days: z.number().positive().max(90).default(60),
  /** A look from inside that has not ended within this time is given up for the day. */
  probeMinutes: minutes.default(10),
});
