import { z } from "zod";
import { config } from "../runtime/config.ts";
import { step } from "../runtime/step.ts";
import { askChoice } from "./ask-choice.ts";
import { branchesToReturn } from "./branches-to-return.ts";
import { rollbackInput } from "./open-rollback.ts";

const input = rollbackInput.extend({ taskToken: z.string().min(1) });

/**
 * Says that the stable branches still point at what was taken back, so that their next build brings it back, and offers
 * to move them back.
 */
export const handler = step("ask-move-back", input, async ({ run, of, taskToken }) => {
  const { stableBranch } = config().github;
  const branches = (await branchesToReturn(of)).filter((each) => each.mayReturn);
  const lines = branches.map(
    ({ repository, before, now }) => `${repository} ${now.slice(0, 7)} (before: ${before.slice(0, 7)})`,
  );
  await askChoice({
    run,
    step: "AskMoveBack",
    taskToken,
    reason:
      `Production runs the images from before ${of} again, but ${stableBranch} still points at the new commits: ` +
      `${lines.join(", ")}. The next build brings them back.`,
    answers: [
      {
        answer: "rollback",
        label: "Move them back",
        does: `each ${stableBranch} branch goes back to where it was before ${of}, by force, unless somebody has moved it since`,
      },
      {
        answer: "forward",
        label: "Leave them",
        does: "the branches stay, somebody fixes it forward before the next build",
      },
    ],
    withoutAnswer: "forward",
  });
  return {};
});
