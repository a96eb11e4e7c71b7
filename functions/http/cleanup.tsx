import type { Context } from "hono";
import type { CleanupPlan } from "../domain/cleanup-plan.ts";
import { MAX_COMMENT } from "../domain/decision.ts";
import type { JudgedTag } from "../domain/registry-cleanup.ts";
import type { Person } from "../runtime/config.ts";
import { verifyCleanupLink } from "../runtime/links.ts";
import { log } from "../runtime/logger.ts";
import { cleanups } from "../store/cleanups.ts";
import { CleanupOutcomePage, CleanupPage, type CleanupRefill } from "./cleanup-page.tsx";
import { type CleanupStanding, cleanupStanding, decideCleanup } from "./cleanup-standing.ts";
import { type Asked, resume } from "./decide.ts";
import { field, readForm } from "./form.ts";
import { refuseLink, refuseToken } from "./link-problem.tsx";
import type { Page } from "./page.ts";
import { approverByLogin } from "./people.ts";

/** Of the form, in bytes: token and comment. */
const largestForm = 20 * 1024;

type Open = Extract<CleanupStanding, { is: "open" }>;
type Decided = Extract<CleanupStanding, { is: "decided" }>;

interface Visit {
  token: string;
  asked: Asked;
  person: Person;
  stands: Open | Decided;
}

/** The page of a registry cleanup. Changes nothing. */
export async function showCleanup(c: Context): Promise<Page> {
  const visit = await enter(c.req.query("token") ?? "");
  if (!("stands" in visit)) return visit;
  if (visit.stands.is === "decided") return await outcome(visit, visit.stands, false);
  return await question(visit, visit.stands, null);
}

/**
 * An answer: stored, told to the run, and then shown by the page that one gets with the same link.
 * @throws Refusal when it is no form
 */
export async function answerCleanup(c: Context): Promise<Page> {
  const form = await readForm(c, largestForm);
  const visit = await enter(field(form, "token"));
  if (!("stands" in visit)) return visit;
  const { stands, person, asked, token } = visit;
  const said = field(form, "answer");
  if (stands.is === "decided") {
    // The one who decided may have been cut off before the run was told.
    await resume(asked.run, stands.decision);
    const again = stands.decision.by === person.github && stands.decision.answer === said;
    return again ? seeOutcome(token) : await outcome(visit, stands, true);
  }
  const comment = field(form, "comment").trim();
  const answer = said === "approve" || said === "reject" ? said : null;
  const problems = [
    ...(answer ? [] : ["Choose to delete the tags, or to keep all."]),
    ...(comment.length > MAX_COMMENT ? [`The comment is longer than ${MAX_COMMENT} characters.`] : []),
  ];
  if (!answer || problems.length > 0) return await question(visit, stands, { problems, comment });
  const given = { answer, by: person.github, via: "page", comment: comment || null } as const;
  const { won, decision } = await decideCleanup(asked, given);
  return won ? seeOutcome(token) : await outcome(visit, { ...stands, is: "decided", decision }, true);
}

/** Checks a link: who, for what, and whether that is still asked. */
async function enter(token: string): Promise<Visit | Page> {
  const link = await verifyCleanupLink(token);
  if (!link.ok) return refuseToken(link.why);
  const { sub, ...asked } = link.claims;
  const person = approverByLogin(sub);
  if (!person) {
    log("page.not-approver", { run: asked.run, login: sub }, "warn");
    return refuseLink(403, "notApprover");
  }
  const stands = await cleanupStanding(asked);
  if (stands.is === "open" || stands.is === "decided") return { token, asked, person, stands };
  return refuseLink(stands.is === "unknown" ? 404 : 410, stands.is);
}

function seeOutcome(token: string): Page {
  return { location: `/cleanup?token=${encodeURIComponent(token)}` };
}

async function question(
  { person, token }: Visit,
  { run, plan }: Open,
  refill: CleanupRefill | null,
): Promise<Page> {
  const tags = await judgedTags(run.id, plan);
  const props = { run, plan, tags, person, token, now: new Date(), refill };
  return { status: refill ? 422 : 200, body: <CleanupPage {...props} /> };
}

async function outcome({ person }: Visit, { run, plan, decision }: Decided, late: boolean): Promise<Page> {
  const tags = plan ? await judgedTags(run.id, plan) : {};
  const props = { run, plan, tags, decision, person, now: new Date(), late };
  return { status: late ? 409 : 200, body: <CleanupOutcomePage {...props} /> };
}

/** Image → its tags. */
async function judgedTags(run: string, plan: CleanupPlan): Promise<Record<string, JudgedTag[]>> {
  const entries = plan.images.map(
    async ({ image }) => [image, (await cleanups().judged(run, image)) ?? []] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
