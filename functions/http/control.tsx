import type { Context } from "hono";
import { hasMoved } from "../control.ts";
import { type ControlAction, controlActions, refusalText } from "../domain/control-messages.ts";
import { MAX_COMMENT } from "../domain/decision.ts";
import { approvers, personOf, runFacts } from "../facts.ts";
import { controlRun } from "../requests.ts";
import type { Person } from "../runtime/config.ts";
import { questionLink, runPageLink, verifyControlLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { questions } from "../store/questions.ts";
import { type Run, runs } from "../store/runs.ts";
import { tellControl } from "../tell-control.ts";
import { waits } from "../waits.ts";
import { ControlPage, type OpenQuestion, type RunNow } from "./control-page.tsx";
import { field, readForm } from "./form.ts";
import { refuseLink, refuseToken } from "./link-problem.tsx";
import type { Page } from "./page.ts";
import { personByLogin } from "./people.ts";

/** Of the form, in bytes: token and comment. */
const largestForm = 20 * 1024;

interface Visit {
  token: string;
  person: Person;
  run: Run;
}

/** The page of a run under way. Changes nothing. */
export async function showControl(c: Context): Promise<Page> {
  const visit = await enter(c.req.query("token") ?? "");
  return "run" in visit ? await page(visit, 200, []) : visit;
}

/**
 * Pauses, resumes, stops or vetoes the run; the page that one gets with the same link shows it.
 * @throws Refusal when it is no form
 */
export async function sendControl(c: Context): Promise<Page> {
  const form = await readForm(c, largestForm);
  const visit = await enter(field(form, "token"));
  if (!("run" in visit)) return visit;
  const { run, person, token } = visit;
  const action = field(form, "action");
  const text = field(form, "comment").trim();
  const problems = [
    ...(isAction(action) ? [] : ["Choose what to do."]),
    ...(text.length > MAX_COMMENT ? [`The reason is longer than ${MAX_COMMENT} characters.`] : []),
  ];
  if (!isAction(action) || problems.length > 0) return await page(visit, 422, problems);

  const comment = text || null;
  const outcome = await controlRun({ run: run.id, action, person, via: "page", comment });
  if (outcome.done) {
    await tellControl(action, outcome, comment);
    return { location: `/control?token=${encodeURIComponent(token)}` };
  }
  const { why, by, at } = outcome;
  log("page.control-refused", { run: run.id, action, why, login: person.github }, "warn");
  const facts = { ...runFacts(run.id), approvers: approvers().map((each) => each.name) };
  const said = refusalText({ why, action, by: by === null ? null : personOf(by), at }, facts);
  return await page(visit, why === "notApprover" ? 403 : 409, [said]);
}

function isAction(text: string): text is ControlAction {
  return Object.hasOwn(controlActions, text);
}

/** Checks a link: who, and for which run. */
async function enter(token: string): Promise<Visit | Page> {
  const link = await verifyControlLink(token);
  if (!link.ok) return refuseToken(link.why);
  const { sub, run: id } = link.claims;
  const person = personByLogin(sub);
  if (!person) {
    log("page.not-in-team", { run: id, login: sub }, "warn");
    return refuseLink(403, "notInTeam");
  }
  const run = await runs().get(id);
  return run ? { token, person, run } : refuseLink(404, "unknown");
}

async function page(visit: Visit, status: 200 | 403 | 409 | 422, problems: string[]): Promise<Page> {
  const { person, token } = visit;
  const now = await lookAt(visit.run.id, person);
  // It was there when the link was checked; runs are kept for a year.
  if (!now) return refuseLink(404, "unknown");
  return { status, body: <ControlPage {...{ now, person, token, problems, at: new Date() }} /> };
}

async function lookAt(id: string, person: Person): Promise<RunNow | null> {
  const [run, control, repositories, plan, registered, asked, moved] = await Promise.all([
    runs().get(id),
    questions().control(id),
    runs().repositories(id),
    runs().approved(id),
    waits().waitsOf(id),
    questions().all(id),
    hasMoved(id),
  ]);
  if (!run) return null;
  const decision = run.planVersion === null ? null : await runs().decision(id, `approval-${run.planVersion}`);
  return {
    run,
    control,
    repositories,
    plan,
    approvedBy: decision?.answer === "approve" ? decision.by : null,
    waiting: registered.filter((each) => each.status === "waiting"),
    open: run.status === "running" ? await openQuestions(id, person, asked) : [],
    moved,
    url: await runPageLink(id),
  };
}

/** Those that nobody has answered yet, with the person's own links where that person may answer. */
async function openQuestions(
  run: string,
  person: Person,
  asked: Awaited<ReturnType<ReturnType<typeof questions>["all"]>>,
): Promise<OpenQuestion[]> {
  const open: OpenQuestion[] = [];
  for (const question of asked) {
    const { id, expiresAt } = question;
    if (Date.parse(expiresAt) <= Date.now() || (await questions().answerTo(run, id))) continue;
    const link = { login: person.github, run, question: id, expiresAt };
    open.push({ question, url: person.approver ? await questionLink(link) : null });
  }
  return open;
}
