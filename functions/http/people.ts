import { config, type Person } from "../runtime/config.ts";

/** Who may answer is asked of the configuration each time: a link or button outlives the right to use it. */

/** Anyone of the team. GitHub's logins go without regard to case. */
export function personByLogin(login: string): Person | null {
  const wanted = login.toLowerCase();
  return config().people.find((each) => each.github.toLowerCase() === wanted) ?? null;
}

/** Somebody who is away may answer all the same. */
export function approverByLogin(login: string): Person | null {
  const person = personByLogin(login);
  return person?.approver ? person : null;
}

export function personBySlackId(id: string): Person | null {
  return config().people.find((each) => each.slack === id) ?? null;
}
