import type { StepDecision } from "../domain/question.ts";
import { answerInWords, placesOfAnswers, questionTitle } from "../domain/step-words.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config, type Person } from "../runtime/config.ts";
import { Layout } from "./layout.tsx";
import { type AboutStep, Drafts, Reason, StepFacts, sentence } from "./question-page.tsx";

interface AnsweredProps {
  about: AboutStep;
  decision: StepDecision;
  person: Person;
  now: Date;
  /** The person has just sent an answer that came too late. */
  late: boolean;
}

/** Who answered what and when: what a link shows from the answer on. */
export function AnsweredPage({ about, decision, person, now, late }: AnsweredProps) {
  const { run, question } = about;
  const zone = config().schedule.timeZone;
  const title = titleOf(about, decision);
  const offered = question.answers.find((each) => each.answer === decision.answer);
  return (
    <Layout title={title} about={`${run.id} · link for ${person.name}`}>
      <section class="card" aria-labelledby="title">
        {late ? (
          <p class="note warning" role="alert">
            Your answer came second and changes nothing: this one was first.
          </p>
        ) : null}
        <h1 id="title">{title}</h1>
        <p class="lead">
          {timeOf(decision.at, zone, now.toISOString())}, {placesOfAnswers[decision.via]}
        </p>
        {offered ? <p>{sentence(offered.does)}</p> : null}
        {decision.comment ? (
          <p>
            Comment: <bdi>{decision.comment}</bdi>
          </p>
        ) : null}
        <h2>{questionTitle(question)}</h2>
        <Reason question={question} />
        <Drafts drafts={question.drafts ?? []} />
      </section>
      <StepFacts about={about} team={null} zone={zone} now={now} />
    </Layout>
  );
}

function titleOf({ question }: AboutStep, decision: StepDecision): string {
  const label = answerInWords(question, decision.answer);
  if (decision.via === "deadline") return `Nobody answered in time: ${label}`;
  if (decision.via === "run") return `Settled without an answer: ${label}`;
  return `${personOf(decision.by).name} answered: ${label}`;
}
