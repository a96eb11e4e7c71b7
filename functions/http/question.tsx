import type { Context } from "hono";
import { MAX_COMMENT } from "../domain/decision.ts";
import type { StepAnswer } from "../domain/question.ts";
import { teamOf } from "../facts.ts";
import { answerQuestion, type StepStanding, stepStanding, tellAgain } from "../requests.ts";
import type { Person } from "../runtime/config.ts";
import { controlLink, verifyQuestionLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { runs } from "../store/runs.ts";
import { AnsweredPage } from "./answered-page.tsx";
import { field, readForm } from "./form.ts";
import { refuseLink, refuseToken } from "./link-problem.tsx";
import type { Page } from "./page.ts";
import { approverByLogin } from "./people.ts";
import { type AboutStep, QuestionPage, type Refill } from "./question-page.tsx";

/** Of the form, in bytes: token and comment. */
const largestForm = 20 * 1024;

type Open = Extract<StepStanding, { is: "open" }>;
type Answered = Extract<StepStanding, { is: "answered" }>;

interface Visit {
  token: string;
  person: Person;
  stands: Open | Answered;
}

/** The page of a question about a step. Changes nothing. */
export async function showStepQuestion(c: Context): Promise<Page> {
  const visit = await enter(c.req.query("token") ?? "");
  if (!("stands" in visit)) return visit;
  if (visit.stands.is === "answered") return await outcome(visit, visit.stands, false);
  return await ask(visit, visit.stands, null);
}

/**
 * An answer: stored, told to the run, and then shown by the page that one gets with the same link.
 * @throws Refusal when it is no form
 */
export async function answerStepQuestion(c: Context): Promise<Page> {
  const form = await readForm(c, largestForm);
  const visit = await enter(field(form, "token"));
  if (!("stands" in visit)) return visit;
  const { stands, person, token } = visit;
  const said = field(form, "answer");
  if (stands.is === "answered") {
    // The one who answered may have been cut off before the run was told.
    await tellAgain(stands.run.id, stands.decision);
    const again = stands.decision.by === person.github && stands.decision.answer === said;
    return again ? seeOutcome(token) : await outcome(visit, stands, true);
  }
  const comment = field(form, "comment").trim();
  const { question, run } = stands;
  const offered = question.answers.find((each) => each.answer === said);
  const problems = [
    ...(offered ? [] : [said ? "This question does not offer that answer." : "Choose one of the answers."]),
    ...(comment.length > MAX_COMMENT ? [`The comment is longer than ${MAX_COMMENT} characters.`] : []),
  ];
  if (!offered || problems.length > 0) return await ask(visit, stands, { problems, comment });
  const given = {
    answer: said as StepAnswer,
    by: person.github,
    via: "page",
    comment: comment || null,
  } as const;
  const { won, decision } = await answerQuestion(run.id, question, given);
  return won ? seeOutcome(token) : await outcome(visit, { ...stands, is: "answered", decision }, true);
}

/** Checks a link: who, for what, and whether that is still asked. */
async function enter(token: string): Promise<Visit | Page> {
  const link = await verifyQuestionLink(token);
  if (!link.ok) return refuseToken(link.why);
  const { sub, run, question } = link.claims;
  const person = approverByLogin(sub);
  if (!person) {
    log("page.not-approver", { run, login: sub }, "warn");
    return refuseLink(403, "notApprover");
  }
  const stands = await stepStanding(run, question);
  if (stands.is === "open" || stands.is === "answered") return { token, person, stands };
  return refuseLink(stands.is === "unknown" ? 404 : 410, stands.is);
}

function seeOutcome(token: string): Page {
  return { location: `/question?token=${encodeURIComponent(token)}` };
}

async function ask({ person, token }: Visit, stands: Open, refill: Refill | null): Promise<Page> {
  const about = await aboutStep(stands, person);
  const props = { about, team: teamOf(stands.run), person, token, now: new Date(), refill };
  return { status: refill ? 422 : 200, body: <QuestionPage {...props} /> };
}

async function outcome({ person }: Visit, stands: Answered, late: boolean): Promise<Page> {
  const about = await aboutStep(stands, person);
  const props = { about, decision: stands.decision, person, now: new Date(), late };
  return { status: late ? 409 : 200, body: <AnsweredPage {...props} /> };
}

/** What is known of the step: the repository that it is about, how far that is, and what the approved plan says of it. */
async function aboutStep({ run, question }: Open | Answered, person: Person): Promise<AboutStep> {
  const { repository: name } = question;
  const [progress, plan] = await Promise.all([
    name === null ? null : runs().repository(run.id, name),
    name === null ? null : runs().approved(run.id),
  ]);
  const expiresAt = question.expiresAt;
  const goesOn = run.status === "running" && Date.parse(expiresAt) > Date.now();
  return {
    run,
    question,
    progress,
    planned: plan?.repositories.find((each) => each.name === name) ?? null,
    controlUrl: goesOn ? await controlLink({ login: person.github, run: run.id, expiresAt }) : null,
  };
}
