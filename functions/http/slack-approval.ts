import type { Decision } from "../domain/decision.ts";
import { escapeSlack } from "../domain/slack-text.ts";
import { timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config, type Person } from "../runtime/config.ts";
import { type ButtonClaims, verifyButton } from "../runtime/links.ts";
import { decide, resume, standing } from "./decide.ts";
import { personBySlackId } from "./people.ts";
import { notApprover, type Press, readButton } from "./slack-press.ts";

/** A postponement by a button that names no time. */
const postponedMinutes = 60;

/** A press on a button of the approval question. @returns what the person has to be told, or null when it was stored. */
export async function pressApproval(press: Press): Promise<string | null> {
  const button = readButton(await verifyButton(press.value), isNamed(press.name));
  if ("problem" in button) return button.problem;
  const { claims } = button;
  const person = personBySlackId(press.slackId);
  if (!person?.approver) return notApprover(press, { run: claims.run, question: claims.question });
  return await answer(person, claims);
}

/** Where Kubernetes objects are offered there are two buttons that approve: with and without them. */
const isNamed =
  (name: string) =>
  ({ answer }: ButtonClaims): boolean =>
    name === answer || (answer === "approve" && name === "approve-other");

async function answer(person: Person, claims: ButtonClaims): Promise<string | null> {
  const stands = await standing(claims);
  switch (stands.is) {
    case "decided":
      await resume(claims.run, stands.decision);
      return alreadyDecided(stands.decision);
    case "unknown":
      return "This run is not known any more, so nothing was done.";
    case "over":
      return "This question is not asked any more, so nothing was done.";
    case "changed":
      return "The plan has changed since this message, so nothing was done. Look for a newer message of Stablehand.";
    case "open": {
      const { won, decision } = await decide(claims.run, decisionOf(person, claims, new Date()));
      return won ? null : alreadyDecided(decision);
    }
  }
}

function decisionOf(person: Person, claims: ButtonClaims, now: Date): Decision {
  const minutes = claims.minutes ?? postponedMinutes;
  const until = new Date(now.getTime() + minutes * 60_000).toISOString();
  return {
    question: claims.question,
    answer: claims.answer,
    by: person.github,
    at: now.toISOString(),
    via: "slack",
    planDigest: claims.plan,
    changes: null,
    ...(claims.answer === "approve" && claims.objects !== undefined ? { objects: claims.objects } : {}),
    until: claims.answer === "postpone" ? until : null,
    comment: null,
  };
}

const done: Record<Decision["answer"], string> = {
  approve: "approved this",
  reject: "rejected this",
  postpone: "postponed this",
  expired: "",
};

function alreadyDecided(decision: Decision): string {
  const at = timeOf(decision.at, config().schedule.timeZone, new Date().toISOString());
  if (decision.answer === "expired")
    return `Nobody answered in time: this expired at ${at}. Nothing was done.`;
  const { name } = personOf(decision.by);
  return `${escapeSlack(name)} already ${done[decision.answer]} at ${at}. Your press changed nothing.`;
}
