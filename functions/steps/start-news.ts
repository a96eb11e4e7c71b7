import { z } from "zod";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { stepFunctions } from "../services/step-functions.ts";
import { newsStore } from "../store/news.ts";
import { runs } from "../store/runs.ts";
import { newsName } from "./news-context.ts";
import { minutesAfter, now } from "./run-context.ts";

const input = runInput.extend({ kind: z.string() });

/**
 * Starts the news of a weekly run as an execution of their own, so that no reviewer holds the deployment up. A hotfix
 * has none: what it brings is told by the next weekly post. Starting twice is one execution, by its name.
 */
export const handler = step("start-news", input, async ({ run, kind }) => {
  const { news } = config();
  if (!news || kind !== "weekly") return { started: false };
  const openedAt = now();
  await newsStore().open({
    run,
    execution: null,
    status: "drafting",
    note: null,
    openedAt,
    deadline: minutesAfter(openedAt, news.deadlineDays * 24 * 60),
    branch: null,
    pullRequest: null,
    postUrl: null,
    mergedAt: null,
    remindedAt: null,
  });
  const { arn, started } = await stepFunctions().startExecution({
    name: newsName(run),
    input: { run },
    flow: "weekly-news",
  });
  await newsStore().update(run, { execution: arn });
  log("start-news.started", { execution: newsName(run), started });
  await runs().record(run, {
    code: "start-news.started",
    text: "the weekly post is being drafted",
    key: "start-news",
  });
  return { started };
});
