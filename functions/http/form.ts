import type { Context } from "hono";
import { Refusal, rawBody } from "./errors.ts";
import { exactText } from "./signatures.ts";

/** The fields of a form; one that stands several times is a list. */
export type Form = Record<string, string | string[]>;

/**
 * Reads an `application/x-www-form-urlencoded` body.
 * @throws Refusal 415 for another type, 413 over the limit, 400 when it is not UTF-8.
 */
export async function readForm(c: Context, limit: number): Promise<Form> {
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") throw new Refusal(415, "no-form");
  const text = exactText(await rawBody(c, limit));
  if (text === null) throw new Refusal(400, "malformed");
  return parseForm(text);
}

export function parseForm(text: string): Form {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(fields);
}

/** A field as text: empty when it is absent or stands several times. */
export function field(form: Form, name: string): string {
  const value = Object.hasOwn(form, name) ? form[name] : undefined;
  return typeof value === "string" ? value : "";
}

/** A field as a list. */
export function fields(form: Form, name: string): string[] {
  const value = Object.hasOwn(form, name) ? form[name] : undefined;
  return value === undefined ? [] : [value].flat();
}
