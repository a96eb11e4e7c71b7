import { z } from "zod";
import { BadInput } from "./runtime/errors.ts";
import { log, withLogKeys } from "./runtime/logger.ts";
import { closeCleanup } from "./steps/cleanup-closing.ts";
import { closeRun } from "./steps/closing.ts";
import { closeFirewall } from "./steps/firewall-closing.ts";
import { newsName } from "./steps/news-context.ts";
import { tellNewsProblem } from "./steps/news-end.ts";
import { restoreAll } from "./steps/restore-topics.ts";
import { newsAreUnderWay, newsStore } from "./store/news.ts";
import { type Run, runs } from "./store/runs.ts";

/** EventBridge's "Step Functions Execution Status Change". */
const event = z.object({
  detail: z.object({
    name: z.string().min(1),
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED"]),
  }),
});

const reasons = {
  FAILED: "the execution died of an error that no state caught",
  TIMED_OUT: "the execution took longer than its time limit",
  ABORTED: "the execution was stopped from outside",
  SUCCEEDED: "the execution ended without closing its run",
};

/**
 * Closes a run whose execution ended without doing so, however it died: an error that no Catch sees, StopExecution, a
 * process that was killed. Topics come back, the lock is freed, and the end is told, by the same code as at the end of
 * the state machine. A run that closed itself is left alone. Running twice does nothing more, unless the first time
 * failed on its way: then all of it is done again, for which each part is made.
 */
export async function handler(input: unknown): Promise<{ closed: boolean }> {
  const parsed = event.safeParse(input);
  if (!parsed.success) throw new BadInput(`close-terminated: ${z.prettifyError(parsed.error)}`);
  const { name, status } = parsed.data.detail;
  if (name.startsWith(newsName("")))
    return { closed: await closeNews(name.slice(newsName("").length), status) };
  return await withLogKeys({ run: name }, async () => {
    const run = await runs().get(name);
    if (!run) return { closed: false };
    const ending = await beginClosing(run, status);
    if (!ending) return { closed: false };
    log("close-terminated.closing", { status }, "warn");
    if (run.kind === "cleanup" || run.kind === "firewall") {
      await (run.kind === "cleanup" ? closeCleanup : closeFirewall)(name, ending);
    } else {
      const topics = await Promise.allSettled([restoreAll(name)]);
      await closeRun(name, ending);
      for (const each of topics) if (each.status === "rejected") throw each.reason;
    }
    await runs().remember(name, closedFromOutside, true);
    return { closed: true };
  });
}

const closingFromOutside = "closing-from-outside";
const closedFromOutside = "closed-from-outside";

type Ending = { status: "aborted" | "failed"; reason: string };

/**
 * Written down before the run's end is: that end alone does not tell whether everything after it was done as well.
 * @returns how it ends; null: it has closed itself, or was closed to the end.
 */
async function beginClosing(run: Run, status: keyof typeof reasons): Promise<Ending | null> {
  if (run.status === "running") {
    const ending: Ending = { status: status === "ABORTED" ? "aborted" : "failed", reason: reasons[status] };
    return (await runs().remember(run.id, closingFromOutside, ending)).value;
  }
  const begun = await runs().recall<Ending>(run.id, closingFromOutside);
  return begun && (await runs().recall(run.id, closedFromOutside)) === null ? begun : null;
}

/** News that died are told: what they did not publish, the next post tells. */
async function closeNews(run: string, status: keyof typeof reasons): Promise<boolean> {
  return await withLogKeys({ run }, async () => {
    const news = await newsStore().get(run);
    if (!news || !newsAreUnderWay(news)) return false;
    log("close-terminated.closing-news", { status }, "warn");
    const reason = reasons[status];
    await newsStore().update(run, { status: "failed", note: reason });
    await tellNewsProblem(run, { step: "The weekly post", error: status, reason, againAt: null });
    return true;
  });
}
