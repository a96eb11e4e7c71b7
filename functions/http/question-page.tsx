import { MAX_COMMENT } from "../domain/decision.ts";
import type { PlannedRepository } from "../domain/promotion-plan.ts";
import type { OfferedAnswer, StepQuestion } from "../domain/question.ts";
import type { Team } from "../domain/question-messages.ts";
import { questionTitle, withoutAnAnswer } from "../domain/step-words.ts";
import { timeOf } from "../domain/times.ts";
import { config, type Person } from "../runtime/config.ts";
import type { RepositoryProgress, Run } from "../store/runs.ts";
import { KeyboardDefault, Problems } from "./form-parts.tsx";
import { Layout } from "./layout.tsx";
import { RepositoryNow } from "./progress-view.tsx";

/** What a person filled in that was not accepted, and why. */
export interface Refill {
  problems: string[];
  comment: string;
}

/** A question, and what is known of the step that it is about. */
export interface AboutStep {
  run: Run;
  question: StepQuestion;
  /** Null: the step is about no repository. */
  progress: RepositoryProgress | null;
  planned: PlannedRepository | null;
  /** The person's page of the whole run; null once it has ended. */
  controlUrl: string | null;
}

interface QuestionProps {
  about: AboutStep;
  team: Team;
  person: Person;
  /** The personal link's token, which the form sends back. */
  token: string;
  now: Date;
  refill: Refill | null;
}

/** What failed and why, what each answer does, and the form. The answers come first: they fit a phone's screen. */
export function QuestionPage({ about, team, person, token, now, refill }: QuestionProps) {
  const { run, question } = about;
  const zone = config().schedule.timeZone;
  const at = (iso: string) => timeOf(iso, zone, now.toISOString());
  return (
    <Layout
      title={questionTitle(question)}
      about={`${run.id} · link for ${person.name}`}
      skipTo={{ id: "answers", label: "Go to the answers" }}
    >
      <form method="post" action="/question" autocomplete="off" novalidate>
        <input type="hidden" name="token" value={token} />
        <KeyboardDefault name="answer" />
        {refill ? <Problems problems={refill.problems} /> : null}
        <section class="card" aria-labelledby="title">
          <h1 id="title">{questionTitle(question)}</h1>
          <Reason question={question} />
          <Drafts drafts={question.drafts ?? []} />
          <Answers answers={question.answers} comment={refill?.comment ?? ""} />
          <p class="hint last">
            The first answer of any approver counts, and is stored with your name.{" "}
            <strong>Until {at(question.expiresAt)}.</strong> {withoutAnAnswer(question)}
          </p>
        </section>
      </form>
      <StepFacts about={about} zone={zone} now={now} team={team} />
    </Layout>
  );
}

function Answers({ answers, comment }: { answers: OfferedAnswer[]; comment: string }) {
  return (
    <div id="answers" class="answers" tabindex={-1}>
      {answers.map(({ answer, label, does }) => (
        <div>
          <button
            type="submit"
            name="answer"
            value={answer}
            class={answer === "retry" || answer === "publish" ? "go" : answer === "abort" ? "stop" : ""}
            aria-describedby={`does-${answer}`}
          >
            {label}
          </button>
          <p id={`does-${answer}`} class="hint">
            {sentence(does)}
          </p>
        </div>
      ))}
      <details open={comment !== ""}>
        <summary>Add a comment</summary>
        <label for="comment">Goes with the answer that you press</label>
        <textarea id="comment" name="comment" rows={2} maxlength={MAX_COMMENT}>
          {comment}
        </textarea>
      </details>
    </div>
  );
}

const longestReason = 400;

/** Errors quote other systems: escaped, and kept from turning the line around them (`bdi`). */
export function Reason({ question }: { question: StepQuestion }) {
  const { kind, error, reason } = question;
  const long = reason.length > longestReason;
  return (
    <div class={`note ${kind === "failed" ? "failed" : "warning"} reason`}>
      <bdi>{long ? `${reason.slice(0, longestReason).toWellFormed()}…` : reason}</bdi>
      {kind === "failed" ? (
        <>
          {" "}
          (<code>{error}</code>)
        </>
      ) : null}
      {long ? (
        <details>
          <summary>All of it</summary>
          <bdi>{reason}</bdi>
        </details>
      ) : null}
    </div>
  );
}

/** Texts that are asked about, word for word. */
export function Drafts({ drafts }: { drafts: string[] }) {
  return (
    <>
      {drafts.map((draft) => (
        <blockquote class="draft">
          <bdi>{draft}</bdi>
        </blockquote>
      ))}
    </>
  );
}

interface StepFactsProps {
  about: AboutStep;
  /** Who is called; null once it is answered. */
  team: Team | null;
  zone: string;
  now: Date;
}

/** When it was asked and of whom, and the repository that it is about. */
export function StepFacts({ about, team, zone, now }: StepFactsProps) {
  const { run, question, progress, planned, controlUrl } = about;
  const at = (iso: string) => timeOf(iso, zone, now.toISOString());
  return (
    <>
      <section aria-labelledby="about">
        <h2 id="about">About this question</h2>
        <div class="card">
          <dl class="facts">
            <div>
              <dt>Asked</dt>
              <dd>{at(question.askedAt)}</dd>
            </div>
            <div>
              <dt>Question</dt>
              <dd class="id">{question.id}</dd>
            </div>
            {team ? (
              <div>
                <dt>Called</dt>
                <dd>{called(team)}</dd>
              </div>
            ) : null}
            <div>
              <dt>Run</dt>
              <dd>
                <span class="id">{run.id}</span> <small>window until {at(run.windowEnd)}</small>
              </dd>
            </div>
          </dl>
          {controlUrl ? <a href={controlUrl}>See the whole run: how far it is, pause it, stop it</a> : null}
        </div>
      </section>
      {progress ? (
        <section aria-labelledby="repository">
          <h2 id="repository">The repository</h2>
          <RepositoryNow progress={progress} planned={planned} zone={zone} />
        </section>
      ) : null}
    </>
  );
}

/** In the order in which they are called. */
function called({ duty, backup, approvers }: Team): string {
  const first = [...new Set([duty?.name, backup?.name].filter((each) => each !== undefined))];
  const rest = approvers.some((each) => !first.includes(each.name)) ? ["all approvers"] : [];
  return [...first, ...rest].join(", then ") || "nobody";
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
