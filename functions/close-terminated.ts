import { z } from "zod";
import { BadInput } from "./runtime/errors.ts";
import { log, withLogKeys } from "./runtime/logger.ts";
import { closeCleanup } from "./steps/cleanup-closing.ts";
import { isClosed, noteClosed } from "./steps/closed.ts";
import { closeRun } from "./steps/closing.ts";
import { closeFirewall } from "./steps/firewall-closing.ts";
import { newsName } from "./steps/news-context.ts";
import { tellNewsProblem } from "./steps/news-end.ts";
import { restoreAll } from "./steps/restore-topics.ts";
import { newsAreUnderWay, newsStore } from "./store/news.ts";
import { runs } from "./store/runs.ts";

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
 * the state machine. A run that closed itself is left alone; running again goes on where the first time failed, such as
 * at a chat that was away.
 */
export async function handler(input: unknown): Promise<{ closed: boolean }> {
  const parsed = event.safeParse(input);
  if (!parsed.success) throw new BadInput(`close-terminated: ${z.prettifyError(parsed.error)}`);
  const { name, status } = parsed.data.detail;
  if (name.startsWith(newsName("")))
    return { closed: await closeNews(name.slice(newsName("").length), status) };
  return await withLogKeys({ run: name }, async () => {
    const run = await runs().get(name);
    if (!run || (await isClosed(name))) return { closed: false };
    log("close-terminated.closing", { status }, "warn");
    const aborted = status === "ABORTED";
    const ending = { status: aborted ? "aborted" : "failed", reason: reasons[status] } as const;
    if (run.kind === "cleanup") await closeCleanup(name, ending);
    else if (run.kind === "firewall") await closeFirewall(name, ending);
    else await closeDeployment(name, ending);
    await noteClosed(name);
    return { closed: true };
  });
}

/** Topics that could not be put back hold up neither the lock nor the summary; they are tried again afterwards. */
async function closeDeployment(run: string, ending: Parameters<typeof closeRun>[1]): Promise<void> {
  const [restored] = await Promise.allSettled([restoreAll(run)]);
  await closeRun(run, ending);
  if (restored.status === "rejected") throw restored.reason;
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
