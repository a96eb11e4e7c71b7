import type { Faults } from "../faults.ts";

/** How the connection of a watch goes wrong, where a fault says so. */
export type Drop = "cut" | "gone" | "limited" | "expired" | null;

/** One after the other: broken off in the middle of a line, 410 Gone, 429 with Retry-After, an ERROR event with 410. */
const cycle = ["cut", "gone", "limited", "expired", null] as const;

export function createWatchDrops(faults: Faults): () => Drop {
  let connections = 0;
  return () => {
    if (!faults.has("watch-drops")) return null;
    faults.note("watch-drops", "watches of the pods break off, expire, or are limited");
    return cycle[connections++ % cycle.length] ?? null;
  };
}

/** Lets the first chunk through by half and then breaks the connection. */
export function cutOff(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const cutting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk.slice(0, Math.ceil(chunk.length / 2)));
      controller.error(new Error("the connection was cut"));
    },
  });
  return body.pipeThrough(cutting);
}
