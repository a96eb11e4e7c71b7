import { setTimeout as pause } from "node:timers/promises";
import { about, type Finding } from "../domain/doctor.ts";
import { isRetryable, StablehandError } from "../runtime/errors.ts";
import { type SecretName, secret } from "../runtime/secrets.ts";

/** How the doctor looks. */
export interface Examination {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Before a system that did not answer is asked again; in milliseconds. */
  pausesMs: readonly number[];
  /** A token that may administer Quay's repositories, of a person who lends it; null: the bot's own. */
  quayToken: string | null;
}

export type Attempt<T> = { ok: true; value: T } | { ok: false; finding: Finding };

/**
 * Asks a system. What it refuses is a finding and no error; what does not answer is asked again, and then unknown.
 *
 * @param what id and name of the finding.
 * @param remedy what to do when it is refused; left out: the error's own words say it.
 */
export async function attempt<T>(
  { pausesMs }: Examination,
  what: { id: string; name: string; remedy?: string },
  work: () => Promise<T>,
): Promise<Attempt<T>> {
  const finding = about(what.id, what.name);
  for (let tries = 0; ; tries++) {
    try {
      return { ok: true, value: await work() };
    } catch (thrown) {
      const wait = pausesMs[tries];
      if (isRetryable(thrown) && wait !== undefined) {
        await pause(wait);
        continue;
      }
      const { remedy } = what;
      // Words of other errors than ours may quote what is secret.
      const summary = thrown instanceof StablehandError ? thrown.message : unexpected(thrown);
      return { ok: false, finding: finding[isRetryable(thrown) ? "unknown" : "failed"]({ summary, remedy }) };
    }
  }
}

function unexpected(thrown: unknown): string {
  return `It failed in an unexpected way (${thrown instanceof Error ? thrown.name : typeof thrown}).`;
}

/** Whether a secret is there and has its shape. */
export async function attemptSecret(
  examination: Examination,
  name: SecretName,
): Promise<Attempt<Awaited<ReturnType<typeof secret>>>> {
  return await attempt(examination, { id: `secret/${name}`, name: `Secret ${name}` }, () => secret(name));
}

export function secretIsThere(name: SecretName): Finding {
  return about(`secret/${name}`, `Secret ${name}`).ok("Filled, and of the right shape.");
}

/** Stands for everything that was not looked at, since something before it failed. */
export function restOf(system: string, name: string): Finding {
  return about(`${system}.rest`, `Everything else about ${name}`).skipped("Not looked at: it rests on this.");
}
