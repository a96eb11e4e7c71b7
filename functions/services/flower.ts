import { z } from "zod";
import { ServiceUnavailable } from "../runtime/errors.ts";
import { fetchJson } from "./http.ts";

/** Flower, which looks into the workers of Celery. It has no credentials of ours: it is reached inside a network. */
export interface Flower {
  /** How many tasks the workers work on now; workers are asked anew. */
  activeTasks(): Promise<number>;
}

/** Worker → what `celery inspect` tells of it; a worker that did not answer in time has no `active`. */
const workersAnswer = z.record(z.string(), z.object({ active: z.array(z.unknown()).nullish() }));

/** @param options.flowerUrl without a slash at the end. */
export function createFlower({
  flowerUrl,
  fetch,
}: {
  flowerUrl: string;
  fetch?: typeof globalThis.fetch;
}): Flower {
  return {
    async activeTasks() {
      const url = `${flowerUrl}/api/workers?refresh=true`;
      const what = "the workers and their tasks";
      const parsed = workersAnswer.safeParse(await fetchJson("Flower", url, { what, fetch }));
      const workers = parsed.success ? Object.values(parsed.data) : [];
      if (workers.length === 0 || workers.some((each) => !each.active)) {
        throw new ServiceUnavailable(
          `Flower does not tell what every worker works on (${what}): look at its page.`,
        );
      }
      return workers.reduce((sum, { active }) => sum + (active?.length ?? 0), 0);
    },
  };
}
