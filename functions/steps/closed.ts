import { runs } from "../store/runs.ts";
import { now } from "./run-context.ts";

/** The fact that nothing is left of a run's closing. Its record may have ended before that: chats come last. */
const closed = "closed";

export async function noteClosed(run: string): Promise<void> {
  await runs().remember(run, closed, now());
}

export async function isClosed(run: string): Promise<boolean> {
  return (await runs().recall(run, closed)) !== null;
}
