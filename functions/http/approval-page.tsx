import { MAX_COMMENT } from "../domain/decision.ts";
import type { HealthReport } from "../domain/health-report.ts";
import type { ObjectsPlan } from "../domain/objects-plan.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { localMinute, timeOf } from "../domain/times.ts";
import { config, type Person } from "../runtime/config.ts";
import type { Run } from "../store/runs.ts";
import { type Chosen, nothingChosen } from "./choices-view.tsx";
import { KeyboardDefault, Problems } from "./form-parts.tsx";
import { Layout } from "./layout.tsx";
import { ObjectsView } from "./objects-view.tsx";
import { PlanView } from "./plan-view.tsx";
import { ReportView } from "./report-view.tsx";
import { Summary } from "./summary-view.tsx";

/** What a person filled in that was not accepted, and why. */
export interface Refill {
  problems: string[];
  chosen: Chosen;
  objects: string;
  until: string;
  comment: string;
}

export interface ApprovalProps {
  run: Run;
  plan: PromotionPlan;
  objects: ObjectsPlan | null;
  staging: HealthReport | null;
  person: Person;
  /** The personal link's token, which the form sends back. */
  token: string;
  now: Date;
  refill: Refill | null;
}

/** The question, everything that an answer rests on, and the form. */
export function ApprovalPage(props: ApprovalProps) {
  const { run, plan, objects, staging, person, token, now, refill } = props;
  const { service, schedule } = config();
  const zone = schedule.timeZone;
  return (
    <Layout
      title={`Deploy ${service}?`}
      about={`${run.id} · link for ${person.name}`}
      skipTo={{ id: "answer", label: "Go to the answers" }}
    >
      <form method="post" action="/approval" autocomplete="off" novalidate>
        <input type="hidden" name="token" value={token} />
        <KeyboardDefault name="answer" />
        {refill ? <Problems problems={refill.problems} /> : null}
        <Summary run={run} plan={plan} objects={objects} staging={staging} now={now}>
          <div class="actions">
            <ApproveButton />
            <a href="#answer">Postpone or reject</a>
          </div>
        </Summary>
        <ReportView report={staging} zone={zone} now={now} />
        <PlanView plan={plan} zone={zone} chosen={refill?.chosen ?? nothingChosen} />
        <ObjectsView objects={objects} zone={zone} now={now} chosen={{ objects: refill?.objects ?? "" }} />
        <Answers run={run} zone={zone} now={now} refill={refill} />
      </form>
    </Layout>
  );
}

function ApproveButton() {
  return (
    <button type="submit" name="answer" value="approve" class="go">
      <span class="as-planned">Approve as planned</span>
      <span class="with-changes">Approve with your changes</span>
    </button>
  );
}

interface AnswersProps {
  run: Run;
  zone: string;
  now: Date;
  refill: Refill | null;
}

function Answers({ run, zone, now, refill }: AnswersProps) {
  const inAnHour = localMinute(hoursAfter(now, 1), zone);
  const tomorrow = localMinute(hoursAfter(now, 24), zone);
  return (
    <section aria-labelledby="answer">
      <h2 id="answer" tabindex={-1}>
        Your answer
      </h2>
      <div class="card">
        <p class="hint">The first answer of any approver counts, and it is stored with your name.</p>
        <label for="comment">Comment (optional)</label>
        <textarea id="comment" name="comment" rows={2} maxlength={MAX_COMMENT}>
          {refill?.comment ?? ""}
        </textarea>
        <fieldset>
          <legend>Approve</legend>
          <p class="hint">
            <span class="as-planned">
              Exactly the commits above. To have it otherwise, open “Change” at a repository first.
            </span>
            <span class="with-changes">
              With what you chose under “Change” above, and the rest as planned.
            </span>
          </p>
          <ApproveButton />
        </fieldset>
        <fieldset>
          <legend>Postpone</legend>
          <p class="hint" id="until-hint">
            You will be asked again then, within 24 hours. Times are those of {zone}; this run's window ends{" "}
            {timeOf(run.windowEnd, zone, now.toISOString())}.
          </p>
          <label for="until">Ask again at</label>
          <input
            type="datetime-local"
            id="until"
            name="until"
            aria-describedby="until-hint"
            min={localMinute(now.toISOString(), zone)}
            max={tomorrow}
            value={refill?.until || inAnHour}
          />
          <button type="submit" name="answer" value="postpone">
            Postpone
          </button>
        </fieldset>
        <fieldset>
          <legend>Reject</legend>
          <p class="hint">Nothing is deployed, and the run ends. A comment tells the others why.</p>
          <button type="submit" name="answer" value="reject" class="stop">
            Reject
          </button>
        </fieldset>
      </div>
    </section>
  );
}

function hoursAfter(now: Date, hours: number): string {
  return new Date(now.getTime() + hours * 60 * 60 * 1000).toISOString();
}
