import type { RunFacts, Who } from "./domain/messages.ts";
import type { Team } from "./domain/question-messages.ts";
import { config, type Person } from "./runtime/config.ts";
import type { Run } from "./store/runs.ts";

/** What messages and pages tell of a run and its people, from the configuration. */

export function runFacts(run: string): RunFacts {
  const { service, schedule } = config();
  return { service, run, timeZone: schedule.timeZone, now: new Date().toISOString() };
}

/** A person of the configuration by GitHub login; anybody else goes by that login. */
export function personOf(login: string): Who {
  const person = config().people.find((each) => each.github === login);
  return person ? { name: person.name, slack: person.slack } : { name: login, slack: null };
}

/** Who may answer, and is here to be asked. */
export function approvers(): Person[] {
  return config().people.filter((each) => each.approver && !each.away);
}

/**
 * Until when the buttons and links work by which people pause, resume or stop a run, ISO 8601. Afterwards there is the
 * terminal.
 */
export function controlExpiry(): string {
  return new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
}

/** Who is called when a step of the run failed. */
export function teamOf({ duty }: Pick<Run, "duty">): Team {
  const backup = config().people.find((each) => each.github === config().duty.backup && !each.away);
  return {
    duty: duty && personOf(duty.login),
    backup: backup ? personOf(backup.github) : null,
    approvers: approvers().map((each) => personOf(each.github)),
  };
}
