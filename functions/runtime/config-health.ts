import { z } from "zod";
import { minutes, name, url } from "./config-values.ts";

/** What the health reports look at. Checks whose source is not set are not made. */
export const health = z.strictObject({
  /** Checks that are not made. */
  off: z
    .array(z.enum(["pods", "workloads", "images", "healthz", "versions", "sentry", "validation", "queues"]))
    .default([]),
  /** So many restarts of one pod are a warning, and within its first hour a failure. */
  restarts: z.number().int().positive().default(3),
  /** A pod may take so long to start, or to end. */
  startingMinutes: minutes.default(5),
  terminatingMinutes: minutes.default(10),
  /**
   * So many new errors at Sentry are a failure, fewer are a warning: on staging since the last deployment, in
   * production since the import.
   */
  newErrors: z
    .strictObject({
      staging: z.number().int().positive().default(10),
      production: z.number().int().positive().default(1),
    })
    .prefault({}),
  /** The pull requests on which the service tests itself every night. Null: they are not checked. */
  validation: z
    .strictObject({
      /** `owner/repository` */
      repository: z.string().regex(/^[^/]+\/[^/]+$/, "is not owner/repository"),
      /** How the titles of these pull requests begin. */
      titlePrefix: name,
      /** The GitHub Apps of both deployments, with or without their `[bot]`. */
      apps: z.strictObject({ staging: name, production: name }),
      /** Nothing validated for so long is a warning. */
      maxAgeHours: z.number().positive().default(24),
    })
    .nullable()
    .default(null),
  /**
   * The metric that tells how many tasks wait, its label with the queue's (or worker's) name, and how many are too
   * many. `activeMetric` tells what is worked on now, by the same label; null: asked of Flower, if of anybody.
   */
  queues: z
    .strictObject({
      metric: name.default("celery_queue_length"),
      label: name.default("queue_name"),
      activeMetric: name.nullable().default(null),
      /** Image that the workers run: only its rollout interrupts tasks. Null: any. */
      workerImage: name.nullable().default(null),
      warning: z.number().positive().default(100),
      failure: z.number().positive().default(1000),
    })
    .prefault({}),
});

/** Where the errors of both deployments are collected. */
export const sentry = z.strictObject({
  apiUrl: url.default("https://sentry.io"),
  /** Its slug. */
  organization: name,
  /** Slugs of the projects; empty: all that the token may read. */
  projects: z.array(name).default([]),
  /** What the two deployments are called there. */
  environments: z.strictObject({ staging: name, production: name }),
});
