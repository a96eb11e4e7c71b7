export interface Duty {
  /** GitHub login, as the configuration writes it. */
  login: string;
  how: "assigned" | "backup";
  /** Why it is the backup, or anything else that the channel should know. */
  note: string | null;
}

/**
 * Who is on duty this week: the first assignee of the role issue whom the configuration knows and who is not away,
 * else the backup.
 *
 * @param week.assignees GitHub logins; null when there is no such issue.
 */
export function whoIsOnDuty(week: {
  assignees: readonly string[] | null;
  people: readonly { github: string; away: boolean }[];
  backup: string;
}): Duty {
  const { assignees, people, backup } = week;
  // GitHub's logins go without regard to case.
  const find = (login: string) => people.find((each) => each.github.toLowerCase() === login.toLowerCase());
  const present = (assignees ?? []).map(find).find((person) => person && !person.away);
  if (present) return { login: present.github, how: "assigned", note: null };

  const substitute = find(backup);
  const reasons = (assignees ?? []).map((login) =>
    find(login) ? `${login} is away` : `${login} is not in the configuration`,
  );
  if (!assignees) reasons.push("the issue of the weekly role was not found");
  else if (assignees.length === 0) reasons.push("nobody is assigned to the weekly role");
  const away = substitute?.away ? " The backup is away too." : "";
  const text = reasons.join(", ");
  return {
    login: substitute?.github ?? backup,
    how: "backup",
    note: `${text.charAt(0).toUpperCase()}${text.slice(1)}.${away}`,
  };
}
