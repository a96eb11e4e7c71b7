import { rollbackOfKey } from "../domain/keys.ts";
import { BadInput, NotFound, RollbackFailed } from "../runtime/errors.ts";
import { resumedWith, runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { markRollbackRead } from "./roll-back.ts";
import { outcomeKey, type RollbackOutcome } from "./rollback-plan.ts";

const input = runInput.extend({ resumed: resumedWith });

/**
 * How the rollback ended, from the store.
 * @returns `status`: `done`, or `aborted` by a person.
 * @throws RollbackFailed with its reason, for a person to decide what now.
 */
export const handler = step("read-rollback", input, async ({ run, resumed }) => {
  const number = rollbackOfKey(resumed.key);
  if (number === null) throw new BadInput(`${run}: ${resumed.key} is no rollback.`);
  await waits().acknowledge(`${run}/RollBack/${number}`, resumed);
  const outcome = await runs().recall<RollbackOutcome>(run, outcomeKey(number));
  if (!outcome) throw new NotFound(`${run}: how rollback ${number} ended is not in the store.`);
  await markRollbackRead(run, number);
  const { status, reason } = outcome;
  if (status === "done" || status === "aborted") return { status, reason };
  throw new RollbackFailed(
    `The rollback did not end well: ${reason}. Try it again, or bring production back by hand and abort.`,
  );
});
