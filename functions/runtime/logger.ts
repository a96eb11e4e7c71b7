import { AsyncLocalStorage } from "node:async_hooks";
import { Logger } from "@aws-lambda-powertools/logger";
import { lazy } from "./lazy.ts";

const logger = lazy(() => new Logger({ serviceName: "stablehand" }));
const context = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs `work` with keys (the run's id, the state) that stand on every line that it logs, and on no other line. */
export function withLogKeys<T>(keys: Record<string, unknown>, work: () => T): T {
  return context.run({ ...context.getStore(), ...keys }, work);
}

/**
 * Writes one JSON line. `event` is a stable code (`move-stable.moved`): queries and alarms match it, never prose.
 * Never hand it secrets, tokens, signatures or bodies.
 */
export function log(
  event: string,
  details: Record<string, unknown> = {},
  level: "info" | "warn" | "error" = "info",
): void {
  logger()[level](event, { ...context.getStore(), ...details, event });
}
