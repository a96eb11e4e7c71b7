import type { Context } from "hono";
import { RateLimited, ServiceUnavailable, StablehandError } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";

/** A request that is not served. `reason` is a stable code for logs and metrics; nothing of the request stands in it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: 400 | 401 | 403 | 404 | 410 | 413 | 415;
  readonly reason: string;
  constructor(status: Refusal["status"], reason: string) {
    super(reason);
    this.status = status;
    this.reason = reason;
  }
}

/** What did not answer may answer soon: GitHub can be asked to deliver again, a person can press again. */
export function statusOf(thrown: unknown): 500 | 503 {
  return thrown instanceof ServiceUnavailable || thrown instanceof RateLimited ? 503 : 500;
}

/** Logs what was thrown. The words of foreign errors may quote their input, so of those only the place is kept. */
export function logFailure(event: string, thrown: unknown): void {
  const known = thrown instanceof StablehandError;
  const error = thrown instanceof Error ? thrown : new Error("not an error");
  const place = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  log(event, { error: error.name, ...(known ? { reason: error.message } : { place }) }, "error");
}

/** Of a webhook's body, in bytes: far more than those that we read, which are below 50 KB. */
export const largestWebhook = 1024 * 1024;

/** @throws Refusal 400 when the bytes are not JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "malformed");
  }
}

/**
 * The raw bytes of a request, as they were signed.
 * @throws Refusal 413 when there are more than `limit`.
 */
export async function rawBody(c: Context, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length > limit) throw new Refusal(413, "too-large");
  return bytes;
}
