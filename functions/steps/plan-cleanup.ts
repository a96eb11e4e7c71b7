import { z } from "zod";
import { type CleanupImage, countKept, digestOfCleanup, goes } from "../domain/cleanup-plan.ts";
import type { JudgedTag } from "../domain/registry-cleanup.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { cleanups } from "../store/cleanups.ts";
import { runs } from "../store/runs.ts";
import { repairedNotifications } from "./check-notifications.ts";
import { cleanupConfig } from "./cleanup-context.ts";
import { judgeImage, readHolds } from "./cleanup-judgement.ts";
import { now } from "./run-context.ts";

const input = runInput.extend({
  /** What became of the reading of each image. */
  images: z.array(z.object({ image: z.string().min(1), error: z.string() })),
});

interface Judged {
  image: string;
  tags: JudgedTag[];
}

/** Judges every tag, and stores the plan that a person is asked about once its space is measured. */
export const handler = step("plan-cleanup", input, async ({ run, images }) => {
  const holds = await readHolds();
  const unread: { image: string; error: string }[] = images.filter(({ error }) => error !== "");
  const judged: Judged[] = [];
  for (const { image, error } of images) {
    if (error !== "") continue;
    const tags = (await cleanups().tags(run, image)) ?? [];
    const lists = await cleanups().contents(image, "lists");
    const all = judgeImage(image, tags, { holds, lists });
    await cleanups().saveJudged(run, image, all);
    judged.push({ image, tags: all });
  }
  const { rules, keepDays } = cleanupConfig();
  const plan = {
    digest: digestOfCleanup(judged),
    madeAt: now(),
    images: judged.map(summaryOf),
    unread,
    space: null,
    notifications: (await runs().recall<string[]>(run, repairedNotifications)) ?? [],
    rules,
    keepDays,
  };
  await cleanups().savePlan(run, plan);
  await runs().update(run, { planVersion: 1 });
  const going = plan.images.reduce((sum, each) => sum + each.goes, 0);
  log("plan-cleanup.planned", { digest: plan.digest, going, unread: unread.length });
  return { going, question: "cleanup-1" };
});

function summaryOf({ image, tags }: Judged): CleanupImage {
  return {
    image,
    tags: tags.length,
    goes: tags.filter(goes).length,
    kept: countKept(tags),
    space: null,
  };
}
