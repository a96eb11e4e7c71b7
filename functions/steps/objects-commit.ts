import type { ObjectsPlan } from "../domain/objects-plan.ts";
import { newObjectsText, planObjects } from "../domain/objects-plan.ts";
import { config, type ObjectsConfig } from "../runtime/config.ts";
import { BadInput, NotFound, ObjectsMoved } from "../runtime/errors.ts";
import { github } from "../services/github.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";
import { compareObjects } from "./objects-compare.ts";
import { type ApprovedObjects, approvedKey } from "./objects-end.ts";
import { nextQuestionId } from "./question-number.ts";

const offerKey = (question: string) => `objects-offer/${question}`;

/** Written down once, when the decision is read. */
export async function rememberApprovedObjects(run: string, { commit, vault }: ObjectsPlan): Promise<void> {
  const approved: ApprovedObjects = {
    commit,
    vault: vault && { digest: vault.digest, lines: vault.lines },
  };
  await runs().remember(run, approvedKey, approved);
}

/**
 * The commit that may be applied: that of the approval, or the newest one that was offered by a question and accepted
 * there.
 * @throws NotFound when the objects were not approved, which is an error in the state machine.
 */
export async function approvedObjects(run: string): Promise<ApprovedObjects> {
  const approved = await runs().recall<ApprovedObjects>(run, approvedKey);
  if (!approved) throw new NotFound(`${run} has no approved Kubernetes objects.`);
  const asked = (await questions().all(run)).toSorted((a, b) => b.askedAt.localeCompare(a.askedAt));
  for (const { id } of asked) {
    const offered = await runs().recall<string>(run, offerKey(id));
    if (!offered) continue;
    const decision = await questions().answerTo(run, id);
    if (decision?.answer === "retry") return { ...approved, commit: offered };
  }
  return approved;
}

/**
 * The branch is no longer at the approved commit: offers the newest one. What the coming question offers is stored under
 * its id first, so an answer binds exactly the commit that it showed, however often the step ran.
 * @param step the state that finds it out.
 */
export async function objectsMoved(run: string, step: string, approved: string): Promise<ObjectsMoved> {
  const settings = objectsConfig();
  const { repository, branch, paths } = settings;
  const hub = await github();
  const head = await hub.branchHead(repository, branch);
  if (!head) throw new NotFound(`${repository} has no branch ${branch}: objects.branch names it.`);
  const question = await nextQuestionId(run, step, null);
  const { value: commit } = await runs().remember(run, offerKey(question), head);
  const comparison = await compareObjects(hub, settings, { from: approved, to: commit });
  const plan = planObjects({
    repository,
    branch,
    commit,
    applied: { commit: approved, at: "", run },
    paths,
    comparison,
    readsVault: false,
    pinned: [],
  });
  return new ObjectsMoved(newObjectsText(plan));
}

/** @throws BadInput when the configuration has none: it was changed while the run was under way. */
export function objectsConfig(): ObjectsConfig {
  const { objects } = config();
  if (!objects) throw new BadInput("The configuration has no objects.");
  return objects;
}
