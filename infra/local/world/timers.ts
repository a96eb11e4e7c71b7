import type { WorldTimers } from "./context.ts";

/** `setTimeout` fires at once when it is asked for a longer delay. */
const longestDelay = 2_147_483_647;

/**
 * The clock of the emulated world: a minute of it takes `60 / speed` seconds.
 *
 * What is to happen once keeps the process alive until it has happened; what repeats does not. A repeated work is
 * started again only after it has ended, so it never overlaps itself.
 *
 * @param onError gets whatever `work` throws or rejects with, until `close` (after that, systems that are going down
 *   refuse each other's requests, which says nothing).
 */
export function createTimers({
  speed,
  onError,
}: {
  speed: number;
  onError: (error: unknown) => void;
}): WorldTimers {
  const running = new Set<NodeJS.Timeout>();
  let closed = false;

  function schedule(milliseconds: number, keepsAlive: boolean, work: () => Promise<void>): void {
    if (closed) return;
    const delay = Math.min(milliseconds, longestDelay);
    const timer = setTimeout(() => {
      running.delete(timer);
      if (delay < milliseconds) schedule(milliseconds - delay, keepsAlive, work);
      else void work();
    }, delay);
    if (!keepsAlive) timer.unref();
    running.add(timer);
  }

  async function attempt(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!closed) onError(error);
    }
  }

  const milliseconds = (minutes: number) => (minutes * 60_000) / speed;

  return {
    after(minutes, work) {
      schedule(milliseconds(minutes), true, () => attempt(work));
    },
    every(minutes, work) {
      const again = (): void =>
        schedule(milliseconds(minutes), false, async () => {
          await attempt(work);
          again();
        });
      again();
    },
    close() {
      closed = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
