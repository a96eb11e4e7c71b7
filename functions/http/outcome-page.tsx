import type { Answer, Decision } from "../domain/decision.ts";
import type { HealthReport } from "../domain/health-report.ts";
import type { ObjectsPlan } from "../domain/objects-plan.ts";
import { consequencesOf } from "../domain/plan-consequences.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { endWords } from "../domain/run-messages.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config, type Person } from "../runtime/config.ts";
import type { Run } from "../store/runs.ts";
import { CommitLink } from "./commits-view.tsx";
import { short } from "./github-links.ts";
import { Layout } from "./layout.tsx";
import { ObjectsView } from "./objects-view.tsx";
import { PlanView } from "./plan-view.tsx";
import { ReportView } from "./report-view.tsx";

const verbs: Record<Answer, string> = {
  approve: "Approved",
  postpone: "Postponed",
  reject: "Rejected",
  expired: "Expired",
};

const places: Record<Decision["via"], string> = {
  page: "on this page",
  slack: "in Slack",
  deadline: "by the deadline",
};

export interface OutcomeProps {
  run: Run;
  decision: Decision;
  person: Person;
  /** The plan that was decided on; null when the run has another one by now. */
  plan: PromotionPlan | null;
  objects: ObjectsPlan | null;
  staging: HealthReport | null;
  now: Date;
  /** The person has just sent an answer that came too late. */
  late: boolean;
  /** Page of the run, for the team. */
  runUrl: string;
}

/** Who decided what and when: what a link shows from the decision on. */
export function OutcomePage(props: OutcomeProps) {
  const { run, decision, person, plan, objects, staging, now, late, runUrl } = props;
  const zone = config().schedule.timeZone;
  const by = personOf(decision.by).name;
  const title =
    decision.answer === "expired" ? "Nobody answered in time" : `${verbs[decision.answer]} by ${by}`;
  return (
    <Layout title={title} about={`${run.id} · link for ${person.name}`}>
      <section class="card" aria-labelledby="title">
        {late ? (
          <p class="note warning" role="alert">
            Your answer came second and changes nothing: {by} was first.
          </p>
        ) : null}
        <h1 id="title">{title}</h1>
        <p class="lead">
          {timeOf(decision.at, zone, now.toISOString())}, {places[decision.via]}
        </p>
        <p>
          {meaning(decision, run, zone, now)} <a href={runUrl}>Look at the run</a>
        </p>
        {decision.comment ? (
          <p>
            Comment: <bdi>{decision.comment}</bdi>
          </p>
        ) : null}
        {decision.objects === undefined ? null : (
          <p>
            {decision.objects
              ? "The Kubernetes objects are applied."
              : "The Kubernetes objects stay as they are."}
          </p>
        )}
        <Changes decision={decision} plan={plan} />
      </section>
      {plan ? (
        <>
          <ReportView report={staging} zone={zone} now={now} />
          <PlanView plan={plan} zone={zone} chosen={null} />
          <ObjectsView objects={objects} zone={zone} now={now} chosen={null} />
        </>
      ) : null}
    </Layout>
  );
}

function meaning(decision: Decision, run: Run, zone: string, now: Date): string {
  const wentOn = decision.answer === "approve" || decision.answer === "postpone";
  if (wentOn && run.status !== "running") {
    return `By now the run ${endWords[run.status]}${run.reason ? ` (${run.reason})` : ""}.`;
  }
  switch (decision.answer) {
    case "approve":
      return "The deployment goes on by itself, and the channel is told how it ends.";
    case "postpone":
      if (askedAgain(decision, run)) {
        return "Since then it was planned again and the plan may have changed: look for your newer link.";
      }
      return decision.until
        ? `The question is asked again ${timeOf(decision.until, zone, now.toISOString())}, with a new link and the plan of then.`
        : "The question is asked again, with a new link and the plan of then.";
    case "reject":
      return "Nothing was deployed, and the run has ended.";
    case "expired":
      return "The window of this run is over, so nothing was deployed. A person can start another run.";
  }
}

/** The question of a plan carries the plan's version. */
function askedAgain({ question }: Decision, { planVersion }: Run): boolean {
  return Number(question.slice(question.lastIndexOf("-") + 1)) < (planVersion ?? 0);
}

export function Changes({ decision, plan }: { decision: Decision; plan: PromotionPlan | null }) {
  const { commits = {}, leaveOut = [], force = [] } = decision.changes ?? {};
  // Also of the plan as approved, whose `to` is the chosen one.
  const newest = (name: string) => plan?.repositories.find((each) => each.name === name)?.main;
  if (Object.keys(commits).length + leaveOut.length + force.length === 0) return null;
  const consequences = plan ? consequencesOf(plan, { commits, leaveOut, force }) : [];
  return (
    <>
      <h2>Other than planned</h2>
      <ul>
        {Object.entries(commits).map(([name, sha]) => {
          const instead = newest(name);
          return (
            <li>
              {name} goes to <CommitLink repository={name} sha={sha} />
              {instead ? (
                <>
                  {" "}
                  instead of <code>{short(instead)}</code>
                </>
              ) : null}
            </li>
          );
        })}
        {leaveOut.map((name) => (
          <li>{name} is left out</li>
        ))}
        {force.map((name) => (
          <li>{name} is forced: commits that only its stable branch has are overwritten</li>
        ))}
        {consequences.map((each) => (
          <li>So {each}</li>
        ))}
      </ul>
    </>
  );
}
