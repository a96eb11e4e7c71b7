import { isRequestXRaySampled } from "@aws-lambda-powertools/commons/utils/env";
import { lazy } from "./lazy.ts";

/**
 * Requests to other systems become parts of the trace by themselves, with host and path; their headers, queries and
 * bodies do not. Loaded once something is traced, because X-Ray's SDK then follows every promise of the process, which
 * makes each of them dearer.
 */
const tracer = lazy(async () => {
  const { Tracer } = await import("@aws-lambda-powertools/tracer");
  return new Tracer({ captureHTTPsRequests: true });
});

/**
 * Runs `work` as a part of the function's trace in X-Ray, under `name` (`move-stable`). By its annotations traces are
 * found: `annotation.run = "weekly-2026-11-23"`. Of an error the name alone is kept, results not at all.
 */
export async function traced<T>(
  name: string,
  annotations: Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  if (!isRequestXRaySampled()) return await work();
  const active = await tracer();
  const result = active.provider.captureAsyncFunc(name, async (part) => {
    active.annotateColdStart();
    active.addServiceNameAnnotation();
    for (const [key, value] of Object.entries(annotations)) part?.addAnnotation(key, value);
    try {
      return await work();
    } catch (thrown) {
      part?.addErrorFlag();
      part?.addAnnotation("error", thrown instanceof Error ? thrown.name : typeof thrown);
      throw thrown;
    } finally {
      part?.close();
    }
  });
  // The library's type forgets what the function returns.
  return (await result) as T;
}
