import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { environment } from "./environment.ts";
import { BadInput } from "./errors.ts";
import { secret } from "./secrets.ts";

/**
 * Personal links and the values of Slack's buttons: JSON Web Tokens, signed with HS256. A link binds its person, while
 * who pressed a button is known from Slack. Each kind has an audience of its own, so that none passes for another. The
 * first key signs, any key verifies.
 *
 * | kind     | binds                                              | link leads to |
 * |----------|----------------------------------------------------|---------------|
 * | approval | run, question, digest of the plan (button: answer) | `/approval`   |
 * | question | run, question (button: answer)                     | `/question`   |
 * | control  | run (button: action)                               | `/control`    |
 * | cleanup  | run, question, digest of the plan (button: answer) | `/cleanup`    |
 * | reader   | nothing: whoever of the team has it may read       | `/runs/…`     |
 */
const algorithm = "HS256";

/** Slack refuses a button whose value is longer. */
const longestButton = 2000;
/** Longer than any token of ours: not worth the arithmetic. */
const longestToken = 4096;

const text = z.string().min(1);
const approval = { run: text, question: text, plan: text };
const asked = { run: text, question: text };
const person = { sub: text };

interface Kind<C> {
  audience: string;
  claims: z.ZodType<C>;
}

const kinds = {
  link: { audience: "stablehand/link", claims: z.object({ ...person, ...approval }) },
  button: {
    audience: "stablehand/button",
    claims: z.object({
      ...approval,
      answer: z.enum(["approve", "reject", "postpone"]),
      minutes: z.number().positive().nullable().default(null),
      objects: z.boolean().optional(),
    }),
  },
  questionLink: { audience: "stablehand/question-link", claims: z.object({ ...person, ...asked }) },
  questionButton: {
    audience: "stablehand/question-button",
    claims: z.object({
      ...asked,
      answer: z.enum(["retry", "skip", "abort", "rollback", "workers", "forward", "publish"]),
    }),
  },
  controlLink: { audience: "stablehand/control-link", claims: z.object({ ...person, run: text }) },
  controlButton: {
    audience: "stablehand/control-button",
    claims: z.object({ run: text, action: z.enum(["pause", "resume", "stop", "veto"]) }),
  },
  reader: { audience: "stablehand/reader", claims: z.object({}) },
  cleanupLink: { audience: "stablehand/cleanup-link", claims: z.object({ ...person, ...approval }) },
  cleanupButton: {
    audience: "stablehand/cleanup-button",
    claims: z.object({ ...approval, answer: z.enum(["approve", "reject"]) }),
  },
};

/** At least so long the pages of runs can be read by a link: as long as Step Functions keeps their history. */
const readableDays = 90;

/** What a personal link says: `sub` is the GitHub login, `plan` the digest of the plan. */
export type LinkClaims = z.output<typeof kinds.link.claims>;
/**
 * What a button says: with `postpone`, `minutes` from the press on until the question is asked again; with `approve`,
 * where Kubernetes objects are offered, whether they are applied.
 */
export type ButtonClaims = z.output<typeof kinds.button.claims>;
export type QuestionLinkClaims = z.output<typeof kinds.questionLink.claims>;
export type QuestionButtonClaims = z.output<typeof kinds.questionButton.claims>;
export type ControlLinkClaims = z.output<typeof kinds.controlLink.claims>;
export type CleanupButtonClaims = z.output<typeof kinds.cleanupButton.claims>;
export type ControlButtonClaims = z.output<typeof kinds.controlButton.claims>;

export type Verified<C> = { ok: true; claims: C } | { ok: false; why: "expired" | "invalid" };

interface Personal {
  /** GitHub login of the only person who may use it. */
  login: string;
}
interface Expiring {
  /** ISO 8601. */
  expiresAt: string;
}

export interface PersonalLink extends Personal, Expiring {
  run: string;
  question: string;
  /** Digest of the plan. */
  plan: string;
}

export interface Button extends Expiring {
  run: string;
  question: string;
  /** Digest of the plan. */
  plan: string;
  answer: ButtonClaims["answer"];
  /** With `postpone`: minutes from the press on until it is asked again; one hour where it is left out. */
  minutes?: number;
  /** With `approve`, where Kubernetes objects are offered: whether they are applied. */
  objects?: boolean;
}

// The addresses are sent to their person alone, never to a channel.

/** The address of the approval page for one person. */
export async function personalLink({ login, expiresAt, ...claims }: PersonalLink): Promise<string> {
  return address("approval", await sign({ ...claims, sub: login }, kinds.link, expiresAt));
}

/** The address of the page of a question about a step, for one person. */
export async function questionLink(
  link: Personal & Expiring & Omit<QuestionLinkClaims, "sub">,
): Promise<string> {
  const { login, run, question, expiresAt } = link;
  return address("question", await sign({ sub: login, run, question }, kinds.questionLink, expiresAt));
}

/** The address of the page where one person pauses, resumes, stops or vetoes a run. */
export async function controlLink({
  login,
  run,
  expiresAt,
}: Personal & Expiring & Omit<ControlLinkClaims, "sub">): Promise<string> {
  return address("control", await sign({ sub: login, run }, kinds.controlLink, expiresAt));
}

/** The address of the page of a registry cleanup, for one person. */
export async function cleanupLink({ login, expiresAt, ...claims }: PersonalLink): Promise<string> {
  return address("cleanup", await sign({ ...claims, sub: login }, kinds.cleanupLink, expiresAt));
}

/**
 * The address of the page of a run. It is for the whole team and may stand in the channel: it shows this run and all
 * others, and changes nothing. On one day it is always the same, so that a message does not change by it.
 */
export async function runPageLink(run: string): Promise<string> {
  return runPageAddress(run, await readerToken());
}

/** The address of the list of runs, as `runPageLink`. */
export async function runListLink(): Promise<string> {
  return runListAddress(await readerToken());
}

/** With the token that somebody reads by already. */
export function runPageAddress(run: string, token: string): string {
  return address(`runs/${encodeURIComponent(run)}`, token);
}

export function runListAddress(token: string): string {
  return address("runs", token);
}

async function readerToken(): Promise<string> {
  const day = 24 * 60 * 60 * 1000;
  const midnight = Math.ceil(Date.now() / day) * day;
  const expiresAt = new Date(midnight + readableDays * day).toISOString();
  return await sign({}, kinds.reader, expiresAt, { issuedAt: false });
}

/** @throws BadInput when the value would be longer than Slack allows. */
export async function buttonValue({ expiresAt, ...claims }: Button): Promise<string> {
  return fitting(await sign(claims, kinds.button, expiresAt), claims.answer, claims.run);
}

/** Of a question about a step. @throws BadInput when the value would be longer than Slack allows. */
export async function questionButton({
  expiresAt,
  ...claims
}: QuestionButtonClaims & Expiring): Promise<string> {
  return fitting(await sign(claims, kinds.questionButton, expiresAt), claims.answer, claims.run);
}

/** @throws BadInput when the value would be longer than Slack allows. */
export async function controlButton({
  expiresAt,
  ...claims
}: ControlButtonClaims & Expiring): Promise<string> {
  return fitting(await sign(claims, kinds.controlButton, expiresAt), claims.action, claims.run);
}

/** Of a registry cleanup. @throws BadInput when the value would be longer than Slack allows. */
export async function cleanupButton({
  expiresAt,
  ...claims
}: CleanupButtonClaims & Expiring): Promise<string> {
  return fitting(await sign(claims, kinds.cleanupButton, expiresAt), claims.answer, claims.run);
}

// `expired` is said only of a token that is ours.

export async function verifyLink(token: string): Promise<Verified<LinkClaims>> {
  return await verify(token, kinds.link);
}

export async function verifyButton(value: string): Promise<Verified<ButtonClaims>> {
  return await verify(value, kinds.button);
}

export async function verifyQuestionLink(token: string): Promise<Verified<QuestionLinkClaims>> {
  return await verify(token, kinds.questionLink);
}

export async function verifyQuestionButton(value: string): Promise<Verified<QuestionButtonClaims>> {
  return await verify(value, kinds.questionButton);
}

export async function verifyControlLink(token: string): Promise<Verified<ControlLinkClaims>> {
  return await verify(token, kinds.controlLink);
}

export async function verifyControlButton(value: string): Promise<Verified<ControlButtonClaims>> {
  return await verify(value, kinds.controlButton);
}

export async function verifyCleanupLink(token: string): Promise<Verified<LinkClaims>> {
  return await verify(token, kinds.cleanupLink);
}

export async function verifyCleanupButton(value: string): Promise<Verified<CleanupButtonClaims>> {
  return await verify(value, kinds.cleanupButton);
}

export async function verifyReader(token: string): Promise<Verified<unknown>> {
  return await verify(token, kinds.reader);
}

function address(page: string, token: string): string {
  return `${environment("STABLEHAND_URL")}/${page}?token=${token}`;
}

function fitting(value: string, name: string, run: string): string {
  if (value.length <= longestButton) return value;
  throw new BadInput(
    `The button "${name}" of ${run} would hold ${value.length} characters, and Slack allows ` +
      `${longestButton}: shorten the ids that it names.`,
  );
}

async function sign(
  claims: JWTPayload,
  kind: Kind<unknown>,
  expiresAt: string,
  { issuedAt = true }: { issuedAt?: boolean } = {},
): Promise<string> {
  const [first] = await keys();
  const signing = new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: "JWT" })
    .setAudience(kind.audience)
    .setExpirationTime(new Date(expiresAt));
  if (issuedAt) signing.setIssuedAt();
  return await signing.sign(first as Uint8Array);
}

async function verify<C>(token: string, kind: Kind<C>): Promise<Verified<C>> {
  if (token.length > longestToken) return { ok: false, why: "invalid" };
  for (const key of await keys()) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        audience: kind.audience,
        requiredClaims: ["exp"],
      });
      const claims = kind.claims.safeParse(payload);
      return claims.success ? { ok: true, claims: claims.data } : { ok: false, why: "invalid" };
    } catch (thrown) {
      // Thrown only after the signature proved right, as every check of a claim.
      if (thrown instanceof errors.JWTExpired) return { ok: false, why: "expired" };
      if (!(thrown instanceof errors.JOSEError)) throw thrown;
    }
  }
  return { ok: false, why: "invalid" };
}

async function keys(): Promise<Uint8Array[]> {
  const { signingKeys } = await secret("links");
  return signingKeys.map((key) => new TextEncoder().encode(key));
}
