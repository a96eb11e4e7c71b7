import { choosableCommits } from "../domain/choosable-commits.ts";
import { consequencesOf } from "../domain/plan-consequences.ts";
import type { PlanChanges, PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import { dayOf } from "../domain/times.ts";
import { list } from "../domain/words.ts";
import { short } from "./github-links.ts";

/** The form's state before it is checked: what the person chose so far. */
export type Chosen = PlanChanges;

export const nothingChosen: Chosen = { commits: {}, leaveOut: [], force: [] };

const longestTitle = 60;

interface ChoicesProps {
  plan: PromotionPlan;
  repository: PlannedRepository;
  chosen: Chosen;
  zone: string;
}

/**
 * What an approver can have otherwise for one repository. Controls that differ from the plan carry the class `other`
 * when they are chosen: by it the stylesheet marks the repository and renames the button, without a script.
 */
export function RepositoryChoices({ plan, repository, chosen, zone }: ChoicesProps) {
  const { name, action, ownCommits } = repository;
  const choosable = choosableCommits(repository);
  const leftOut = chosen.leaveOut.includes(name);
  const forced = chosen.force.includes(name);
  const other = chosen.commits[name];
  const diverged = ownCommits.length > 0;
  const open = leftOut || forced || (other !== undefined && other !== repository.main);
  return (
    <details open={open}>
      <summary>Change {name}</summary>
      <fieldset class="change">
        <legend class="hint">Only for this deployment</legend>
        {choosable.length > 0 ? (
          <label>
            Commit of main
            <select name={`commit.${name}`}>
              <option value={repository.main}>{short(repository.main)}, the newest</option>
              {choosable.map((commit) => (
                <option class="other" value={commit.sha} selected={commit.sha === other}>
                  {short(commit.sha)} · {dayOf(commit.date, zone)} · {cut(commit.title)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {action === "leftOut" ? null : (
          <label class="box">
            <input type="checkbox" class="other" name="leaveOut" value={name} checked={leftOut} />
            <span>
              Leave {name} out
              <Consequences plan={plan} changes={{ leaveOut: [name] }} />
            </span>
          </label>
        )}
        {diverged && !repository.force ? (
          <label class="box">
            <input type="checkbox" class="other" name="force" value={name} checked={forced} />
            <span>
              Force {name}: overwrite{" "}
              {ownCommits.length === 1 ? "the commit" : `the ${ownCommits.length} commits`} that only its
              stable branch has
              <Consequences plan={plan} changes={{ force: [name] }} />
            </span>
          </label>
        ) : null}
      </fieldset>
    </details>
  );
}

function Consequences({ plan, changes }: { plan: PromotionPlan; changes: Partial<PlanChanges> }) {
  const all = consequencesOf(plan, { ...nothingChosen, ...changes });
  return all.length > 0 ? <small class="soft"> Then {list(all)}.</small> : null;
}

function cut(title: string): string {
  const characters = [...title];
  return characters.length <= longestTitle ? title : `${characters.slice(0, longestTitle - 1).join("")}…`;
}
