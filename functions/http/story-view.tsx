import type { Decision } from "../domain/decision.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { answerInWords, placesOfAnswers, questionTitle } from "../domain/step-words.ts";
import { count, list } from "../domain/words.ts";
import { personOf } from "../facts.ts";
import { Changes } from "./outcome-page.tsx";
import type { Clock } from "./run-clock.ts";
import type { RunNow } from "./run-now.ts";
import { worked } from "./run-words.ts";

/** What was planned, and what an approver wanted otherwise. */
export function PlanSection({ now }: { now: RunNow }) {
  const { plan, approved, decisions } = now;
  const decision = decisions.findLast((each) => each.answer === "approve") ?? null;
  if (!plan) return null;
  const warned = plan.repositories.filter(
    (each) => each.ownCommits.length > 0 || each.migrations.length > 0 || each.buildBy === "person",
  );
  return (
    <section class="planned" aria-labelledby="plan">
      <h2 id="plan">Plan</h2>
      <div class="card">
        <p>
          {approved ? "Approved" : "Planned"}: {planInWords(plan)}
        </p>
        {plan.waves.length > 1 ? (
          <ol class="waves" aria-label="Order">
            {plan.waves.map((wave) => (
              <li>{list(wave)}</li>
            ))}
          </ol>
        ) : null}
        {warned.length > 0 ? (
          <ul>
            {warned.map((each) => (
              <li>
                {each.name}:{" "}
                {list([
                  ...(each.ownCommits.length > 0
                    ? [`${count(each.ownCommits.length, "commit")} that only ${plan.branches.stable} has`]
                    : []),
                  ...(each.migrations.length > 0
                    ? [count(each.migrations.length, "database migration")]
                    : []),
                  ...(each.buildBy === "person" ? ["a person starts its build"] : []),
                ])}
              </li>
            ))}
          </ul>
        ) : null}
        {decision ? <Changes decision={decision} plan={plan} /> : null}
      </div>
    </section>
  );
}

function planInWords(plan: PromotionPlan): string {
  const names = worked(plan);
  const left = plan.repositories.filter(({ action }) => action === "leftOut").map(({ name }) => name);
  const what =
    names.length > 0
      ? `${count(names.length, "repository", "repositories")} of ${plan.repositories.length}`
      : "nothing to deploy";
  return `${what}${left.length > 0 ? `, without ${list(left)}` : ""}.`;
}

interface Told {
  at: string;
  who: string;
  what: string;
  how: string;
  comment: string | null;
}

/** Every decision of a person, and those that fell without one. */
export function DecisionsView({ now, clock }: { now: RunNow; clock: Clock }) {
  const told = decisionsOf(now).sort((one, other) => one.at.localeCompare(other.at));
  return (
    <section class="decided" aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      <div class="card">
        {told.length === 0 ? <p class="soft">Nobody had to decide anything yet.</p> : null}
        <ol class="log">
          {told.map(({ at, who, what, how, comment }) => (
            <li>
              <time datetime={at}>{clock.at(at)}</time>
              <div>
                <strong>{who}</strong> {what}, {how}
                {comment ? (
                  <>
                    : <bdi>{comment}</bdi>
                  </>
                ) : null}
              </div>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

const verbs: Record<Decision["answer"], string> = {
  approve: "approved the plan",
  reject: "rejected the plan",
  postpone: "postponed the run",
  expired: "let the question expire",
};
const stops = { stop: "stopped the run", veto: "vetoed the run", superseded: "took the place of the run" };

function decisionsOf({ decisions, questions, control }: RunNow): Told[] {
  const { pause, stop } = control;
  return [
    ...decisions.map(({ at, by, answer, via, changes, comment }) => ({
      at,
      who: nameOf(by),
      what: `${verbs[answer]}${changes ? " with changes" : ""}`,
      how: placesOfAnswers[via],
      comment,
    })),
    ...questions.flatMap(({ question, decision }) =>
      decision
        ? [
            {
              at: decision.at,
              who: nameOf(decision.by),
              what: `answered “${answerInWords(question, decision.answer)}” (${questionTitle(question)})`,
              how: placesOfAnswers[decision.via],
              comment: decision.comment,
            },
          ]
        : [],
    ),
    ...(pause
      ? [
          {
            ...pause,
            who: nameOf(pause.by),
            what: "paused the run",
            how: "until somebody resumes it",
            comment: null,
          },
        ]
      : []),
    ...(stop
      ? [{ ...stop, who: nameOf(stop.by), what: stops[stop.why], how: "before its next change" }]
      : []),
  ];
}

function nameOf(login: string): string {
  return login === "stablehand" ? "Stablehand" : personOf(login).name;
}

/** What happened, oldest first: what comes is added below. */
export function LogView({ now, clock }: { now: RunNow; clock: Clock }) {
  return (
    <section class="story" aria-labelledby="log">
      <h2 id="log">Log</h2>
      <div class="card">
        {now.events.length === 0 ? <p class="soft">Nothing yet.</p> : null}
        <ol class="log">
          {now.events.map(({ at, text }) => (
            <li>
              <time datetime={at}>{clock.at(at)}</time>
              <bdi>{text}</bdi>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
