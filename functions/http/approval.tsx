import type { Context } from "hono";
import { parseDecision } from "../domain/decision.ts";
import { offersObjects } from "../domain/objects-plan.ts";
import { config, type Person } from "../runtime/config.ts";
import { runPageLink, verifyLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { runs } from "../store/runs.ts";
import { ApprovalPage, type Refill } from "./approval-page.tsx";
import { type Asked, decide, resume, type Standing, standing } from "./decide.ts";
import { type Form, field, fields, readForm } from "./form.ts";
import { refuseLink, refuseToken } from "./link-problem.tsx";
import { OutcomePage } from "./outcome-page.tsx";
import type { Page } from "./page.ts";
import { approverByLogin } from "./people.ts";

/** Of the form, in bytes: a hundred repositories with a long comment need a tenth of it. */
const largestForm = 100 * 1024;

type Open = Extract<Standing, { is: "open" }>;
type Decided = Extract<Standing, { is: "decided" }>;

interface Visit {
  token: string;
  asked: Asked;
  person: Person;
  stands: Open | Decided;
}

/** The approval page. Changes nothing. */
export async function showQuestion(c: Context): Promise<Page> {
  const visit = await enter(c.req.query("token") ?? "");
  if (!("stands" in visit)) return visit;
  if (visit.stands.is === "decided") return await outcome(visit, visit.stands, false);
  return await question(visit, visit.stands, null);
}

/**
 * An answer: stored, told to the run, and then shown by the page that one gets with the same link.
 * @throws Refusal when it is no form
 */
export async function answerQuestion(c: Context): Promise<Page> {
  const form = await readForm(c, largestForm);
  const visit = await enter(field(form, "token"));
  if (!("stands" in visit)) return visit;
  const { stands, person, asked, token } = visit;
  if (stands.is === "decided") {
    // The one who decided may have been cut off before the run was told.
    await resume(asked.run, stands.decision);
    const again = stands.decision.by === person.github && stands.decision.answer === field(form, "answer");
    return again ? seeOutcome(token) : await outcome(visit, stands, true);
  }
  const now = new Date().toISOString();
  const timeZone = config().schedule.timeZone;
  const byDefault = config().objects?.applyByDefault ?? false;
  const objects = offersObjects(stands.objects) ? { byDefault } : undefined;
  const parsed = parseDecision(form, { plan: stands.plan, now, timeZone, objects });
  if (!parsed.ok) return await question(visit, stands, { problems: parsed.problems, ...entered(form) });
  const { ok: _, ...answer } = parsed;
  const { won, decision } = await decide(asked.run, {
    ...answer,
    question: asked.question,
    by: person.github,
    at: now,
    via: "page",
    planDigest: asked.plan,
  });
  return won ? seeOutcome(token) : await outcome(visit, { ...stands, is: "decided", decision }, true);
}

/** Checks a link: who, for what, and whether that is still asked. */
async function enter(token: string): Promise<Visit | Page> {
  const link = await verifyLink(token);
  if (!link.ok) return refuseToken(link.why);
  const { claims } = link;
  const person = approverByLogin(claims.sub);
  if (!person) {
    log("page.not-approver", { run: claims.run, login: claims.sub }, "warn");
    return refuseLink(403, "notApprover");
  }
  const asked = { run: claims.run, question: claims.question, plan: claims.plan };
  const stands = await standing(asked);
  if (stands.is === "open" || stands.is === "decided") return { token, asked, person, stands };
  return refuseLink(stands.is === "unknown" ? 404 : 410, stands.is);
}

function seeOutcome(token: string): Page {
  return { location: `/approval?token=${encodeURIComponent(token)}` };
}

async function question(
  { person, token }: Visit,
  { run, plan, objects }: Open,
  refill: Refill | null,
): Promise<Page> {
  const staging = await runs().report(run.id, "staging");
  const props = { run, plan, objects, staging, person, token, now: new Date(), refill };
  return { status: refill ? 422 : 200, body: <ApprovalPage {...props} /> };
}

async function outcome({ person }: Visit, decided: Decided, late: boolean): Promise<Page> {
  const { run, plan, objects, decision } = decided;
  const staging = plan && (await runs().report(run.id, "staging"));
  const runUrl = await runPageLink(run.id);
  const props = { run, plan, objects, decision, staging, person, now: new Date(), late, runUrl };
  return { status: late ? 409 : 200, body: <OutcomePage {...props} /> };
}

/** What was entered, so that a person corrects it instead of starting anew. */
function entered(form: Form): Omit<Refill, "problems"> {
  const commits = Object.keys(form)
    .filter((name) => name.startsWith("commit."))
    .map((name) => [name.slice("commit.".length), field(form, name)] as const);
  return {
    chosen: {
      commits: Object.fromEntries(commits),
      leaveOut: fields(form, "leaveOut"),
      force: fields(form, "force"),
    },
    objects: field(form, "objects"),
    until: field(form, "until"),
    comment: field(form, "comment"),
  };
}
